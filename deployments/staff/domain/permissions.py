"""What each role allows: the one table that says who may do what."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from types import MappingProxyType

from deployments.staff.contract.permissions import (
    PERMISSIONS,
    ROLES,
    Permission,
    Role,
    RoleRow,
    RoleTable,
)

_EVERYBODY: frozenset[Permission] = frozenset({"account.own"})
_ALLOWED: dict[Role, frozenset[Permission]] = {
    "owner": frozenset(PERMISSIONS),
    "catalogue": _EVERYBODY
    | {
        "catalogue.read",
        "catalogue.change",
        "prices.change",
        "promotions.read",
        "promotions.change",
        "stock.read",
    },
    "warehouse": _EVERYBODY | {"catalogue.read", "stock.read", "stock.change", "orders.read"},
    "support": _EVERYBODY
    | {
        "catalogue.read",
        "promotions.read",
        "stock.read",
        "orders.read",
        "orders.change",
        "customers.read",
        "customers.change",
    },
    "finance": _EVERYBODY
    | {
        "catalogue.read",
        "promotions.read",
        "orders.read",
        "orders.export",
        "refunds.make",
        "customers.read",
    },
    "auditor": _EVERYBODY
    | {
        "catalogue.read",
        "promotions.read",
        "stock.read",
        "orders.read",
        "customers.read",
        "staff.read",
        "audit.read",
        "audit.export",
    },
}
ALLOWED: Mapping[Role, frozenset[Permission]] = MappingProxyType(_ALLOWED)

TOKEN_SCOPES: frozenset[Permission] = frozenset(PERMISSIONS) - {"staff.change", "account.own"}
"""What a token may be made for. None may change who may do what, or make further tokens."""


def permissions_of(roles: Iterable[Role]) -> frozenset[Permission]:
    """Whatever one of the roles allows."""
    return frozenset().union(*(ALLOWED[role] for role in roles))


def scoped(scopes: Iterable[str], roles: Iterable[Role]) -> frozenset[Permission]:
    """What a token allows now: its scopes, as far as its maker's roles still allow them."""
    return permissions_of(roles) & TOKEN_SCOPES & frozenset(scopes)


def in_order(permissions: Iterable[Permission]) -> tuple[Permission, ...]:
    """The same, in the order in which they are declared."""
    held = frozenset(permissions)
    return tuple(one for one in PERMISSIONS if one in held)


def role_table() -> RoleTable:
    """The table, as it is shown."""
    rows = (RoleRow(role=role, permissions=in_order(ALLOWED[role])) for role in ROLES)
    return RoleTable(roles=tuple(rows), token_scopes=in_order(TOKEN_SCOPES))
