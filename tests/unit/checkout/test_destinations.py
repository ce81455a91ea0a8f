"""Nothing is sold that could not be delivered, or whose tax is unknown."""

from __future__ import annotations

from typing import Any

import httpx
import pytest

from tests.ucp_schemas import assert_valid
from tests.unit.checkout.requests import ADDRESS, Json, body, payment

PATH = "$.fulfillment.methods[0].destinations[0]"


def to(**changed: Any) -> Json:  # noqa: ANN401 - any JSON.
    """A body whose destination differs so from a good one; a field of none is left out."""
    address = {name: text for name, text in {**ADDRESS, **changed}.items() if text is not None}
    groups = [{"selected_option_id": "ground"}]
    method = {"type": "shipping", "destinations": [address], "groups": groups}
    return body() | {"fulfillment": {"methods": [method]}}


def only(**address: str) -> Json:
    return to(**(dict.fromkeys(ADDRESS) | address))


def problems(session: Json) -> set[tuple[str, str]]:
    return {(message["code"], message["path"]) for message in session["messages"]}


async def created(client: httpx.AsyncClient, sent: Json) -> Json:
    answer = await client.post("/", json=sent)
    assert answer.status_code == 201, answer.text
    session: Json = answer.json()
    assert_valid("checkout", session)
    return session


@pytest.mark.parametrize("field", ["street_address", "address_locality", "postal_code"])
@pytest.mark.parametrize("blank", [None, "", " ", "\t"])
async def test_a_field_without_which_nothing_arrives_is_required(
    client: httpx.AsyncClient, field: str, blank: str | None
) -> None:
    session = await created(client, to(**{field: blank}))
    assert problems(session) == {("field_required", f"{PATH}.{field}")}
    assert session["status"] == "incomplete"
    refused = await client.post(f"/{session['id']}/complete", json=payment())
    assert refused.json()["status"] == "incomplete"


async def test_a_country_alone_is_no_address(client: httpx.AsyncClient) -> None:
    session = await created(client, only(address_country="US"))
    assert problems(session) == {
        ("field_required", f"{PATH}.{field}") for field in ADDRESS if field != "address_country"
    }


async def test_an_address_without_a_country_has_no_options_yet(client: httpx.AsyncClient) -> None:
    session = await created(client, to(address_country=None))
    assert problems(session) == {("field_required", f"{PATH}.address_country")}
    assert session["fulfillment"]["methods"][0]["groups"] == []


async def test_only_the_selected_address_must_be_whole(client: httpx.AsyncClient) -> None:
    sent = to()
    method = sent["fulfillment"]["methods"][0]
    method["destinations"] = [{"id": "half", "address_country": "US"}, {"id": "whole", **ADDRESS}]
    half = await created(client, sent)
    assert problems(half)
    method["selected_destination_id"] = "whole"
    assert (await created(client, sent))["status"] == "ready_for_complete"
    method["destinations"].reverse()
    method["selected_destination_id"] = "half"
    path = "$.fulfillment.methods[0].destinations[1].street_address"
    assert ("field_required", path) in problems(await created(client, sent))


@pytest.mark.parametrize(
    ("region", "percent"),
    [
        *[(spelling, 8.75) for spelling in ("CA", "ca", "US-CA", "us-ca", "California")],
        *[(spelling, 8.75) for spelling in ("california", " CALIFORNIA ", "Californía")],
        *[("WA", 10), ("washington", 10), ("OR", 0), ("Oregon", 0)],
    ],
)
async def test_a_region_is_the_same_however_it_is_written(
    client: httpx.AsyncClient, region: str, percent: float
) -> None:
    session = await created(client, to(address_region=region))
    assert session["status"] == "ready_for_complete"
    taxes = [total["amount"] for total in session["totals"] if total["type"] == "tax"]
    goods = next(total["amount"] for total in session["totals"] if total["type"] == "subtotal")
    assert sum(taxes) == pytest.approx(goods * percent / 100, abs=1)


