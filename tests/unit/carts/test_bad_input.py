"""Whatever is sent: a clear rejection, nothing stored, nothing changed, and never a 5xx."""

from __future__ import annotations

import json

import httpx
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from redis.asyncio import Redis

from deployments.carts.contract.bodies import MAX_CODES, MAX_LINES, MAX_QUANTITY
from deployments.foundation.http.bodies import MAX_BODY_BYTES
from tests.ucp_schemas import assert_valid
from tests.unit.carts.services import HELMET, SHIRT, Services, body

DEEP, MEGABYTE = 10_000, "x" * 1_000_000
LINE = '{"item": {"id": "SHIRT"}, "quantity": 1}'


def with_line(line: str) -> str:
    return f'{{"line_items": [{line}]}}'


def with_quantity(quantity: str) -> str:
    return with_line(f'{{"item": {{"id": "SHIRT"}}, "quantity": {quantity}}}')


def with_buyer(buyer: str) -> str:
    return f'{{"line_items": [{LINE}], "buyer": {buyer}}}'


REFUSED: dict[str, bytes | str] = {
    "empty": "",
    "blank": " \n",
    "malformed": '{"line_items": [',
    "two documents": with_line(LINE) * 2,
    "comment": f"// hello\n{with_line(LINE)}",
    "single quotes": with_line(LINE).replace('"', "'"),
    "null": "null",
    "a number": "1",
    "a string": '"line_items"',
    "an array": f"[{with_line(LINE)}]",
    "arrays ten thousand deep": "[" * DEEP + "]" * DEEP,
    "objects ten thousand deep": '{"a":' * DEEP + "1" + "}" * DEEP,
    "a buyer ten thousand deep": with_buyer('{"a":' * DEEP + "1" + "}" * DEEP),
    "an unknown field ten thousand deep": with_line(LINE)[:-1]
    + ',"x":'
    + "[" * DEEP
    + "]" * DEEP
    + "}",
    "latin-1": with_buyer('{"first_name": "Zo\xe9"}').encode("latin-1"),
    "utf-16": with_line(LINE).encode("utf-16"),
    "an overlong sequence": with_buyer('{"first_name": "@"}').encode().replace(b"@", b"\xc0\xaf"),
    "an encoded surrogate": with_buyer('{"a": "@"}').encode().replace(b"@", b"\xed\xa0\x80"),
    "gzip": b"\x1f\x8b\x08\x00\x00\x00\x00\x00",
    "a lone surrogate": with_buyer('{"first_name": "\\ud83d"}'),
    "a lone low surrogate": with_line('{"item": {"id": "\\udc00"}, "quantity": 1}'),
    "a NUL": with_buyer('{"first_name": "A\\u0000da"}'),
    "a NUL after a backslash": with_buyer('{"first_name": "\\\\\\u0000"}'),
    "a NUL in an id": with_line('{"item": {"id": "SHIRT\\u0000"}, "quantity": 1}'),
    "a raw NUL": with_buyer('{"first_name": "A\x00da"}'),
    "NaN": with_buyer('{"age": NaN}'),
    "Infinity": with_buyer('{"age": -Infinity}'),
    "a number of 5,000 digits": with_buyer('{"age": ' + "9" * 5000 + "}"),
    "no lines": "{}",
    "null for lines": '{"line_items": null}',
    "an object for lines": f'{{"line_items": {LINE}}}',
    "an empty list of lines": '{"line_items": []}',
    "a line that is null": with_line("null"),
    "a line that is a string": with_line('"SHIRT"'),
    "a line without an item": with_line('{"quantity": 1}'),
    "an item that is a string": with_line('{"item": "SHIRT", "quantity": 1}'),
    "an item without an id": with_line('{"item": {"title": "Shirt"}, "quantity": 1}'),
    "an empty item id": with_line('{"item": {"id": ""}, "quantity": 1}'),
    "an item id that is a number": with_line('{"item": {"id": 709}, "quantity": 1}'),
    "an item id that is a list": with_line('{"item": {"id": ["SHIRT"]}, "quantity": 1}'),
    "a long item id": with_line(f'{{"item": {{"id": "{"x" * 256}"}}, "quantity": 1}}'),
    "an empty line id": with_line('{"id": "", "item": {"id": "SHIRT"}, "quantity": 1}'),
    "no quantity": with_line('{"item": {"id": "SHIRT"}}'),
    **{
        f"quantity {quantity}": with_quantity(quantity)
        for quantity in ("0", "-0", "-1", "1.5", "1e400", str(10**30), f"{MAX_QUANTITY + 1}")
    },
    **{
        f"quantity {quantity}": with_quantity(quantity)
        for quantity in ('"2"', "true", "null", "[1]", "{}")
    },
    "a thousand lines": with_line(",".join([LINE] * 1000)),
    "one line too many": with_line(",".join([LINE] * (MAX_LINES + 1))),
    "discounts that are a list": f'{{"line_items": [{LINE}], "discounts": ["TEN"]}}',
    "codes that are a string": f'{{"line_items": [{LINE}], "discounts": {{"codes": "TEN"}}}}',
    "a code that is a number": f'{{"line_items": [{LINE}], "discounts": {{"codes": [10]}}}}',
    "a long code": json.dumps(body((SHIRT.sku, 1), discounts={"codes": ["x" * 256]})),
    "too many codes": json.dumps(
        body((SHIRT.sku, 1), discounts={"codes": ["x"] * (MAX_CODES + 1)})
    ),
    "a buyer that is a string": with_buyer('"Ada"'),
    "a buyer that is a list": with_buyer("[]"),
    "an email that is an object": with_buyer('{"email": {"at": "home"}}'),
    "a context that is a number": f'{{"line_items": [{LINE}], "context": 1}}',
    "a claim that comes twice": json.dumps(
        body((SHIRT.sku, 1), context={"eligibility": ["com.example.loyal"] * 2})
    ),
}
TOO_LARGE: dict[str, bytes | str] = {
    "an item id": with_line(f'{{"item": {{"id": "{MEGABYTE}"}}, "quantity": 1}}'),
    "a line id": with_line(f'{{"id": "{MEGABYTE}", "item": {{"id": "SHIRT"}}, "quantity": 1}}'),
    "a code": json.dumps(body((SHIRT.sku, 1), discounts={"codes": [MEGABYTE]})),
    "a buyer's name": with_buyer(f'{{"first_name": "{MEGABYTE}"}}'),
    "an unknown field": json.dumps(body((SHIRT.sku, 1), unknown=MEGABYTE)),
    "blanks": " " * 1_000_000 + with_line(LINE),
    "ten thousand lines": with_line(",".join([LINE] * 10_000)),
}


