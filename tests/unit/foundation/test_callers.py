"""Who calls, and what the headers of a request say."""

from __future__ import annotations

import httpx
import pytest

from tests.unit.foundation.notes_service import AGENT, is_error


@pytest.mark.parametrize("key", [None, "", "acme", "acme-key ", "acme-key,acme-key", "\u00e9"])
async def test_without_a_key_that_is_known_it_is_401(
    http: httpx.AsyncClient, key: str | None
) -> None:
    headers = {} if key is None else {b"X-API-Key": key.encode("latin-1")}
    assert is_error(await http.get("/notes/me", headers=headers), 401, "unauthorized")


@pytest.mark.parametrize(
    ("value", "status"),
    [
        (AGENT, 200),
        (f"version=1, {AGENT}", 200),
        ('profile="http://127.0.0.1:8080/p";v=1', 200),
        ("", 400),
        ("curl/8", 400),
        ("profile=https://agent.example", 400),
        ('profile=""', 400),
        ('profile="ftp://agent.example"', 400),
        ('notaprofile="https://agent.example"', 400),
    ],
)
async def test_an_agent_names_its_profile(http: httpx.AsyncClient, value: str, status: int) -> None:
    assert (await http.get("/notes/agent", headers={"UCP-Agent": value})).status_code == status


async def test_only_first_party_clients_may_leave_the_key_out(http: httpx.AsyncClient) -> None:
    headers = {"X-API-Key": "acme-key"}
    told = (await http.get("/notes/me", headers=headers)).json()
    assert told == {"platform": "acme", "first_party": True, "key": "none"}
    headers["UCP-Agent"] = AGENT
    refused = await http.get("/notes/me", headers=headers)
    assert is_error(refused, 400, "idempotency_key_required")
    headers["Idempotency-Key"] = "k"
    told = (await http.get("/notes/me", headers=headers)).json()
    assert told["first_party"] is False
    assert "k" != told["key"] != "none"


@pytest.mark.parametrize("key", ["", " ", "a b", "k" * 256, "\u00e9"])
async def test_an_odd_idempotency_key_is_400(http: httpx.AsyncClient, key: str) -> None:
    headers = {b"X-API-Key": b"acme-key", b"Idempotency-Key": key.encode("latin-1")}
    assert is_error(await http.get("/notes/me", headers=headers), 400, "invalid_request")


@pytest.mark.parametrize(
    ("sent", "version"), [(None, 0), ("*", 0), ('"7"', 7), ('W/"7"', 7), (' "7" ', 7)]
)
async def test_if_match_names_a_version(
    http: httpx.AsyncClient, sent: str | None, version: int
) -> None:
    headers = {"X-API-Key": "acme-key"} | ({} if sent is None else {"If-Match": sent})
    response = await http.get("/notes/me", headers=headers)
    assert response.headers["etag"] == f'"{version}"'


@pytest.mark.parametrize("sent", ["", "7", '"x"', '"1", "2"', '"-1"', '"' + "9" * 19 + '"', "''"])
async def test_if_match_that_is_no_etag_of_ours_is_400(http: httpx.AsyncClient, sent: str) -> None:
    headers = {"X-API-Key": "acme-key", "If-Match": sent}
    assert is_error(await http.get("/notes/me", headers=headers), 400, "invalid_request")


@pytest.mark.parametrize(
    "name", ["X-API-Key", "UCP-Agent", "Idempotency-Key", "If-Match", "content-type"]
)
async def test_a_header_that_says_one_thing_comes_once(http: httpx.AsyncClient, name: str) -> None:
    once = [("X-API-Key", "acme-key"), ("Idempotency-Key", "k"), ("UCP-Agent", AGENT)]
    assert (await http.get("/notes/me", headers=once)).status_code == 200
    twice = [*once, (name, "acme-key"), (name.lower(), "acme-key")]
    refused = await http.get("/notes/me", headers=twice)
    assert is_error(refused, 400, "invalid_request")
    assert f"Send {name.lower()} once" in refused.json()["content"]