@pytest.mark.parametrize(
    ("region", "code"),
    [
        *[(None, "field_required"), ("", "field_required"), (" ", "field_required")],
        *[("Kalifornia", "field_invalid"), ("DE-HH", "field_invalid"), ("US", "field_invalid")],
        *[("CA-ON", "field_invalid"), ("C A", "field_invalid")],
    ],
)
async def test_a_region_is_known_where_it_decides_the_tax(
    client: httpx.AsyncClient, region: str | None, code: str
) -> None:
    session = await created(client, to(address_region=region))
    assert problems(session) == {(code, f"{PATH}.address_region")}


@pytest.mark.parametrize("region", [None, "Kalifornien", "HH", "Bayern"])
async def test_a_region_is_free_where_it_decides_nothing(
    client: httpx.AsyncClient, region: str | None
) -> None:
    session = await created(client, to(address_country="DE", address_region=region))
    assert session["status"] == "ready_for_complete"
    assert any(total["display_text"] == "German VAT" for total in session["totals"])


async def test_where_the_post_knows_no_codes_none_is_asked_for(client: httpx.AsyncClient) -> None:
    hong_kong = to(address_country="HK", address_region=None, postal_code=None)
    assert (await created(client, hong_kong))["status"] == "ready_for_complete"


@pytest.mark.parametrize("country", ["us", "USA", "United States", "united states of america"])
async def test_a_country_is_kept_as_its_two_letters(
    client: httpx.AsyncClient, country: str
) -> None:
    session = await created(client, to(address_country=country))
    assert session["status"] == "ready_for_complete"
    (destination,) = session["fulfillment"]["methods"][0]["destinations"]
    assert destination["address_country"] == "US"


@pytest.mark.parametrize("country", ["Narnia", "ZZ", "U", "US-CA", "x" * 1000])
async def test_what_is_no_country_is_refused_with_its_path(
    client: httpx.AsyncClient, country: str
) -> None:
    for sent in (to(address_country=country), body(context={"address_country": country})):
        answer = await client.post("/", json=sent)
        assert (answer.status_code, answer.json()["code"]) == (400, "invalid_request")
        assert "address_country: " in answer.json()["content"]


@pytest.mark.parametrize(
    "email",
    [
        *["@", "a@", "@b.com", "x y@z", "x y@z.com", "a@b", "a@localhost", "a@b..com", "a@@b.com"],
        *["a@b.c\r\nBcc: d@e.f", "a@b.com\n", "a@b.com\x00", "a@b.com,d@e.com", "Ada <a@b.com>"],
        *[" a@b.com", "x" * 65 + "@b.com", "a@" + "x" * 250 + ".com", "a@[127.0.0.1]"],
    ],
)
async def test_what_is_no_email_is_refused_with_its_path(
    client: httpx.AsyncClient, email: str
) -> None:
    answer = await client.post("/", json=body(buyer={"email": email}))
    assert (answer.status_code, answer.json()["code"]) == (400, "invalid_request")
    told = answer.json()["content"]
    assert "\x00" in email or told.startswith("$.buyer.email: ")
    assert "Value error" not in told


@pytest.mark.parametrize("email", [None, "", "  "])
async def test_a_session_needs_an_email(client: httpx.AsyncClient, email: str | None) -> None:
    session = await created(client, to() | {"buyer": {"email": email}})
    assert problems(session) == {("field_required", "$.buyer.email")}


@pytest.mark.parametrize("email", ["ada@example.com", "a.b+c@EXAMPLE.co.uk", "jürgen@müller.de"])
async def test_an_email_that_mail_can_be_sent_to_is_taken(
    client: httpx.AsyncClient, email: str
) -> None:
    session = await created(client, to() | {"buyer": {"email": email}})
    assert session["status"] == "ready_for_complete"
