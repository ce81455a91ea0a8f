"""The profile is what UCP asks for, and says what the store does."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

import httpx
import pytest
from joserfc.jwk import ECKey

from deployments.foundation.http.edge import http_app
from deployments.foundation.http.signing import read_keys
from deployments.payments.contract import CARD, HANDLERS, SANDBOX_HANDLER, TOKEN
from deployments.profile.routes import ProfileRoutes
from tests.ucp_schemas import assert_valid

ENDPOINT = "https://store.example"
SHOPPING = "dev.ucp.shopping"


@pytest.fixture
async def http() -> AsyncIterator[httpx.AsyncClient]:
    app = http_app(ProfileRoutes(ENDPOINT).routes())
    transport = httpx.ASGITransport(app)
    async with httpx.AsyncClient(transport=transport, base_url=ENDPOINT) as client:
        yield client


@pytest.fixture
async def ucp(http: httpx.AsyncClient) -> dict[str, Any]:
    found: dict[str, Any] = (await http.get("/ucp")).json()["ucp"]
    return found


async def test_it_is_valid_and_needs_no_key(http: httpx.AsyncClient) -> None:
    found = await http.get("/ucp", headers={"UCP-Agent": "not even a profile"})
    assert found.status_code == 200
    assert found.headers["content-type"] == "application/json"
    assert_valid("profile", found.json())


async def test_caches_may_keep_it_for_a_minute_at_least(http: httpx.AsyncClient) -> None:
    found = (await http.get("/ucp")).headers.get_list("cache-control")
    directives = dict(part.strip().partition("=")[::2] for part in ",".join(found).split(","))
    assert "public" in directives
    assert int(directives["max-age"]) >= 60
    assert not {"private", "no-store", "no-cache"} & directives.keys()


async def test_it_never_redirects(http: httpx.AsyncClient) -> None:
    for path in ("/ucp", "/ucp/", "/", ""):
        assert not (await http.get(path)).is_redirect
    assert (await http.head("/ucp")).status_code == 200
    assert (await http.post("/ucp")).status_code == 405


async def test_it_names_the_rest_endpoint(ucp: dict[str, Any]) -> None:
    assert ucp["version"] == "2026-04-08"
    (service,) = ucp["services"][SHOPPING]
    assert (service["transport"], service["endpoint"]) == ("rest", ENDPOINT)


async def test_it_declares_the_capabilities_of_the_store(ucp: dict[str, Any]) -> None:
    catalog, buying = {"catalog.search", "catalog.lookup"}, {"cart", "checkout", "order"}
    names = catalog | buying | {"fulfillment", "discount"}
    assert set(ucp["capabilities"]) == {f"{SHOPPING}.{name}" for name in names}
    for versions in ucp["capabilities"].values():
        (capability,) = versions
        assert capability["version"] == ucp["version"]
        assert capability["spec"].startswith("https://ucp.dev/")
        assert capability["schema"].startswith("https://ucp.dev/")


async def test_extensions_name_what_they_extend(ucp: dict[str, Any]) -> None:
    extends = {
        name.removeprefix(f"{SHOPPING}."): versions[0]["extends"]
        for name, versions in ucp["capabilities"].items()
        if "extends" in versions[0]
    }
    assert extends == {
        "fulfillment": f"{SHOPPING}.checkout",
        "discount": [f"{SHOPPING}.cart", f"{SHOPPING}.checkout"],
    }


async def test_it_declares_how_to_pay(ucp: dict[str, Any]) -> None:
    assert list(ucp["payment_handlers"]) == [handler.id for handler in HANDLERS]
    (sandbox,) = ucp["payment_handlers"][SANDBOX_HANDLER]
    assert sandbox["available_instruments"] == [{"type": CARD}]
    assert sandbox["config"] == {"environment": "sandbox", "credential_types": [TOKEN]}


async def test_it_publishes_the_keys_with_which_webhooks_are_signed() -> None:
    key = ECKey.generate_key("P-256", private=True)
    keys = [each.public for each in read_keys(key.as_pem(private=True).decode())]
    app = http_app(ProfileRoutes(ENDPOINT, keys).routes())
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url=ENDPOINT) as client:
        shown = (await client.get("/ucp")).json()
    assert_valid("profile", shown)
    (published,) = shown["signing_keys"]
    assert published["kid"] == key.thumbprint()
    assert "d" not in published


async def test_without_keys_it_names_none(http: httpx.AsyncClient) -> None:
    assert "signing_keys" not in (await http.get("/ucp")).json()
