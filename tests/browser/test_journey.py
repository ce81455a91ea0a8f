"""A new owner opens the shop for business, and each step is in the audit log."""

from __future__ import annotations

import re
from typing import Any

import httpx
import pytest
from playwright.async_api import Page

from deployments.foundation.http.authentication import DEVELOPMENT_KEY
from tests.browser.browsed_store import PASSWORD, BrowsedStore
from tests.eventually import eventually
from tests.integration.shopper import Shopper

SKU = "TI-M267"


async def product(page: Page) -> None:
    """Find a product by typing, and open it."""
    await page.goto("/admin/products")
    await page.get_by_label("Title or SKU").fill(SKU)
    await page.get_by_text("1 product").wait_for()
    assert f"q={SKU}" in page.url
    await page.locator("a.row-link").click()
    await page.get_by_role("heading", name="Change a price").wait_for()


async def change_price(page: Page) -> None:
    await product(page)
    form = page.locator("form[action$='/price']")
    await form.get_by_label("Variant").select_option(SKU)
    await form.get_by_label("New price").fill("27.75")
    await form.get_by_label("Reason").fill("Cheaper at the maker's")
    await form.get_by_role("button").click()
    await page.get_by_text(f"{SKU} costs $27.75 now.").wait_for()


async def receive(page: Page) -> None:
    await page.goto(f"/admin/stock/sku/{SKU}")
    section = page.get_by_role("region", name="Receive a delivery")
    await section.get_by_label("Units that arrived").fill("12")
    await section.get_by_label("Reason").fill("Delivery 4711")
    await section.get_by_role("button").click()
    await page.get_by_text("12 units received.").wait_for()


async def invite(page: Page) -> str:
    """Give a colleague a role; the link for him."""
    await page.goto("/admin/people/invite")
    await page.get_by_label("Email").fill("grace@example.org")
    await page.get_by_label("Name").fill("Grace Hopper")
    await page.get_by_label("Warehouse").check()
    await page.get_by_role("button", name="Make the invitation").click()
    return str(await page.locator("code.secret").inner_text())


async def come_in(page: Page, link: str) -> None:
    await page.goto(link[link.index("/admin") :])
    await page.get_by_label("Password", exact=True).fill(PASSWORD)
    await page.get_by_label("The same again").fill(PASSWORD)
    await page.get_by_role("button").click()
    await page.get_by_role("heading", name="Hello, Grace Hopper").wait_for()


async def found_price(shop: BrowsedStore) -> int | None:
    """What search shows of the SKU."""
    answer = await shop.ask("POST", "/catalog/search", {"query": SKU})
    prices: dict[str, Any] = {
        one["id"]: one["price"]["amount"] for each in answer["products"] for one in each["variants"]
    }
    return prices.get(SKU)


async def bought_with(shop: BrowsedStore, code: str) -> int:
    """Have a UCP client complete a checkout with a code; the cents that the code took off."""
    headers = {"X-API-Key": DEVELOPMENT_KEY}
    async with httpx.AsyncClient(base_url=shop.url, headers=headers) as client:
        shopper = Shopper(client)
        session = await shopper.complete(await shopper.open([(SKU, 2)], [code]))
    assert session["status"] == "completed"
    (applied,) = [one for one in session["discounts"]["applied"] if not one["automatic"]]
    return int(applied["amount"])


@pytest.mark.parametrize("scripts", [True, False], ids=["with scripts", "without scripts"])
async def test_an_owner_runs_the_shop(shop: BrowsedStore, scripts: bool) -> None:  # noqa: FBT001
    owner = await shop.page(scripts=scripts)
    await shop.owner(owner)
    if scripts:
        await change_price(owner)
        await eventually(lambda: _is(shop, 2775))
    await receive(owner)
    await shop.make_code(owner, "SUMMER")
    assert await bought_with(shop, "summer") > 0
    await owner.goto("/admin/codes?q=summer")
    await owner.get_by_role("row", name=re.compile("SUMMER.* 1 can be used")).wait_for()
    colleague = await shop.page(scripts=scripts)
    await come_in(colleague, await invite(owner))
    await colleague.goto(f"/admin/stock/sku/{SKU}")
    await colleague.get_by_role("heading", name="Receive a delivery").wait_for()
    refused = await colleague.goto("/admin/people")
    assert refused is not None
    assert refused.status == 403
    assert await colleague.get_by_role("link", name=re.compile("People")).count() == 0
    await eventually(lambda: _tells(owner, "Delivery 4711"))
    await eventually(lambda: _tells(owner, "invited"))
    await eventually(lambda: _tells(owner, "The sun shines"))
    if scripts:
        await eventually(lambda: _tells(owner, "Cheaper at the maker's"))
    assert shop.complaints == []


async def _is(shop: BrowsedStore, price: int) -> bool:
    return await found_price(shop) == price


async def _tells(page: Page, text: str) -> bool:
    await page.goto("/admin/audit")
    return text in await page.locator("#list").inner_text()
