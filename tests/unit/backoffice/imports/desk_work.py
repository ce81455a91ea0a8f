"""What somebody does in the back office with a large catalogue, by the clock."""

from __future__ import annotations

import time
from collections.abc import Awaitable, Callable
from statistics import median

import httpx

from deployments.staff.operator import Operator
from tests.unit.backoffice.browser import Browser

_TIMES = 15
Act = Callable[[int], Awaitable[httpx.Response]]


class DeskWork:
    """The owner at a browser, who lists, finds, opens and changes products over HTTP."""

    def __init__(self, url: str, operator: Operator, products: int) -> None:
        self._browser, self._operator, self._products = Browser(url), operator, products

    async def sign_in(self) -> None:
        """Use the link that a new store prints."""
        link = await self._operator.owner_link()
        assert link is not None
        await self._browser.become_owner(f"/link/{link.get_secret_value()}")

    async def tell(self) -> None:
        """Print how long each takes."""
        get = self._browser.get
        await self._timed("the first page of the list", lambda _: get("/products"))
        await self._timed(
            "a page in its middle",
            lambda n: get(f"/products?cursor={self._products // 2 + 50 * n}"),
        )
        await self._timed("found by words", lambda n: get(f"/products?q=tent+{self._tent(1) + n}"))
        await self._timed("found by SKU", lambda n: get(f"/products?q=M-{4 * (self._tent(2) + n)}"))
        await self._timed("one category", lambda _: get("/products?category=Tents"))
        await self._timed("a product", lambda n: get(f"/products/m-{self._tent(3) + n}"))
        await self._timed("a product saved", self._save, first=self._opened(self._tent(4)))
        await self._timed(
            "the list right after one was saved",
            lambda _: get("/products?q=anew"),
            first=self._saved(self._tent(5)),
        )
        await self._timed("a price changed", self._change_price, first=self._opened(self._tent(6)))
        await self._browser.http.aclose()

    async def _timed(self, what: str, act: Act, *, first: Act | None = None) -> None:
        """How long an act takes; what comes before it is not counted."""
        took = []
        for number in range(_TIMES):
            if first is not None:
                self._page = await first(number)
            began = time.perf_counter()
            answer = await act(number)
            took.append((time.perf_counter() - began) * 1000)
            assert answer.status_code in {200, 303}, answer.text
        took.sort()
        print(f"{what}: median {median(took):.0f} ms, {took[0]:.0f} to {took[-1]:.0f}", flush=True)

    def _tent(self, tenth: int) -> int:
        return self._products * tenth // 10

    def _opened(self, product: int) -> Act:
        return lambda number: self._browser.get(f"/products/m-{product + number}")

    def _saved(self, product: int) -> Act:
        async def save(number: int) -> httpx.Response:
            self._page = await self._opened(product)(number)
            return await self._save(number)

        return save

    async def _save(self, number: int) -> httpx.Response:
        typed = {"title": f"Tent {number} anew", "state": "published", "reason": "measured"}
        return await self._browser.send(self._page, self._page.url.path, typed)

    async def _change_price(self, _number: int) -> httpx.Response:
        product = int(self._page.url.path.rpartition("-")[2])
        typed = {"price": "12.34", "reason": "measured", "sku": f"M-{4 * product}"}
        return await self._browser.send(self._page, "/price", typed)