async def cart_path(http: httpx.AsyncClient) -> str:
    return f"/carts/{(await http.post('/carts', json=body((HELMET.sku, 1)))).json()['id']}"


async def assert_refused(
    http: httpx.AsyncClient, admin: Redis, content: bytes | str, status: int
) -> None:
    """Both as a new cart and in the place of one, under a key."""
    path = await cart_path(http)
    before, keys = (await http.get(path)).json(), set(await admin.keys("*"))
    for response in (
        await http.post("/carts", content=content, headers={"Idempotency-Key": "bad"}),
        await http.put(path, content=content, headers={"Idempotency-Key": "bad"}),
    ):
        assert response.status_code == status, response.text
        assert set(response.json()) == {"code", "content"}
        assert len(response.text) < 2000
        assert "Traceback" not in response.text
    assert set(await admin.keys("*")) == keys
    assert (await http.get(path)).json() == before


@pytest.mark.parametrize("what", REFUSED)
async def test_it_is_refused_and_nothing_is_stored(
    what: str, http: httpx.AsyncClient, admin: Redis
) -> None:
    await assert_refused(http, admin, REFUSED[what], 400)


@pytest.mark.parametrize("what", TOO_LARGE)
async def test_a_megabyte_is_too_large(what: str, http: httpx.AsyncClient, admin: Redis) -> None:
    await assert_refused(http, admin, TOO_LARGE[what], 413)


