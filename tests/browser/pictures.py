"""Takes the pictures of `docs/back-office.md`, of a store with some orders.

python -m pytest tests/browser/pictures.py
"""

from __future__ import annotations

import asyncio
import subprocess
import sys

from playwright.async_api import Page

from tests.browser.browsed_store import BrowsedStore, Scheme, kept
from tests.browser.importing import hand_in, run

PREVIEW = (
    "/codes/preview?lines=TI-M267+2%0ABK-M82S-38+1&codes=WELCOME10%0ANONE"
    "&at=2037-06-01T12:00&country=US&region=CA"
)
VIEWS: list[tuple[str, str, str, Scheme]] = [
    ("home", "/", "desk", "light"),
    ("products", "/products?q=tire", "desk", "light"),
    ("product", "", "desk", "dark"),
    ("order", "/orders", "desk", "light"),
    ("codes", "/codes", "desk", "light"),
    ("preview", PREVIEW, "desk", "light"),
    ("stock", "/stock/sku/TI-M267", "telephone", "light"),
    ("people", "/people", "telephone", "dark"),
]


async def open_view(page: Page, name: str, path: str) -> None:
    """Go to a page, or to the first one of a list."""
    await page.goto(f"/admin{path or '/products?q=tire'}")
    if name in {"product", "order"}:
        await page.locator("a.row-link").first.click()
        await page.wait_for_load_state("networkidle")


async def buy(shop: BrowsedStore, times: int) -> None:
    """Have the command that shows a purchase buy something."""
    for _ in range(times):
        command = [sys.executable, "-m", "commands", "demo"]
        environment = {"FIELDHOUSE_URL": shop.url, "PATH": "/usr/bin:/bin"}
        ended = await asyncio.create_subprocess_exec(
            *command, env=environment, stdout=subprocess.DEVNULL
        )
        await ended.wait()


async def test_the_pictures_are_taken(shop: BrowsedStore) -> None:
    await buy(shop, 3)
    first = await shop.page()
    await shop.owner(first)
    for name, path, size, scheme in VIEWS:
        page = await shop.page(size, scheme)
        await shop.sign_in(page)
        await open_view(page, name, path)
        await page.screenshot(path=kept(name), full_page=name == "preview")


async def test_a_picture_of_pictures_is_taken(shop: BrowsedStore) -> None:
    page = await shop.page()
    await shop.owner(page)
    await shop.add_pictures(page, "TI-M267")
    await page.locator("#pictures").screenshot(path=kept("pictures"))


async def test_pictures_of_an_import_are_taken(shop: BrowsedStore) -> None:
    page = await shop.page()
    await shop.owner(page)
    await hand_in(page)
    await page.screenshot(path=kept("import"))
    await run(page)
    other = await shop.page("telephone", "dark")
    await shop.sign_in(other)
    await other.goto(page.url)
    await other.screenshot(path=kept("import-done"))
