"""UCP's carts, checkouts and orders as tables that a person reads."""

from __future__ import annotations

from commands.page import ConsolePage
from commands.storefront import Json, StoreError
from deployments.foundation.values.money import format_money


def show_receipt(page: ConsolePage, shown: Json) -> None:
    """The lines and totals of a cart, a checkout or an order, which must add up."""
    check(shown)
    currency = shown["currency"]
    lines = [_line(line, currency) for line in shown["line_items"]]
    totals = [_total(entry, currency) for entry in shown["totals"]]
    page.table(["Quantity>", "Item", "Each>", "Amount>"], [*lines, ["", "", "", ""], *totals])


def show_messages(page: ConsolePage, shown: Json) -> None:
    """What the store says about a cart or a checkout."""
    for message in shown.get("messages", []):
        style = "yellow" if message["type"] == "error" else "blue"
        place = f" at {message['path']}" if "path" in message else ""
        page.say(f"{message['type']} {message['code']}{place}: {message['content']}", style)


def _line(line: Json, currency: str) -> list[str]:
    quantity, item = line["quantity"], line["item"]
    units = quantity["total"] if isinstance(quantity, dict) else quantity
    title = f"{item['title']} ({item['id']})"
    subtotal = format_money(_sum_of(line, "subtotal"), currency)
    return [str(units), title, format_money(item["price"], currency), subtotal]


def _total(entry: Json, currency: str) -> list[str]:
    name = str(entry.get("display_text", entry["type"]))
    return ["", name, "", format_money(entry["amount"], currency)]


def _sum_of(shown: Json, *kinds: str) -> int:
    return sum(entry["amount"] for entry in shown["totals"] if entry["type"] in kinds)


def amounts(shown: Json) -> list[tuple[str, int]]:
    """The totals by their kind, without their words."""
    return [(entry["type"], entry["amount"]) for entry in shown["totals"]]


def check(shown: Json) -> None:
    """Raises `StoreError` unless the totals, and those of each line, add up to the cent."""
    for priced in (shown, *shown["line_items"]):
        total = _sum_of(priced, "total")
        parts = sum(entry["amount"] for entry in priced["totals"]) - total
        if parts != total:
            raise StoreError(f"The totals of {priced['id']} do not add up: {parts} is not {total}.")
    subtotals = sum(_sum_of(line, "subtotal") for line in shown["line_items"])
    if subtotals != _sum_of(shown, "subtotal"):
        raise StoreError(f"The lines of {shown['id']} do not add up to its subtotal.")
