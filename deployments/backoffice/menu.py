"""The menu of every page: what there is, and who sees it."""

from __future__ import annotations

from deployments.backoffice.language import message
from deployments.backoffice.visit import Entry

MENU = (
    Entry("/", message("Home"), message("What needs attention"), "account.own"),
    Entry("/orders", message("Orders"), message("What was bought"), "orders.read"),
    Entry(
        "/products",
        message("Products"),
        message("What is sold and its price"),
        "catalogue.read",
    ),
    Entry(
        "/codes",
        message("Promotions"),
        message("Codes, customer groups, and what a cart costs"),
        "promotions.read",
    ),
    Entry("/stock", message("Stock"), message("What is there, and what runs low"), "stock.read"),
    Entry(
        "/imports",
        message("Import and export"),
        message("Files that go in, and files to take away"),
        "catalogue.read",
    ),
    Entry("/people", message("People"), message("Who runs the shop"), "staff.read"),
    Entry("/audit", message("Audit log"), message("Who changed what, and why"), "audit.read"),
)
