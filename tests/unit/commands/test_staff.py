"""An operator makes the first owner, and lets in whom no owner can help."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pyotp
import pytest
from pydantic import SecretStr
from redis.asyncio import Redis

from commands.staff import new_owner_link
from deployments.staff.contract.account import ConfirmSecondFactor, StartSecondFactor
from deployments.staff.contract.sign_in import LINK_PATH, AcceptLink, LinkInvalid, LookUpLink
from tests.command_line import typed
from tests.conftest import ClientOf
from tests.unit.staff.composed_staff import (
    OWNER,
    PASSWORD,
    ComposedStaff,
    another_shop,
    secret,
    session,
)

URL = "http://127.0.0.1:8000"


@pytest.fixture(autouse=True)
def this_store(monkeypatch: pytest.MonkeyPatch, valkey_socket: Path, admin: Redis) -> None:
    """The store that commands look after is the tests'."""
    monkeypatch.setenv("REDIS_URL", f"unix://{valkey_socket}")


@pytest.fixture
async def shop(redis_of: ClientOf) -> AsyncIterator[ComposedStaff]:
    async with another_shop(redis_of) as shop:
        yield shop


def link_in(printed: str) -> SecretStr:
    (address,) = (word for word in printed.split() if LINK_PATH in word)
    assert address.startswith(URL + LINK_PATH)
    return SecretStr(address.removeprefix(URL + LINK_PATH))


async def test_the_link_makes_the_first_owner_and_no_second(shop: ComposedStaff) -> None:
    older = link_in((await typed("owner-link")).out)
    newer = link_in((await typed("owner-link")).out)
    with pytest.raises(LinkInvalid):
        await shop.staff.look_up_link(LookUpLink(link=older))
    await shop.staff.accept_link(
        AcceptLink(link=newer, email=OWNER, name="Ada", password=secret(PASSWORD))
    )
    refused = await typed("owner-link")
    assert (refused.status, "There is an owner" in refused.out) == (1, True)
    assert LINK_PATH not in refused.out


async def test_a_store_that_starts_prints_a_link_until_there_is_an_owner(
    shop: ComposedStaff,
) -> None:
    address = await new_owner_link()
    assert address is not None
    link_in(address)
    await shop.make_owner()
    assert await new_owner_link() is None


async def test_a_store_whose_redis_is_away_prints_none(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("REDIS_URL", "redis://127.0.0.1:1/0")
    assert await new_owner_link() is None


async def test_the_link_leads_to_where_the_store_is(
    shop: ComposedStaff, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("FIELDHOUSE_PORT", "8123")
    assert f"http://127.0.0.1:8123{LINK_PATH}" in (await typed("owner-link")).out
    monkeypatch.setenv("FIELDHOUSE_PUBLIC_URL", "https://shop.example")
    assert f"https://shop.example{LINK_PATH}" in (await typed("owner-link")).out


async def test_an_owner_who_has_lost_everything_is_let_in_again(shop: ComposedStaff) -> None:
    await shop.make_owner()
    started = await shop.staff.start_second_factor(
        StartSecondFactor(by=shop.owner, password=secret(PASSWORD))
    )
    code = pyotp.TOTP(started.secret.get_secret_value()).at(shop.now)
    holds = await shop.staff.confirm_second_factor(
        ConfirmSecondFactor(by=shop.owner, code=secret(code))
    )
    link = link_in((await typed("owner-link", "--for", OWNER)).out)
    assert not await shop.is_open(session(holds.signed_in))
    step = await shop.staff.accept_link(AcceptLink(link=link, password=secret("a new password")))
    assert step.signed_in is not None
    told = (await shop.log())[-2]
    assert (told.action, told.author.id) == ("reset_link_made", "operator")


async def test_nobody_is_let_in_who_is_not_known(shop: ComposedStaff) -> None:
    refused = await typed("owner-link", "--for", "eve@example.org")
    assert (refused.status, "Nobody is known" in refused.err) == (1, True)


async def test_people_are_listed_and_all_sessions_end(shop: ComposedStaff) -> None:
    assert "Nobody runs the shop yet" in (await typed("staff")).out
    await shop.make_owner()
    bob = await shop.employ("bob@example.org", "warehouse", "support")
    listed = (await typed("staff", "list")).out
    assert OWNER in listed
    assert "warehouse, support" in listed
    assert "2 people" in (await typed("staff", "end-sessions")).out
    assert [await shop.is_open(one) for one in (shop.owner, bob)] == [False, False]
    assert [one.action for one in await shop.log()][-2:] == ["sessions_ended"] * 2
