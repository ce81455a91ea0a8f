"""Files as other shops and spreadsheets write them are read as what was meant."""

from __future__ import annotations

import io
from pathlib import Path
from typing import Any

import pytest

from deployments.backoffice.formats.html_text import plain_text
from deployments.backoffice.formats.items import (
    ImportKind,
    PriceItem,
    ProductItem,
    RefusedRow,
    VariantPart,
)
from deployments.backoffice.formats.reading import Read, read
from deployments.backoffice.tables.limits import MAX_ROWS, UnreadableError

FILES = Path(__file__).parent / "files"


def opened(name: str) -> Read:
    return read(io.BytesIO((FILES / f"{name}.csv").read_bytes()), "products")


def products(found: Read) -> tuple[dict[str, ProductItem], list[RefusedRow]]:
    entries = list(found.entries)
    items = [one for one in entries if isinstance(one, ProductItem)]
    return {one.id: one for one in items}, [one for one in entries if isinstance(one, RefusedRow)]


def said(part: VariantPart) -> tuple[str, int, dict[str, str]]:
    return part.sku, part.price, {one.name: one.label for one in part.options}


def test_shopify() -> None:
    found = opened("shopify")
    assert (found.wrote, found.total) == ("Shopify", 3)
    assert "Image Src" in found.left_out
    assert "Variant Price" not in found.left_out
    known, refused = products(found)
    assert refused == []
    shoe = known["trail-shoe"]
    assert shoe.description == "Grips on wet rock.\n- Light\n- Dry & warm"
    assert (shoe.categories, shoe.state) == (("Apparel & Accessories", "Shoes"), "published")
    assert [said(one) for one in shoe.variants] == [
        ("FS-42-R", 12990, {"Size": "42", "Color": "Red"}),
        ("FS-43-R", 12990, {"Size": "43", "Color": "Red"}),
        ("trail-shoe-42-blue", 11900, {"Size": "42", "Color": "Blue"}),
    ]
    assert shoe.variants[0].weight_grams == 310
    assert (known["bottle"].state, known["bottle"].variants[0].options) == ("draft", ())
    assert (known["old-cap"].state, known["old-cap"].variants[0].weight_grams) == ("archived", None)


def test_shopify_with_the_columns_of_2025() -> None:
    known, refused = products(opened("shopify_2025"))
    assert refused == []
    assert [said(one) for one in known["rain-jacket"].variants] == [
        ("RJ-S", 19900, {"Size": "S"}),
        ("RJ-M", 19900, {"Size": "M"}),
    ]
    assert known["rain-jacket"].variants[1].weight_grams == 440


def test_woocommerce() -> None:
    found = opened("woocommerce")
    assert (found.wrote, found.total) == ("WooCommerce", 4)
    known, refused = products(found)
    assert [(one.row, one.values) for one in refused] == [(6, {"type": "grouped"})]
    tee = known["woo-tee"]
    assert (tee.title, tee.categories) == ("V-Neck Tee", ("Clothing", "Tshirts"))
    assert [said(one) for one in tee.variants] == [
        ("tee-red", 2000, {"Color": "Red"}),
        ("woo-48", 2250, {"Color": "Blue"}),
    ]
    assert tee.variants[0].weight_grams == 500
    cap = known["cap"]
    assert (cap.state, cap.description) == ("draft", "Short text")
    assert said(cap.variants[0]) == ("cap", 1600, {"Size": "One, Size"})
    # The price that is reduced for a time only is not the price.
    assert (known["belt"].variants[0].price, known["belt"].state) == (1500, "draft")


def test_medusa_2() -> None:
    found = opened("medusa_2")
    known, refused = products(found)
    assert (found.wrote, refused) == ("Medusa", [])
    shirt = known["sweatshirt"]
    assert (shirt.state, shirt.categories) == ("published", ())
    assert [said(one) for one in shirt.variants] == [
        ("SHIRT-S", 1550, {"Size": "S"}),
        ("sweatshirt-m", 1500, {"Size": "M"}),
    ]
    assert [one.weight_grams for one in shirt.variants] == [400, 410]
    assert shirt.variants[0].title == "Sweatshirt, S"
    # It has no price in the store's currency, which a new variant will need.
    assert "price" not in known["mug"].variants[0].model_fields_set


def test_medusa_1_writes_minor_units() -> None:
    known, refused = products(opened("medusa_1"))
    assert refused == []
    assert known["coffee-cup"].variants[0].price == 1200
    assert known["coffee-cup"].categories == ("Cups",)
    assert known["trousers"].description == "Reach for the sky; again."


