"""What an import or an export needs, by what it is of: the same as a page that does it by hand."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from deployments.backoffice.formats.items import ImportKind
from deployments.staff.contract.permissions import Permission

NEEDS: Mapping[ImportKind, Permission] = MappingProxyType(
    {
        "products": "catalogue.change",
        "prices": "prices.change",
        "stock": "stock.change",
        "codes": "promotions.change",
    }
)
