"""Every page is usable by keyboard and screen reader (WCAG 2.2 AA, as axe-core finds), and fits."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import axe_playwright_python
import pytest
from playwright.async_api import Page

from tests.browser.browsed_store import SIZES, BrowsedStore, Scheme

pytestmark = pytest.mark.long

AXE = (Path(axe_playwright_python.__file__).parent / "axe.min.js").read_text()
RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]
OPEN = ["/sign-in", "/link/none"]
INSIDE = [
    "/",
    "/orders",
    "/products",
    "/products?q=tire",
    "/products/new",
    "/products/TI-M267/variants/TI-M267",
    "/products/TI-M267/variants/TI-M267/remove",
    "/products/model-33/variants/HL-U509-R/remove",
    "/codes",
    "/codes?q=summer",
    "/codes/new",
    "/codes/code/SUMMER",
    "/codes/code/SUMMER/end",
    "/codes/preview",
    "/codes/preview?lines=TI-M267+2&codes=SUMMER%0ANONE&at=2031-06-01T12:00&country=US&region=CA",
    "/price-lists",
    "/price-lists/new",
    "/price-lists/list/crates",
    "/price-lists/list/crates/remove",
    "/groups",
    "/groups/new",
    "/stock",
    "/stock/sku/TI-M267",
    "/stock/sku/TI-M267/waiting",
    "/stock/movements",
    "/stock/transfers",
    "/stock/transfers/new",
    "/stock/locations",
    "/stock/locations?id=1",
    "/people",
    "/people/invite",
    "/people/ada%40example.org",
    "/people/ada%40example.org/disable",
    "/audit",
    "/account",
    "/nowhere",
]


async def violations(page: Page) -> list[str]:
    """What axe finds wrong with a page."""
    await page.evaluate(AXE)
    found: Any = await page.evaluate(
        "rules => axe.run({runOnly: {type: 'tag', values: rules}})", RULES
    )
    assert len(found["passes"]) > 5, "axe has looked at something"
    return [
        f"{page.url}: {one['id']}: {[node['html'][:120] for node in one['nodes'][:3]]}"
        for one in found["violations"]
    ]


async def is_too_wide(page: Page) -> bool:
    """Whether one has to scroll sideways."""
    wide: bool = await page.evaluate(
        "document.documentElement.scrollWidth > document.documentElement.clientWidth"
    )
    return wide


async def barriers_of_pictures(shop: BrowsedStore, page: Page) -> list[str]:
    """What is wrong with a product's page that has pictures, and with what asks before it
    removes one."""
    await shop.add_pictures(page, "TI-M267")
    found = await violations(page)
    found += ["pictures are too wide"] if await is_too_wide(page) else []
    await page.get_by_label("Remove picture 1").check()
    await page.locator("#arrange-reason").fill("Out of season")
    await page.get_by_role("button", name="Save the pictures").click()
    await page.get_by_text("This removes 1 picture. 1 stays.").wait_for()
    return found + await violations(page)


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("size", SIZES)
async def test_no_page_has_a_barrier(shop: BrowsedStore, size: str, scheme: Scheme) -> None:
    page = await shop.page(size, scheme)
    found: list[str] = []
    for path in OPEN:
        await page.goto(f"/admin{path}")
        found += await violations(page)
    await shop.owner(page)
    await shop.make_code(page, "SUMMER")
    await shop.make_price_list(page, "crates")
    found += await barriers_of_pictures(shop, page)
    for path in INSIDE:
        await page.goto(f"/admin{path}")
        found += await violations(page)
        found += [f"{path} is too wide"] if await is_too_wide(page) else []
    assert found == []
    assert shop.complaints == []


async def test_axe_finds_what_is_wrong(shop: BrowsedStore) -> None:
    page = await shop.page()
    await page.set_content("<img src='data:,'><button></button><input><a href='#'></a><p>a</p>")
    with pytest.raises(AssertionError):
        assert await violations(page) == []
