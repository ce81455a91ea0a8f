"""A real Chromium, and the whole store in one process behind a real HTTP server."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from playwright.async_api import Browser, async_playwright

from tests.browser.browsed_store import BrowsedStore, opened_shop
from tests.conftest import ClientOf

CHROMIUM = Path("/usr/bin/chromium")
_ARGUMENTS = [
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]


@pytest.fixture
def executable() -> Path:
    """Debian's Chromium; continuous integration installs it."""
    if not CHROMIUM.exists():
        pytest.skip(f"there is no Chromium at {CHROMIUM}: install Debian's package chromium")
    return CHROMIUM


@pytest.fixture
async def chromium(executable: Path) -> AsyncIterator[Browser]:
    """A browser for one test."""
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=str(executable), args=_ARGUMENTS)
        yield browser
        await browser.close()


@pytest.fixture
async def shop(
    redis_of: ClientOf, chromium: Browser, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> AsyncIterator[BrowsedStore]:
    """The store with all that is shipped, and nobody who runs it yet."""
    monkeypatch.setenv("FIELDHOUSE_PICTURES", str(tmp_path / "pictures"))
    async with opened_shop(redis_of, chromium) as shop:
        yield shop
