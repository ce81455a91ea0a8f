"""The store in one process, as people in front of a Chromium see it."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

import httpx
from playwright.async_api import Browser, FilePayload, Page

from deployments.foundation.http.authentication import DEVELOPMENT_KEY
from deployments.foundation.values.clock import utc_now
from deployments.staff.operator import Operator
from deployments.staff.store import StaffStore
from tests.conftest import ClientOf
from tests.in_process import composed
from tests.served import served
from tests.unit.backoffice.pictures.samples import picture

OWNER = "ada@example.org"
PASSWORD = "correct horse battery staple"  # noqa: S105 - it opens nothing.
SIZES = {"desk": (1280, 860), "telephone": (390, 844)}
Scheme = Literal["light", "dark"]


@dataclass
class BrowsedStore:
    """A running store, whoever looks at it, and what browsers complained of."""

    url: str
    operator: Operator
    chromium: Browser
    complaints: list[str] = field(default_factory=list)

    async def page(
        self, size: str = "desk", scheme: Scheme = "light", *, scripts: bool = True
    ) -> Page:
        """A new browser's page; what it complains of is noted."""
        width, height = SIZES[size]
        context = await self.chromium.new_context(
            base_url=self.url,
            color_scheme=scheme,
            java_script_enabled=scripts,
            locale="en-US",
            viewport={"width": width, "height": height},
        )
        page = await context.new_page()
        page.on("pageerror", lambda error: self.complaints.append(str(error)))
        page.on("console", lambda said: self._note(said.type, said.text))
        return page

    def _note(self, kind: str, text: str) -> None:
        # A form that is refused answers 422, which a console takes for a failure.
        if kind == "error" and not re.search(r"status of 4\d\d", text):
            self.complaints.append(text)

    async def owner(self, page: Page) -> None:
        """Sign in as the first owner, by the link that a new store prints."""
        link = await self.operator.owner_link()
        assert link is not None
        await page.goto(f"/admin/link/{link.get_secret_value()}")
        await page.get_by_label("Email").fill(OWNER)
        await page.get_by_label("Your name").fill("Ada Lovelace")
        await page.get_by_label("Password", exact=True).fill(PASSWORD)
        await page.get_by_label("The same again").fill(PASSWORD)
        await page.get_by_role("button").click()
        await page.get_by_role("heading", name="Hello, Ada Lovelace").wait_for()

    async def sign_in(self, page: Page, email: str = OWNER) -> None:
        """Sign in with email and password."""
        await page.goto("/admin/sign-in")
        await page.get_by_label("Email").fill(email)
        await page.get_by_label("Password").fill(PASSWORD)
        await page.get_by_role("button", name="Sign in").click()
        await page.get_by_role("heading", name="Hello").wait_for()

    async def make_code(self, page: Page, code: str) -> None:
        """Make a code for a tenth off everything."""
        await page.goto("/admin/codes/new")
        await page.get_by_label("Code", exact=True).fill(code)
        await page.get_by_label("Title", exact=False).fill("Summer sale")
        await page.get_by_label("Percentage").fill("10")
        await page.get_by_label("From", exact=True).fill("2026-01-01")
        await page.get_by_label("Until", exact=True).fill("2036-12-31")
        await page.get_by_label("Reason").fill("The sun shines")
        await page.get_by_role("button", name="Save the code").click()
        await page.get_by_text("The code is saved.").wait_for()

    async def make_price_list(self, page: Page, id_: str) -> None:
        """Make a price list that takes a tenth off everything."""
        await page.goto("/admin/price-lists/new")
        await page.locator("#entries").fill("*; 10; 10 %")
        await page.locator("#id").fill(id_)
        await page.locator("#title").fill("Crates")
        await page.locator("#starts").fill("2026-01-01")
        await page.locator("#ends").fill("2036-12-31")
        await page.get_by_label("Reason").fill("They buy many")
        await page.get_by_role("button", name="Save the list").click()
        await page.get_by_text("The list is saved.").wait_for()

    async def add_pictures(self, page: Page, sku: str) -> None:
        """Two pictures of a product, which are shown as soon as they are there."""
        await page.goto(f"/admin/products/{sku}")
        files: list[FilePayload] = [
            {"name": f"{kind}.jpg", "mimeType": "image/jpeg", "buffer": picture("JPEG", size)}
            for kind, size in (("wide", (1200, 800)), ("high", (600, 900)))
        ]
        await page.locator("#files").set_input_files(files)
        await page.get_by_label("What they show").fill("A tire, red and blue")
        await page.locator("#pictures-reason").fill("The new season")
        await page.get_by_role("button", name="Add them").click()
        await page.get_by_text("The pictures are there.").wait_for()

    async def ask(self, method: str, path: str, body: Any = None) -> Any:  # noqa: ANN401
        """What a UCP client is answered."""
        async with httpx.AsyncClient(base_url=self.url) as client:
            headers = {"X-API-Key": DEVELOPMENT_KEY}
            answer = await client.request(method, path, json=body, headers=headers)
            assert answer.is_success, answer.text
            return answer.json()


@asynccontextmanager
async def opened_shop(redis_of: ClientOf, chromium: Browser) -> AsyncIterator[BrowsedStore]:
    """A store with all that is shipped, which consumes events."""
    host = composed(redis_of)
    await host.start()
    try:
        async with served(host.app()) as url:
            operator = Operator(StaffStore(redis_of("staff")), utc_now)
            yield BrowsedStore(url, operator, chromium)
    finally:
        await host.stop()


def kept(name: str) -> Path:
    """Where a picture for the documentation is kept."""
    return Path(__file__).parents[2] / "docs" / "back-office" / f"{name}.png"
