"""Handing a file in and having it run, as somebody in front of a browser does."""

from __future__ import annotations

from playwright.async_api import FilePayload, Page

SKU = "TI-M267"
FILE = (
    "product_id,title,categories,state,sku,price,option1_name,option1_value\r\n"
    "kayak,Kayak,Boats > Kayaks,published,KY-RED,1234.50,Color,Red\r\n"
    "kayak,,,,KY-BLUE,1199,Color,Blue\r\n"
    "paddle,Paddle,Boats > Paddles,published,PD-1,49.90,,\r\n"
    "tent,Tent,Camping,published,TN-1,free,,\r\n"
    "stove,Stove,Camping,published,,,,\r\n"
)


async def hand_in(page: Page, kind: str = "products", content: str = FILE) -> None:
    """Choose a file, send it, and wait until it was compared."""
    await page.goto("/admin/imports")
    await page.locator(f"main a[href$='/imports/{kind}']").click()
    file = FilePayload(name="spring.csv", mimeType="text/csv", buffer=content.encode())
    await page.get_by_label("File", exact=True).set_input_files(file)
    await page.get_by_role("button", name="Hand it in").click()
    # Without scripts the page loads itself anew.
    await page.get_by_text("waits to be run").wait_for()


async def run(page: Page) -> None:
    """Have it take effect, and wait until it is done."""
    await page.get_by_label("Reason").fill("Spring list")
    await page.get_by_role("button", name="Run it").click()
    await page.locator(".badge.good", has_text="done").wait_for()
