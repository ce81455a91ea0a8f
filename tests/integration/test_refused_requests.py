"""What the store does not understand is refused, by itself and as its document says."""

from __future__ import annotations

import httpx
import pytest

from deployments.foundation.http.authentication import DEVELOPMENT_KEY
from tests.integration.shopper import line_items

BODY = {"line_items": line_items([("HL-U509-R", 1)])}


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ([("Content-Encoding", "br")], 415),
        ([("Content-Type", "text/plain")], 415),
        ([("X-API-Key", DEVELOPMENT_KEY), ("X-API-Key", "another")], 400),
        ([("X-Much", "x" * 20_000)], 431),
        ([("X-Much", "x" * 50_000)], 431),
    ],
)
async def test_what_is_not_understood_is_refused(
    client: httpx.AsyncClient, headers: list[tuple[str, str]], status: int
) -> None:
    document = (await client.get("/.well-known/openapi.json")).json()
    answers = document["paths"]["/carts"]["post"]["responses"]
    answer = await client.post("/carts", json=BODY, headers=headers)
    assert (answer.status_code, set(answer.json())) == (status, {"code", "content"})
    assert str(status) in answers


@pytest.mark.parametrize("path", ["/-/routes", "/nowhere", "/"])
async def test_nothing_internal_is_listed(client: httpx.AsyncClient, path: str) -> None:
    answer = await client.get(path)
    assert (answer.status_code, set(answer.json())) == (404, {"code", "content"})
    assert answer.json()["code"] == "not_found"
    assert "routes" not in answer.text


@pytest.mark.on_ray
async def test_a_load_balancer_is_told_whether_the_node_serves_and_no_more(
    client: httpx.AsyncClient,
) -> None:
    """See record 62: it is asked for by load balancers, and by KubeRay."""
    answer = await client.get("/-/healthz")
    assert answer.status_code == 200
    assert answer.text in {"", "success", "OK"}
