"""What each role allows."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from deployments.staff.contract.permissions import PERMISSIONS, ROLES, Permission, Role
from deployments.staff.domain.permissions import (
    ALLOWED,
    TOKEN_SCOPES,
    in_order,
    permissions_of,
    role_table,
    scoped,
)

ROLE_SETS = st.frozensets(st.sampled_from(ROLES))
SCOPES = st.frozensets(st.sampled_from(PERMISSIONS))


def may(role: Role) -> set[Permission]:
    return set(ALLOWED[role])


def test_every_role_is_in_the_table_and_an_owner_may_do_all() -> None:
    assert set(ALLOWED) == set(ROLES)
    assert may("owner") == set(PERMISSIONS)


def test_only_an_owner_says_who_may_do_what() -> None:
    assert [role for role in ROLES if "staff.change" in may(role)] == ["owner"]


def test_an_auditor_changes_nothing() -> None:
    changing = ("change", "make")
    assert {one for one in may("auditor") if one.split(".")[1] in changing} == set()
    assert {"audit.read", "audit.export"} <= may("auditor")


def test_prices_stock_and_money_are_kept_apart() -> None:
    assert [role for role in ROLES if "stock.change" in may(role)] == ["owner", "warehouse"]
    assert [role for role in ROLES if "prices.change" in may(role)] == ["owner", "catalogue"]
    assert [role for role in ROLES if "refunds.make" in may(role)] == ["owner", "finance"]


def test_whoever_changes_something_may_look_at_it() -> None:
    reading = {"prices.change": "catalogue.read", "refunds.make": "orders.read"}
    for role in ROLES:
        for one in may(role) - {"account.own"}:
            needed = reading.get(one, f"{one.partition('.')[0]}.read")
            assert needed in may(role), f"{role} has {one}"


@given(ROLE_SETS, ROLE_SETS)
def test_roles_add_up_and_nothing_else_comes_of_them(
    some: frozenset[Role], others: frozenset[Role]
) -> None:
    together = permissions_of(some | others)
    assert together == permissions_of(some) | permissions_of(others)
    assert all(any(one in may(role) for role in some | others) for one in together)


@given(SCOPES, ROLE_SETS)
def test_a_token_never_allows_more_than_its_scopes_and_its_maker_do(
    scopes: frozenset[Permission], roles: frozenset[Role]
) -> None:
    allowed = scoped(scopes, roles)
    assert allowed <= scopes
    assert allowed <= permissions_of(roles)
    assert allowed.isdisjoint({"staff.change", "account.own"})
    assert allowed == scopes & permissions_of(roles) & TOKEN_SCOPES


@given(SCOPES)
def test_an_order_loses_nothing(permissions: frozenset[Permission]) -> None:
    assert set(in_order(permissions)) == permissions
    assert list(in_order(permissions)) == sorted(permissions, key=PERMISSIONS.index)


def test_the_table_that_is_shown_is_the_one_that_holds() -> None:
    shown = role_table()
    assert {row.role: set(row.permissions) for row in shown.roles} == {
        role: may(role) for role in ROLES
    }
    assert set(shown.token_scopes) == TOKEN_SCOPES
