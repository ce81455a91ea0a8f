"""One-time links: the first owner, and what a link is not good for."""

from __future__ import annotations

import asyncio

import pytest

from deployments.foundation.rpc.rejection import Rejection
from deployments.staff.contract.credentials import Origin
from deployments.staff.contract.sign_in import (
    AcceptLink,
    LinkInvalid,
    LookUpLink,
    NotAnEmail,
    OwnerExists,
    SignInStep,
    WeakPassword,
)
from tests.unit.staff.composed_staff import HOME, OWNER, PASSWORD, ComposedStaff, secret


def accepting(link: str, email: str = OWNER, password: str = PASSWORD) -> AcceptLink:
    return AcceptLink(
        link=secret(link),
        email=email,
        name="Ada",
        password=secret(password),
        origin=Origin(address=HOME),
    )


async def owner_link(shop: ComposedStaff) -> str:
    link = await shop.owner_link()
    assert link is not None
    return link.get_secret_value()


async def test_the_first_link_makes_the_owner(shop: ComposedStaff) -> None:
    link = await owner_link(shop)
    found = await shop.staff.look_up_link(LookUpLink(link=secret(link)))
    assert (found.kind, found.email) == ("owner", None)
    step = await shop.staff.accept_link(accepting(link, email=" Ada@Example.ORG "))
    assert step.signed_in is not None
    assert step.signed_in.email == OWNER
    assert [(one.action, one.author.id) for one in await shop.log()] == [
        ("link_made", "operator"),
        ("owner_made", OWNER),
    ]


async def test_a_link_works_once(shop: ComposedStaff) -> None:
    link = await owner_link(shop)
    await shop.staff.accept_link(accepting(link))
    with pytest.raises(LinkInvalid):
        await shop.staff.accept_link(accepting(link, email="eve@example.org"))
    assert await shop.owner_link() is None


async def test_of_many_who_use_a_link_at_once_one_becomes_the_owner(shop: ComposedStaff) -> None:
    link = await owner_link(shop)
    wanted = [accepting(link, email=f"owner{n}@example.org") for n in range(8)]
    replicas = (shop.staff, shop.other)
    outcomes: list[SignInStep | BaseException] = await asyncio.gather(
        *(replicas[n % 2].accept_link(one) for n, one in enumerate(wanted)), return_exceptions=True
    )
    assert sum(isinstance(one, SignInStep) for one in outcomes) == 1
    assert sum(isinstance(one, LinkInvalid | OwnerExists) for one in outcomes) == 7
    assert len(await shop.redis.smembers("{staff}:owners")) == 1


async def test_a_newer_link_replaces_an_older_one(shop: ComposedStaff) -> None:
    older, newer = await owner_link(shop), await owner_link(shop)
    with pytest.raises(LinkInvalid):
        await shop.staff.accept_link(accepting(older))
    await shop.staff.accept_link(accepting(newer))


async def test_a_link_ends(shop: ComposedStaff) -> None:
    link = await owner_link(shop)
    shop.later(hours=24)
    with pytest.raises(LinkInvalid):
        await shop.staff.accept_link(accepting(link))
    with pytest.raises(LinkInvalid):
        await shop.staff.look_up_link(LookUpLink(link=secret(link)))


@pytest.mark.parametrize(
    ("email", "password", "no"),
    [
        ("ada", PASSWORD, NotAnEmail),
        (OWNER, "short", WeakPassword),
        (OWNER, "aaaaaaaabbbb", WeakPassword),
        (OWNER, "I am Ada@example.org", WeakPassword),
        ("lovelace@example.org", "my lovelace password", WeakPassword),
    ],
)
async def test_a_mistake_leaves_the_link_usable(
    shop: ComposedStaff, email: str, password: str, no: type[Rejection]
) -> None:
    link = await owner_link(shop)
    with pytest.raises(no):
        await shop.staff.accept_link(accepting(link, email, password))
    await shop.staff.accept_link(accepting(link))
