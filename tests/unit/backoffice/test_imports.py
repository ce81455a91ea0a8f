"""Files go in and out by pages, by the API and by commands."""

from __future__ import annotations

import asyncio
import csv
import io
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from pydantic import SecretStr

from deployments.backoffice.tables.limits import MAX_FILE_BYTES
from deployments.catalog.contract import CatalogApi
from deployments.catalog.contract.documents import GetDocument
from deployments.staff.contract.credentials import Credential
from deployments.staff.contract.permissions import Permission
from deployments.staff.contract.tokens import CreateToken
from tests.command_line import typed
from tests.eventually import eventually
from tests.served import served
from tests.unit.backoffice.browser import Browser
from tests.unit.backoffice.office import Office

SKU = "TI-M267"
SCRIPT = "<script>alert(1)</script>"
PRICES = f"sku,price\r\n{SKU},27.75\r\nNOPE,1\r\n"


@pytest.fixture
async def editor(office: Office) -> Browser:
    """The browser of somebody from the catalogue, in a shop that works at imports."""
    await office.host.start()
    return await office.colleague("catalogue")


async def price(office: Office) -> int:
    catalog = office.host.connect(CatalogApi, app="catalog")
    found = await catalog.document(GetDocument(id=SKU))
    return next(one.price for one in found.product.variants if one.sku == SKU)


async def shown(browser: Browser, path: str, words: str) -> str:
    """A page as soon as these words are on it."""

    async def told() -> bool:
        return words in (await browser.get(path)).text

    await eventually(told)
    return (await browser.get(path)).text


async def path_of_first(browser: Browser) -> str:
    """The import that the list has first."""
    text = (await browser.get("/imports")).text
    return text.split('class="row-link" href="/admin')[1].split('"')[0]


async def test_a_file_goes_in_by_pages_without_scripts(office: Office, editor: Browser) -> None:
    before = await price(office)
    page = await editor.hand_in("/imports/prices", "../new prices.csv", PRICES.encode())
    assert page.status_code == 200
    assert "new prices.csv" in page.text
    path = await path_of_first(editor)
    ready = await shown(editor, path, "waits to be run")
    assert "This makes 0 new and changes 1. 0 stay as they are, 1 rows are left out." in ready
    assert "NOPE" in ready
    assert await price(office) == before
    refused = await editor.send(await editor.get(path), "/run", {})
    assert refused.status_code == 422
    assert 'id="reason-wrong"' in refused.text
    begun = await editor.follow(
        await editor.send(await editor.get(path), "/run", {"reason": "summer"})
    )
    assert "The import runs." in begun.text
    await shown(editor, path, "What has taken effect")
    await shown(editor, path, '<span class="badge good">done</span>')
    assert await price(office) == 2775
    report = await editor.get(f"{path}/refused.csv")
    rows = list(csv.reader(io.StringIO(report.content.decode("utf-8-sig"))))
    assert rows[0] == ["Row", "What of", "Why"]
    assert rows[1][:2] == ["3", "NOPE"]
    again = await editor.hand_in("/imports/prices", "copy.csv", PRICES.encode())
    assert "This file was handed in before" in again.text
    assert path in str(again.url)


async def test_while_it_moves_a_page_shows_progress_with_and_without_scripts(
    office: Office,
) -> None:
    await office.host.start(consume=False)
    editor = await office.colleague("catalogue")
    page = await editor.hand_in("/imports/prices", "a.csv", PRICES.encode())
    assert '<noscript><meta http-equiv="refresh" content="3"></noscript>' in page.text
    assert 'hx-trigger="every 2s"' in page.text
    assert "<progress" in page.text


@pytest.mark.parametrize(
    ("content", "why"),
    [(b"a,b\r\n1,2\r\n", "The file lacks columns: price, sku."), (b"sku,price\r\n", "no rows")],
)
async def test_a_file_that_cannot_be_read_says_why(
    editor: Browser, content: bytes, why: str
) -> None:
    await editor.hand_in("/imports/prices", "a.csv", content)
    assert why in await shown(editor, await path_of_first(editor), "failed")


async def test_no_file_and_an_empty_one(editor: Browser) -> None:
    # As a browser sends a form of which nobody chose the file.
    part = '--x\r\nContent-Disposition: form-data; name="'
    body = f'{part}csrf"\r\n\r\n{await editor.token()}\r\n'
    body += f'{part}file"; filename=""\r\n\r\n\r\n--x--\r\n'
    kind = {"Content-Type": "multipart/form-data; boundary=x"}
    none = await editor.http.post("/admin/imports/prices", content=body, headers=kind)
    assert (none.status_code, 'id="file-wrong"' in none.text) == (422, True)
    empty = await editor.hand_in("/imports/prices", "a.csv", b"")
    assert empty.status_code == 400
    assert "The file is empty." in empty.text


async def test_a_file_that_is_too_large_is_kept_nowhere(office: Office, editor: Browser) -> None:
    token = await editor.token()
    large = await editor.upload(
        "/imports/prices", {"csrf": token}, "a.csv", b"x" * (MAX_FILE_BYTES + 1)
    )
    assert large.status_code == 413
    assert "Nothing was imported yet." in (await editor.get("/imports")).text


