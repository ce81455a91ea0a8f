"""The demo buys something, tells the truth about it, and fails in one line."""

from __future__ import annotations

import io
from collections.abc import AsyncIterator

import httpx
import pytest
from rich.console import Console
from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response
from starlette.routing import Route

from commands.demo import Demo
from commands.page import ConsolePage
from commands.receipt import check
from commands.storefront import StoreError, Storefront
from deployments.catalog.seed import products
from deployments.foundation.http.authentication import DEVELOPMENT_KEY
from deployments.foundation.http.edge import http_app
from deployments.foundation.placement.host import Host
from deployments.inventory.contract import CheckAvailability, InventoryApi
from tests.command_line import fieldhouse
from tests.conftest import ClientOf
from tests.in_process import URL, store_in_process


@pytest.fixture
async def store(redis_of: ClientOf) -> AsyncIterator[Host]:
    async with store_in_process(redis_of) as store:
        yield store


class Story:
    """What the demo wrote."""

    def __init__(self) -> None:
        self._file = io.StringIO()
        self.page = ConsolePage(
            Console(file=self._file, highlight=False, markup=False, emoji=False)
        )

    @property
    def text(self) -> str:
        return self._file.getvalue()


def client(app: httpx.ASGITransport, key: str = DEVELOPMENT_KEY) -> httpx.AsyncClient:
    return httpx.AsyncClient(transport=app, base_url=URL, headers={"X-API-Key": key})


async def tell(store: Host, key: str = DEVELOPMENT_KEY) -> Story:
    story = Story()
    async with client(httpx.ASGITransport(store.app()), key) as http:
        await Demo(Storefront(http, story.page.call), story.page).run()
    return story


async def test_the_demo_buys_something_and_shows_the_order(store: Host) -> None:
    before = await units(store)
    text = (await tell(store)).text
    for told in ("Mountain", "WELCOME10", "payment_failed", "Sales Tax", "order FH-", "arrives"):
        assert told in text
    assert "\x1b" not in text
    assert text.count("-> 200") + text.count("-> 201") == text.count("->")
    after = await units(store)
    assert sum(before.values()) - sum(after.values()) == 4


async def units(store: Host) -> dict[str, int]:
    inventory = store.connect(InventoryApi, app="inventory")
    skus = tuple(variant.sku for product in products() for variant in product.variants)
    return (await inventory.availability(CheckAvailability(skus=skus))).units


async def test_the_demo_can_be_repeated(store: Host) -> None:
    first, second = await tell(store), await tell(store)
    assert first.text != second.text


async def test_a_key_that_the_store_does_not_know_ends_the_story(store: Host) -> None:
    with pytest.raises(StoreError, match="POST /carts was refused: Send a valid X-API-Key"):
        await tell(store, "another")


async def other(_request: Request) -> Response:
    return PlainTextResponse("It works!")


async def starting(_request: Request) -> Response:
    return PlainTextResponse("unavailable", status_code=503)


async def something(_request: Request) -> Response:
    return JSONResponse(["hello"])


@pytest.mark.parametrize("handler", [other, starting, something])
async def test_what_is_no_store_is_called_so(handler: object) -> None:
    app = http_app([Route("/.well-known/ucp", handler)])  # type: ignore[arg-type]
    story = Story()
    async with client(httpx.ASGITransport(app)) as http:
        with pytest.raises(StoreError, match=r"is not the store, or it is still starting"):
            await Demo(Storefront(http, story.page.call), story.page).run()
    assert story.text == ""


@pytest.mark.parametrize("url", ["http://127.0.0.1:9", "nonsense", "http://127.0.0.1:x"])
def test_without_a_store_the_command_fails_in_one_line(
    monkeypatch: pytest.MonkeyPatch, url: str
) -> None:
    monkeypatch.setenv("FIELDHOUSE_URL", url)
    ended = fieldhouse("demo")
    assert (ended.status, ended.out) == (2, "")
    assert len(ended.err.splitlines()) == 1
    assert ended.err.startswith("fieldhouse: ")


def test_totals_that_do_not_add_up_are_not_shown() -> None:
    line = {"id": "li_1", "totals": [{"type": "subtotal", "amount": 5}]}
    wrong = {
        "id": "cart_1",
        "line_items": [line],
        "totals": [{"type": "subtotal", "amount": 5}, {"type": "total", "amount": 6}],
    }
    with pytest.raises(StoreError, match="do not add up"):
        check(wrong)