OWN = (
    "product_id{0}title{0}sku{0}price\r\n"
    "käse{0}Käse{0}K-1{0}12{1}50\r\nohm{0}Ω: „Ohm“{0}O-1{0}3{1}25\r\n"
)


@pytest.mark.parametrize("separator", [",", ";", "\t"])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be"])
def test_encodings_and_separators(encoding: str, separator: str) -> None:
    mark = "," if separator == ";" else "."
    content = OWN.format(separator, mark).encode(encoding)
    known, refused = products(read(io.BytesIO(content), "products"))
    assert refused == []
    assert known["käse"].title == "Käse"
    assert known["ohm"].title == "Ω: „Ohm“"
    assert [one.variants[0].price for one in known.values()] == [1250, 325]


def test_windows_1252() -> None:
    content = "product_id;title;sku;price\nkaese;Käse, „5 €“;K-1;1.234,50\n".encode("cp1252")
    known, _ = products(read(io.BytesIO(content), "products"))
    assert known["kaese"].title == "Käse, „5 €“"
    assert known["kaese"].variants[0].price == 123450


def test_what_a_spreadsheet_says_of_the_separator() -> None:
    content = b"sep=;\r\nproduct_id;title;sku;price\r\na;A, B;A-1;2,50\r\n"
    known, _ = products(read(io.BytesIO(content), "products"))
    assert (known["a"].title, known["a"].variants[0].price) == ("A, B", 250)


def prices(text: str, separator: str = ",") -> list[Any]:
    rows = "".join(f'X-{n}{separator}"{cell}"\n' for n, cell in enumerate(text.split("|")))
    found = read(io.BytesIO(f"sku{separator}price\n{rows}".encode()), "prices")
    return [one.price if isinstance(one, PriceItem) else "no" for one in found.entries]


@pytest.mark.parametrize(
    ("cells", "separator", "read_as"),
    [
        ("12.50|1,234", ",", [1250, 123400]),
        ("12,50|1.234", ",", [1250, 123400]),
        ("1.234", ";", [123400]),
        ("1,234", ",", [123400]),
        ("1 234,50|1'234,50", ";", [123450, 123450]),
        ("1.234.567,89", ",", [123456789]),
        ("$12.50|USD 12.50|12.50 $", ",", [1250, 1250, 1250]),
        ("€ 5|5 EUR", ",", ["no", "no"]),
        ("12,50|13,75|7.5", ";", [1250, 1375, "no"]),
        ("12.5|1e3|0x10|--1|1,2,3", ",", [1250, "no", "no", "no", "no"]),
        (".5", ",", [50]),
    ],
)
def test_numbers(cells: str, separator: str, read_as: list[Any]) -> None:
    assert prices(cells, separator) == read_as


@pytest.mark.parametrize(
    ("content", "kind", "why"),
    [
        (b"", "products", "empty"),
        (b"a,b\n1,2\n", "products", "These columns are neither"),
        (b"sku\nX\n", "prices", "lacks columns"),
        (b'sku,price\n"X,1\n', "prices", "quotation mark"),
        (b"sku,price\nX,\x81\x8d\n", "prices", "encoding"),
        (b"PK\x03\x04nonsense", "products", "no workbook"),
        (("a," * 500).encode(), "products", "columns"),
    ],
)
def test_what_is_no_such_file(content: bytes, kind: ImportKind, why: str) -> None:
    with pytest.raises(UnreadableError, match=why):
        list(read(io.BytesIO(content), kind).entries)


def test_too_many_rows() -> None:
    content = "sku,price\n" + "X,1\n" * (MAX_ROWS + 1)
    with pytest.raises(UnreadableError, match="more than"):
        read(io.BytesIO(content.encode()), "prices")


def test_a_sku_twice_in_a_product_and_a_nul() -> None:
    content = b"product_id,title,sku,price\na,A,A-1,1\na,A,A-1,2\nb,B\0,B-1,1\n"
    known, refused = products(read(io.BytesIO(content), "products"))
    assert [one.row for one in refused] == [4, 3]
    assert [one.price for one in known["a"].variants] == [100]


@pytest.mark.parametrize(
    ("html", "text"),
    [
        ("plain <3 text & more", "plain <3 text & more"),
        ("<p>a</p><p>b</p>", "a\nb"),
        ("a<br>b<script>alert(1)</script><style>p{}</style>", "a\nb"),
        ("<table><tr><td>a</td><td>b</td></tr></table>", "ab"),
        ("&lt;script&gt; &euro;", "<script> €"),
        ("<p>" * 5000 + "deep", "deep"),
    ],
)
def test_html_becomes_text(html: str, text: str) -> None:
    assert plain_text(html) == text
