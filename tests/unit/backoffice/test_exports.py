"""Whoever takes something away as a file is in the audit log, with how many rows he had."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import httpx
import pytest
from pydantic import SecretStr
from starlette.requests import ClientDisconnect
from starlette.types import Message

from deployments.backoffice.exports.desk import ExportDesk
from deployments.backoffice.exports.kinds import EXPORTS
from deployments.backoffice.exports.rows import CatalogRows
from deployments.catalog.contract import CatalogApi
from deployments.foundation.values.authorship import Author, Change
from deployments.foundation.values.clock import utc_now
from deployments.inventory.contract import InventoryApi
from deployments.orders.contract import OrdersApi
from deployments.pricing.contract import PricingApi
from deployments.staff.contract.audit_log import AuditFilter, SearchAudit
from deployments.staff.contract.credentials import Credential
from deployments.staff.contract.tokens import CreateToken
from tests.command_line import typed
from tests.served import served
from tests.unit.backoffice.office import OWNER, Office
from tests.unit.orders.sample_orders import order

GRACE = Author(kind="person", id="grace@example.org", name="Grace")
LINES = 4
"""Of two orders."""
SCOPE: dict[str, Any] = {
    "type": "http",
    "asgi": {"version": "3.0", "spec_version": "2.4"},
    "method": "GET",
    "path": "/",
    "headers": [],
}


@pytest.fixture
async def shop(office: Office) -> Office:
    """A shop with an owner and two orders of one buyer."""
    await office.owner()
    orders = office.host.connect(OrdersApi, app="orders")
    for session in ("s1", "s2"):
        await orders.place(order(session))
    return office


async def told(office: Office, what: str) -> list[Change]:
    """What the audit log has of exports, the oldest first."""
    wanted = AuditFilter(subject=f"backoffice/export/{what}")
    by = Credential(session=SecretStr(office.session()))
    found = await office.staff.search_audit(SearchAudit(by=by, filter=wanted))
    return [entry.change for entry in reversed(found.entries)]


async def token(office: Office) -> str:
    by = Credential(session=SecretStr(office.session()))
    made = await office.staff.create_token(
        CreateToken(by=by, name="p", scopes=("orders.export", "customers.export"))
    )
    return made.secret.get_secret_value()


def rows_of(changes: list[Change]) -> list[object]:
    assert [one.action for one in changes] == ["export_begun", "export_ended"]
    assert changes[1].after["complete"] is True
    return [changes[1].after["rows"], changes[1].after["format"]]


@pytest.mark.parametrize(("what", "rows"), [("orders", LINES), ("customers", 1)])
async def test_an_export_by_page_is_written_down(shop: Office, what: str, rows: int) -> None:
    browser = await shop.sign_in()
    file = await browser.get(f"/exports/{what}?format=xlsx")
    assert file.status_code == 200
    changes = await told(shop, what)
    assert rows_of(changes) == [rows, "xlsx"]
    assert {one.author.id for one in changes} == {OWNER}


@pytest.mark.parametrize(("what", "rows"), [("orders", LINES), ("customers", 1)])
async def test_an_export_by_a_program_is_written_down(shop: Office, what: str, rows: int) -> None:
    headers = {"Authorization": f"Bearer {await token(shop)}"}
    transport = httpx.ASGITransport(shop.app)
    async with httpx.AsyncClient(transport=transport, base_url="http://store") as http:
        file = await http.get(f"/admin/api/exports/{what}", headers=headers)
    assert file.text.count("\r\n") == rows + 1
    changes = await told(shop, what)
    assert rows_of(changes) == [rows, "csv"]
    assert {(one.author.kind, one.author.person) for one in changes} == {("token", OWNER)}


async def test_an_export_by_command_is_written_down(
    shop: Office, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with served(shop.app) as url:
        monkeypatch.setenv("FIELDHOUSE_URL", url)
        monkeypatch.setenv("FIELDHOUSE_STAFF_TOKEN", await token(shop))
        taken = await typed("export", "orders", "--to", str(tmp_path / "orders.csv"))
    assert taken.status == 0, taken.err
    assert rows_of(await told(shop, "orders")) == [LINES, "csv"]


async def test_whoever_may_not_export_is_not_written_down(shop: Office) -> None:
    browser = await shop.colleague("warehouse")
    for what in EXPORTS:
        if what not in {"products", "prices", "stock"}:
            assert (await browser.get(f"/exports/{what}")).status_code == 403
            assert await told(shop, what) == []


async def test_whoever_breaks_off_is_written_down(shop: Office) -> None:
    await shop.host.start(consume=False)
    connect = shop.host.connect
    goods = CatalogRows(connect(CatalogApi, app="catalog"), connect(InventoryApi, app="inventory"))
    orders, pricing = connect(OrdersApi, app="orders"), connect(PricingApi, app="pricing")
    desk = ExportDesk(goods, orders, pricing, shop.staff, utc_now)
    answer = await desk.file("products", "csv", GRACE, {})
    parts: list[Message] = []

    async def send(message: Message) -> None:
        if len(parts) == 2:
            raise OSError
        parts.append(message)

    async def receive() -> Message:
        raise AssertionError

    with pytest.raises(ClientDisconnect):
        await answer(SCOPE, receive, send)
    begun, ended = await told(shop, "products")
    assert (begun.author, ended.author) == (GRACE, GRACE)
    assert ended.after == {"format": "csv", "rows": 200, "complete": False}
