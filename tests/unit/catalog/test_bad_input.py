"""Whatever is sent, the answer is a clear rejection or a valid answer, never a failure of ours."""

from __future__ import annotations

import json
from typing import Any

import httpx
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from deployments.foundation.http.bodies import MAX_BODY_BYTES
from tests.ucp_schemas import Kind, assert_valid

PATHS: dict[str, Kind] = {"/search": "search", "/lookup": "lookup", "/product": "product"}
DEEP = b"[" * 50_000 + b"]" * 50_000
NESTED = b'{"a":' * 20_000 + b"1" + b"}" * 20_000


@pytest.mark.parametrize("path", PATHS)
@pytest.mark.parametrize(
    "body",
    [
        b"",
        b" ",
        b"null",
        b"[]",
        b'"query"',
        b"{",
        b"{'query': 'x'}",
        b'{"query": "\xff\xfe"}',
        b"\xff\xfe{\x00}\x00",
        b'{"query": "\\ud800", "ids": ["\\udfff"], "id": "\\ud800"}',
        b'{"query": NaN, "ids": [NaN], "id": NaN}',
        b'{"query": "\\u0000", "ids": ["\\u0000"], "id": "\\u0000"}',
        b'{"query": 1, "ids": 1, "id": 1}',
        b'{"query": ["x"], "ids": {"x": 1}, "id": ["x"]}',
        b'{"query": {"$ne": null}, "ids": [["x"]], "id": {"$ne": null}}',
        b'{"query": true, "ids": [true], "id": true}',
        b'{"ids": []}',
        b'{"ids": [null], "id": null}',
        DEEP,
        NESTED,
        b'{"query": "x", "ids": ["x"], "id": "x", "context": ' + DEEP + b"}",
    ],
)
async def test_what_is_no_request_is_refused(
    http: httpx.AsyncClient, path: str, body: bytes
) -> None:
    response = await http.post(path, content=body)
    assert response.status_code == 400, response.text
    assert response.json().keys() == {"code", "content"}
    assert len(response.content) < 2000


@pytest.mark.parametrize("path", PATHS)
@pytest.mark.parametrize(
    "part",
    [
        '"filters": []',
        '"filters": {"categories": "Bikes"}',
        '"filters": {"categories": [1]}',
        '"filters": {"price": 5}',
        '"filters": {"price": {"min": -1}}',
        '"filters": {"price": {"min": 1.5}}',
        '"filters": {"price": {"min": 1e400}}',
        '"filters": {"price": {"max": "100"}}',
        '"filters": {"price": {"max": true}}',
        '"filters": {"price": {"max": NaN}}',
        '"filters": {"price": {"max": -Infinity}}',
        '"context": "here"',
        '"context": {"currency": 7}',
    ],
)
async def test_parts_of_the_wrong_type_are_refused(
    http: httpx.AsyncClient, path: str, part: str
) -> None:
    body = f'{{"query": "shirt", "ids": ["shirt"], "id": "shirt", {part}}}'
    response = await http.post(path, content=body)
    assert (response.status_code, response.json()["code"]) == (400, "invalid_request")


@pytest.mark.parametrize(
    "page",
    [
        '{"limit": 0}',
        '{"limit": -1}',
        '{"limit": 2.5}',
        '{"limit": "10"}',
        '{"limit": true}',
        '{"limit": 1e400}',
        '{"cursor": 5}',
        "[]",
        "7",
    ],
)
async def test_a_page_is_asked_for_as_the_schema_has_it(http: httpx.AsyncClient, page: str) -> None:
    response = await http.post("/search", content=f'{{"query": "shirt", "pagination": {page}}}')
    assert (response.status_code, response.json()["code"]) == (400, "invalid_request")


@pytest.mark.parametrize("path", PATHS)
async def test_a_body_that_is_too_large_is_refused(http: httpx.AsyncClient, path: str) -> None:
    for size in (MAX_BODY_BYTES, 4 * MAX_BODY_BYTES):
        body = {"query": "x" * size, "ids": ["x" * size], "id": "x" * size}
        response = await http.post(path, json=body)
        assert (response.status_code, response.json()["code"]) == (413, "request_too_large")


async def test_a_number_beyond_every_price_is_a_number(http: httpx.AsyncClient) -> None:
    huge = "9" * 4000
    for price, found in ((f'{{"max": {huge}}}', 2), (f'{{"min": {huge}}}', 0)):
        response = await http.post("/search", content=f'{{"filters": {{"price": {price}}}}}')
        assert response.json()["pagination"]["total_count"] == found


async def test_a_long_query_is_refused_and_one_of_many_words_is_answered(
    http: httpx.AsyncClient,
) -> None:
    assert (await http.post("/search", json={"query": "x" * 1001})).status_code == 400
    many = " ".join(["shirt"] * 166)
    answer = (await http.post("/search", json={"query": many})).json()
    assert [each["id"] for each in answer["products"]] == ["shirt"]


def anything(depth: int = 3) -> st.SearchStrategy[Any]:
    plain = (
        st.none() | st.booleans() | st.integers() | st.floats() | st.text(st.characters(codec=None))
    )
    if depth == 0:
        return plain
    inner = anything(depth - 1)
    return plain | st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner)


KNOWN = [
    "query", "ids", "id", "filters", "context", "pagination", "selected", "preferences", "signals",
]  # fmt: skip
LIKELY = {
    "query": st.text(max_size=30),
    "ids": st.lists(st.sampled_from(["shirt", "S-RED-M", "bottle"]) | st.text(), max_size=5),
    "id": st.sampled_from(["shirt", "S-RED-M", "bottle"]) | st.text(),
    "selected": st.lists(
        st.fixed_dictionaries(
            {
                "name": st.sampled_from(["Color", "Size", "x"]),
                "label": st.sampled_from(["Red", "M", "L", "x"]),
            }
        ),
        max_size=3,
    ),
    "preferences": st.lists(st.sampled_from(["Color", "Size", "x"]), max_size=3),
    "filters": st.fixed_dictionaries(
        {},
        optional={
            "categories": st.lists(st.sampled_from(["Clothing", "Shirts", "x"]), max_size=2),
            "price": st.fixed_dictionaries(
                {}, optional={"min": st.integers(0), "max": st.integers(0)}
            ),
        },
    ),
    "pagination": st.fixed_dictionaries(
        {}, optional={"limit": st.integers(1), "cursor": st.text(max_size=40)}
    ),
}
BODIES = st.dictionaries(st.sampled_from(KNOWN) | st.text(), anything(), max_size=5) | (
    st.fixed_dictionaries({}, optional=LIKELY)
)


@pytest.mark.parametrize("path", PATHS)
@settings(
    max_examples=150,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(body=BODIES)
async def test_any_json_is_answered_or_refused(
    http: httpx.AsyncClient, path: str, body: dict[str, Any]
) -> None:
    response = await http.post(path, content=json.dumps(body).encode())
    if response.status_code == 200:
        answer = response.json()
        assert_valid(PATHS[path] if answer["ucp"]["status"] == "success" else "error", answer)
    else:
        assert response.status_code == 400
        assert response.json().keys() == {"code", "content"}


@settings(
    max_examples=100, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(body=st.binary())
async def test_any_bytes_are_refused(http: httpx.AsyncClient, body: bytes) -> None:
    assert (await http.post("/lookup", content=body)).status_code == 400
