"""The names of what staff may do, and of the roles that allow it."""

from __future__ import annotations

from typing import Literal, get_args

from deployments.foundation.values.message import Message

Permission = Literal[
    "catalogue.read",
    "catalogue.change",
    "prices.change",
    "promotions.read",
    "promotions.change",
    "stock.read",
    "stock.change",
    "orders.read",
    "orders.change",
    "orders.export",
    "refunds.make",
    "customers.read",
    "customers.change",
    "customers.export",
    "staff.read",
    "staff.change",
    "audit.read",
    "audit.export",
    "account.own",
]
"""What may be done: to look at something, to change it, to take it away as a file. `account.own` is
to look after one's own password, second factor, sessions and tokens."""
PERMISSIONS: tuple[Permission, ...] = get_args(Permission)

Role = Literal["owner", "catalogue", "warehouse", "support", "finance", "auditor"]
"""A person may have several, and may do whatever one of them allows."""
ROLES: tuple[Role, ...] = get_args(Role)


class ListRoles(Message):
    """Asks what each role allows."""


class RoleRow(Message):
    """A role and all that it allows, in the order of `PERMISSIONS`."""

    role: Role
    permissions: tuple[Permission, ...]


class RoleTable(Message):
    """Every role, and which permissions a token may have at all."""

    roles: tuple[RoleRow, ...]
    token_scopes: tuple[Permission, ...]