ACCEPTED: dict[str, str] = {
    "unknown fields": json.dumps(
        {
            "line_items": [
                {"item": {"id": "SHIRT", "colour": 1}, "quantity": 1, "gift": {"wrap": True}}
            ],
            "signals": {"x": []},
            "unknown": None,
        }
    ),
    "a quantity that is written as a fraction": with_quantity("2.0"),
    "the same key twice": f'{{"line_items": [], "line_items": [{LINE}]}}',
    "the most of everything": json.dumps(
        body(*[(SHIRT.sku, MAX_QUANTITY)] * MAX_LINES, discounts={"codes": ["y" * 255] * MAX_CODES})
    ),
    "names in every script": with_buyer('{"first_name": "Zoë 🚲 \\ud83d\\udeb2 \\u202e عمر"}'),
    "a backslash before what is no NUL": with_buyer('{"first_name": "\\\\u0000"}'),
    "a buyer of many levels": with_buyer('{"a":' * 190 + "1" + "}" * 190),
    "a number out of range": with_buyer('{"age": 1e400}'),
    "markup": with_buyer('{"first_name": "<script>alert(1)</script>\\r\\nX: y"}'),
    "claims": json.dumps(
        body((SHIRT.sku, 1), context={"eligibility": ["com.example.gold", "org.school.student"]})
    ),
    "a body just small enough": with_line(LINE).ljust(MAX_BODY_BYTES),
}


@pytest.mark.parametrize("what", ACCEPTED)
async def test_it_is_accepted_and_can_be_read_back(what: str, http: httpx.AsyncClient) -> None:
    created = await http.post("/carts", content=ACCEPTED[what].encode())
    assert created.status_code == 201, created.text
    assert_valid("cart", created.json())
    path = f"/carts/{created.json()['id']}"
    assert (await http.get(path)).json() == created.json()
    assert (await http.put(path, content=ACCEPTED[what].encode())).status_code == 200
    assert (await http.post(f"{path}/cancel", content=b"\xff{[")).status_code == 200


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("GET", "/carts", 405),
        ("DELETE", "/carts/cart_1", 405),
        ("GET", "/carts/cart_1/cancel", 405),
        ("POST", "/carts/cart_1/complete", 404),
        ("GET", "/carts/cart_1/", 404),
        ("GET", "/carts/a/b/c", 404),
        ("GET", "/carts/" + "x" * 5000, 200),
    ],
)
async def test_paths_that_are_none(
    http: httpx.AsyncClient, method: str, path: str, status: int
) -> None:
    response = await http.request(method, path)
    assert (response.status_code, response.headers["content-type"]) == (status, "application/json")


JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text(max_size=5)
    | st.just("SHIRT"),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(["line_items", "item", "id", "quantity", "buyer", "codes", "x"]),
            inner,
            max_size=4,
        )
    ),
    max_leaves=12,
)


@settings(
    max_examples=150,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(
    line=JSON,
    more=st.dictionaries(
        st.sampled_from(["discounts", "buyer", "context", "id", "currency"]), JSON, max_size=3
    ),
)
async def test_no_json_whatever_is_a_5xx(
    services: Services, line: object, more: dict[str, object]
) -> None:
    async with services.client() as http:
        for lines in (line, [line], [{"item": {"id": "SHIRT"}, "quantity": 1}]):
            content = json.dumps({**more, "line_items": lines})
            response = await http.post("/carts", content=content)
            assert response.status_code in {200, 201, 400}
            if response.status_code == 201:
                assert_valid("cart", response.json())


@settings(
    max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(content=st.binary(max_size=60))
async def test_no_bytes_whatever_are_a_5xx(services: Services, content: bytes) -> None:
    async with services.client() as http:
        assert (await http.post("/carts", content=content)).status_code == 400
