"""What the names of other services' values are called on pages; each is translated where shown."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from deployments.backoffice.language import message
from deployments.inventory.contract.ahead import AheadKind
from deployments.staff.contract.permissions import Permission, Role

ROLE_NAMES: Mapping[Role, tuple[str, str]] = MappingProxyType(
    {
        "owner": (message("Owner"), message("Everything, people and roles among it")),
        "catalogue": (message("Catalogue"), message("Products, prices and codes")),
        "warehouse": (message("Warehouse"), message("Stock: deliveries, counts, transfers")),
        "support": (message("Support"), message("Orders and customers")),
        "finance": (message("Finance"), message("Orders, refunds and exports")),
        "auditor": (message("Auditor"), message("Sees everything and changes nothing")),
    }
)
"""A role's name, and what it is for."""
PERMISSION_NAMES: Mapping[Permission, str] = MappingProxyType(
    {
        "catalogue.read": message("See products"),
        "catalogue.change": message("Change products"),
        "prices.change": message("Change prices"),
        "promotions.read": message("See codes"),
        "promotions.change": message("Change codes"),
        "stock.read": message("See the stock"),
        "stock.change": message("Change the stock"),
        "orders.read": message("See orders"),
        "orders.change": message("Change orders"),
        "orders.export": message("Export orders"),
        "refunds.make": message("Give money back"),
        "customers.read": message("See customers"),
        "customers.change": message("Change customers"),
        "customers.export": message("Export customers"),
        "staff.read": message("See people"),
        "staff.change": message("Change people"),
        "audit.read": message("See the audit log"),
        "audit.export": message("Export the audit log"),
        "account.own": message("Look after one's own account"),
    }
)
AHEAD_NAMES: Mapping[AheadKind, str] = MappingProxyType(
    {"backorder": message("back-order"), "preorder": message("pre-order")}
)
STATE_NAMES: Mapping[str, str] = MappingProxyType(
    {
        "invited": message("invited"),
        "active": message("active"),
        "disabled": message("disabled"),
        "processing": message("being prepared"),
        "shipped": message("shipped"),
        "delivered": message("delivered"),
        "placed": message("placed"),
        "paid": message("paid"),
        "refunded": message("refunded"),
        "withdrawn": message("withdrawn"),
        "published": message("published"),
        "draft": message("draft"),
        "archived": message("archived"),
    }
)