async def test_too_many_files_wait_for_somebody(office: Office, editor: Browser) -> None:
    for number in range(5):
        content = f"sku,price\r\n{SKU},{number + 1}\r\n".encode()
        await editor.hand_in("/imports/prices", f"{number}.csv", content)
        await shown(editor, await path_of_first(editor), "waits to be run")
    full = await editor.hand_in("/imports/prices", "6.csv", PRICES.encode())
    assert full.status_code == 409
    assert "Too many imports wait." in full.text
    path = await path_of_first(editor)
    await editor.send(await editor.get(path), "/discard", {})
    assert (await editor.hand_in("/imports/prices", "6.csv", PRICES.encode())).status_code == 200


async def test_scripts_in_a_file_are_text(editor: Browser) -> None:
    file = f'product_id,title,sku,price\r\n"{SCRIPT}","{SCRIPT}",S-1,1\r\n"{SCRIPT}2",,S-2,x\r\n'
    await editor.hand_in("/imports/products", "<img src=x onerror=alert(1)>.csv", file.encode())
    path = await path_of_first(editor)
    pages = [await shown(editor, path, "waits to be run"), (await editor.get("/imports")).text]
    assert all("alert(1)" in text for text in pages)
    assert not any(SCRIPT in text or "<img src=x" in text for text in pages)


async def test_whoever_may_not_change_something_sees_no_import_of_it(
    office: Office, editor: Browser
) -> None:
    await editor.hand_in("/imports/prices", "prices.csv", PRICES.encode())
    path = await path_of_first(editor)
    keeper = await office.colleague("warehouse", email="joan@example.org")
    listed = (await keeper.get("/imports")).text
    assert "prices.csv" not in listed
    assert "/admin/imports/stock" in listed
    assert "/admin/imports/prices" not in listed
    assert "/admin/exports/orders" not in listed
    assert (await keeper.get(path)).status_code == 403
    # Another kind's address leads to nothing, whoever asks.
    assert (await keeper.get(path.replace("/prices/", "/stock/"))).status_code == 404


@pytest.mark.parametrize("what", ["products", "prices", "stock", "codes", "orders", "customers"])
@pytest.mark.parametrize("format_", ["csv", "xlsx"])
async def test_a_file_is_taken_away(office: Office, what: str, format_: str) -> None:
    await office.host.start(consume=False)
    owner = await office.owner()
    file = await owner.get(f"/exports/{what}?format={format_}")
    assert file.status_code == 200
    assert f'filename="{what}-' in file.headers["content-disposition"]
    assert file.content.startswith(b"PK" if format_ == "xlsx" else b"\xef\xbb\xbf")


@pytest.fixture
async def url(office: Office) -> AsyncIterator[str]:
    """A served shop with an owner, which works at imports."""
    await office.host.start()
    await office.owner()
    async with served(office.app) as url:
        yield url


async def token(office: Office, *scopes: Permission) -> str:
    by = Credential(session=SecretStr(office.session()))
    made = await office.staff.create_token(CreateToken(by=by, name="p", scopes=scopes))
    return made.secret.get_secret_value()


async def test_commands_take_files_in_and_away(
    office: Office, url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    secret = await token(office, "prices.change", "catalogue.read")
    monkeypatch.setenv("FIELDHOUSE_URL", url)
    monkeypatch.setenv("FIELDHOUSE_STAFF_TOKEN", secret)
    file, report = tmp_path / "prices.csv", tmp_path / "report.csv"
    file.write_text(PRICES)
    before = await price(office)
    words = ["import", str(file), "--kind", "prices"]
    dry = await typed(*words, "--dry-run")
    assert (dry.status, await price(office)) == (1, before)
    assert "Compared: 0 new, 1 changed, 0 same, 1 refused." in dry.out
    assert "row 3, NOPE: The catalogue shows no SKU NOPE." in dry.out
    done = await typed(*words, "--yes", "--reason", "summer", "--report", str(report))
    assert done.status == 1
    assert "Taken effect: 0 new, 1 changed, 0 same, 0 refused." in done.out
    assert await price(office) == 2775
    assert "NOPE" in report.read_text(encoding="utf-8-sig")
    again = await typed(*words, "--yes")
    assert "Compared" not in again.out, "it is known, and is not compared or run again"
    away = tmp_path / "away.csv"
    assert (await typed("export", "prices", "--to", str(away))).status == 0
    assert f"{SKU}," in away.read_text(encoding="utf-8-sig")
    assert await asyncio.to_thread(lambda: away.stat().st_mode & 0o077) == 0
    no = await typed("export", "orders", "--to", str(tmp_path / "orders.csv"))
    assert (no.status, "orders.export" in no.err) == (1, True)
    left = await asyncio.to_thread(lambda: [one.name for one in tmp_path.iterdir()])
    assert [name for name in left if name.startswith(".")] == []


async def test_commands_without_a_token_a_store_or_a_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / "a.csv"
    file.write_text(PRICES)
    assert "FIELDHOUSE_STAFF_TOKEN" in (await typed("import", str(file))).err
    monkeypatch.setenv("FIELDHOUSE_STAFF_TOKEN", "x")
    monkeypatch.setenv("FIELDHOUSE_URL", "http://127.0.0.1:9")
    nobody = await typed("import", str(file))
    assert (nobody.status, "No store answers" in nobody.err) == (2, True)
    absent = await typed("import", str(tmp_path / "b.csv"))
    assert (absent.status, "There is no file" in absent.err) == (2, True)
