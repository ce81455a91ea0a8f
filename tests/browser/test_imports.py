"""A file goes in with and without scripts, and no page of it has a barrier."""

from __future__ import annotations

import pytest

from tests.browser.browsed_store import SIZES, BrowsedStore, Scheme
from tests.browser.importing import FILE, hand_in, run
from tests.browser.test_accessibility import is_too_wide, violations
from tests.eventually import eventually

pytestmark = pytest.mark.long


@pytest.mark.parametrize("scripts", [True, False], ids=["with scripts", "without scripts"])
async def test_a_file_goes_in_and_comes_out(shop: BrowsedStore, scripts: bool) -> None:  # noqa: FBT001
    page = await shop.page(scripts=scripts)
    await shop.owner(page)
    await hand_in(page)
    await page.get_by_text("This makes 2 new and changes 0.").wait_for()
    await run(page)
    answer = await shop.ask("POST", "/catalog/search", {"query": "kayak"})
    assert [one["id"] for one in answer["products"]] == ["kayak"]

    async def told() -> bool:
        await page.goto("/admin/audit?subject=catalog/product/kayak")
        return "Spring list" in await page.locator("#list").inner_text()

    await eventually(told)
    await page.goto("/admin/imports")
    async with page.expect_download() as download:
        await page.get_by_label("Products as a workbook").click()
    assert (await download.value).suggested_filename.endswith(".xlsx")
    await page.goto("/admin/imports")
    await page.get_by_role("link", name="spring.csv").click()
    async with page.expect_download() as download:
        await page.get_by_role("link", name="All of them as CSV").click()
    assert (await download.value).suggested_filename.startswith("refused-")
    assert shop.complaints == []


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("size", SIZES)
async def test_no_page_of_imports_has_a_barrier(
    shop: BrowsedStore, size: str, scheme: Scheme
) -> None:
    page = await shop.page(size, scheme)
    await shop.owner(page)
    found: list[str] = []

    async def look() -> None:
        nonlocal found
        found += await violations(page)
        found += [f"{page.url} is too wide"] if await is_too_wide(page) else []

    for path in ("/imports", "/imports/products", "/imports/stock"):
        await page.goto(f"/admin{path}")
        await look()
    await hand_in(page, content=FILE)
    await look()
    await run(page)
    await look()
    await page.goto("/admin/imports")
    await look()
    assert found == []
    assert shop.complaints == []
