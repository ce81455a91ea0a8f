"""What can be taken away as a file, and what that needs."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Literal

from deployments.staff.contract.permissions import Permission

ExportKind = Literal["products", "prices", "stock", "codes", "orders", "customers"]
EXPORTS: Mapping[ExportKind, Permission] = MappingProxyType(
    {
        "products": "catalogue.read",
        "prices": "catalogue.read",
        "stock": "stock.read",
        "codes": "promotions.read",
        "orders": "orders.export",
        "customers": "customers.export",
    }
)
