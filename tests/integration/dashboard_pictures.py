"""Takes the pictures of Ray's dashboard in `docs/runbook.md`, of a store apart with some orders.

python -m pytest tests/integration/dashboard_pictures.py --placement apart
"""

from __future__ import annotations

import httpx
import pytest
from playwright.async_api import Browser, Page

from commands.run_settings import PROJECT
from commands.serve_status import token
from deployments.topology import BY_NAME
from tests.browser.conftest import chromium, executable
from tests.conditions import until
from tests.integration.running_store import RunningStore
from tests.integration.shopper import Shopper

__all__ = ["chromium", "executable"]

PICTURES = PROJECT / "docs" / "dashboard"
_WITHIN_MS = 120_000
_ALL = "20"
"""Rows a page: enough for every application, and for every actor."""


async def opened(
    store: RunningStore, chromium: Browser, path: str, height: int, width: int = 1400
) -> Page:
    """A page of Ray's dashboard, whose every request carries the token."""
    context = await chromium.new_context(
        base_url=store.dashboard,
        extra_http_headers={"Authorization": f"Bearer {token()}"},
        viewport={"width": width, "height": height},
        device_scale_factor=0.75,
    )
    page = await context.new_page()
    page.set_default_timeout(_WITHIN_MS)
    await page.goto(path)
    return page


async def kept(page: Page, name: str) -> None:
    """Keep the page's picture for the documentation."""
    PICTURES.mkdir(exist_ok=True)
    await page.screenshot(path=PICTURES / f"{name}.png")


@pytest.fixture
async def sold(client: httpx.AsyncClient) -> None:
    """Some orders."""
    shopper = Shopper(client)
    for _ in range(3):
        await shopper.complete(await shopper.open([("TI-M267", 1)]))


@pytest.mark.placed("apart")
async def test_serve_shows_every_service(
    store: RunningStore, sold: None, chromium: Browser
) -> None:
    page = await opened(store, chromium, "/#/serve", 2520)
    await page.get_by_label("Page Size").first.fill(_ALL)
    for service in BY_NAME:
        await page.get_by_role("link", name=service, exact=True).first.wait_for()
    await kept(page, "serve")


@pytest.mark.placed("apart")
async def test_an_application_shows_its_replicas(store: RunningStore, chromium: Browser) -> None:
    page = await opened(store, chromium, "/#/serve/applications/orders/Services", 560)
    await page.get_by_text("RUNNING").first.wait_for()
    await kept(page, "orders")


@pytest.mark.placed("apart")
async def test_actors_bear_the_services_names(store: RunningStore, chromium: Browser) -> None:
    page = await opened(store, chromium, "/#/actors", 2300, width=2100)
    await page.get_by_label("Page Size").first.fill(_ALL)
    for service in BY_NAME:
        await page.get_by_text(f"SERVE_REPLICA::{service}#").first.wait_for()
    await kept(page, "actors")


@pytest.mark.placed("apart")
async def test_an_ill_service_shows_that_it_is_and_why(
    store: RunningStore, chromium: Browser
) -> None:
    """Redis does nothing more for orders, for as long as it takes to see that."""
    status = await opened(store, chromium, "/#/serve/applications/orders", 760)
    log = await opened(store, chromium, "/#/serve/applications/orders/Services", 1160)
    why = log.get_by_text("this replica is ill").first

    async def told() -> bool:
        await log.reload(wait_until="networkidle")
        return await why.is_visible()

    async with store.redis("admin") as admin:
        await admin.execute_command("ACL", "SETUSER", "orders", "-ping")
        try:
            await until(told, "the log says why", tell=store.tell)
            await kept(log, "why")
            await status.get_by_text("UNHEALTHY").first.wait_for()
            await status.get_by_text("Expand").first.click()
            await kept(status, "ill")
        finally:
            await admin.execute_command("ACL", "SETUSER", "orders", "+ping")
    well = status.get_by_text("RUNNING", exact=True).first
    await until(well.is_visible, "orders is well again", tell=store.tell)
