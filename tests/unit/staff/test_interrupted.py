"""A replica that dies before or after any of its commands: what it did is whole, is in the audit
log, and can be done again by whoever got no answer.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Awaitable, Callable
from contextlib import suppress
from pathlib import Path
from typing import Any

import pyotp
import pytest
from redis.asyncio import Redis

from deployments.foundation.audit.inspection import Inspection
from deployments.foundation.redis.connection import password
from deployments.foundation.rpc.rejection import Rejection
from deployments.foundation.values.authorship import STORE, Change
from deployments.staff.audit import StaffAudit
from deployments.staff.contract.account import (
    ChangePassword,
    ConfirmSecondFactor,
    StartSecondFactor,
)
from deployments.staff.contract.people import ChangePerson, GetPerson, InvitePerson
from deployments.staff.contract.sign_in import AcceptLink, SignIn, WrongCredentials
from deployments.staff.contract.tokens import CreateToken, ListTokens
from deployments.staff.service import StaffService
from tests.conftest import SECRET, ClientOf
from tests.unit.staff.composed_staff import OWNER, PASSWORD, ComposedStaff, secret

BOB, NEW = "bob@example.org", "a wholly new password"
Deed = Callable[[StaffService], Awaitable[object]]
Prepare = Callable[[ComposedStaff], Awaitable[Deed]]
MOST_COMMANDS = 6


class Died(BaseException):
    """The process is gone: nothing after this runs, no handler sees it."""


class DyingRedis(Redis):
    """A client whose process dies before or after a command that changes something or asks."""

    left: int | None = None
    after = False

    async def execute_command(self, *args: Any, **options: Any) -> Any:  # noqa: ANN401
        if self.left is None:
            return await super().execute_command(*args, **options)  # type: ignore[no-untyped-call]
        self.left -= 1
        dies = self.left == 0
        if dies and not self.after:
            raise Died
        answer = await super().execute_command(*args, **options)  # type: ignore[no-untyped-call]
        if dies:
            raise Died
        return answer


async def accepting_the_first_link(shop: ComposedStaff) -> Deed:
    link = await shop.owner_link()
    assert link is not None
    asked = AcceptLink(link=link, email=OWNER, name="Ada", password=secret(PASSWORD))
    return lambda staff: staff.accept_link(asked)


async def signing_in(shop: ComposedStaff) -> Deed:
    await shop.make_owner()
    asked = SignIn(email=OWNER, password=secret(PASSWORD))
    return lambda staff: staff.sign_in(asked)


async def changing_the_password(shop: ComposedStaff) -> Deed:
    await shop.make_owner()
    asked = ChangePassword(by=shop.owner, current=secret(PASSWORD), new=secret(NEW))
    return lambda staff: staff.change_password(asked)


async def adding_a_second_factor(shop: ComposedStaff) -> Deed:
    await shop.make_owner()
    started = await shop.staff.start_second_factor(
        StartSecondFactor(by=shop.owner, password=secret(PASSWORD))
    )
    code = pyotp.TOTP(started.secret.get_secret_value()).at(shop.now)
    asked = ConfirmSecondFactor(by=shop.owner, code=secret(code))
    return lambda staff: staff.confirm_second_factor(asked)


async def inviting(shop: ComposedStaff) -> Deed:
    await shop.make_owner()
    asked = InvitePerson(by=shop.owner, email=BOB, name="Bob", roles=("support",))
    return lambda staff: staff.invite(asked)


async def disabling(shop: ComposedStaff) -> Deed:
    await shop.make_owner()
    await shop.employ(BOB, "support")
    return lambda staff: staff.disable(shop.act(BOB))


async def giving_another_role(shop: ComposedStaff) -> Deed:
    await shop.make_owner()
    await shop.employ(BOB, "support")
    version = (await shop.staff.person(GetPerson(by=shop.owner, email=BOB))).version
    asked = ChangePerson(by=shop.owner, email=BOB, version=version, roles=("finance",))
    return lambda staff: staff.change_person(asked)


async def making_a_token(shop: ComposedStaff) -> Deed:
    await shop.make_owner()
    asked = CreateToken(by=shop.owner, name="token", scopes=("stock.read",))
    return lambda staff: staff.create_token(asked)


async def appending_an_event(shop: ComposedStaff) -> Deed:
    await shop.make_owner()
    change = Change(author=STORE, subject="catalog/price/X", action="price_changed", at=shop.now)
    return lambda staff: staff.changed("event_1", change)


ONCE: dict[Prepare, str] = {
    accepting_the_first_link: "owner_made",
    changing_the_password: "password_changed",
    adding_a_second_factor: "second_factor_added",
    inviting: "invited",
    disabling: "disabled",
    giving_another_role: "person_changed",
    appending_an_event: "price_changed",
}
"""What is in the audit log once, however often it is tried."""
DEEDS: list[Prepare] = [*ONCE, signing_in, making_a_token]


@pytest.mark.parametrize("moment", ["before", "after"])
@pytest.mark.parametrize("prepare", DEEDS, ids=lambda deed: deed.__name__)
async def test_a_replica_may_die_at_every_command(
    redis_of: ClientOf, admin: Redis, valkey_socket: Path, prepare: Prepare, moment: str
) -> None:
    deaths = 0
    for command in range(1, MOST_COMMANDS + 1):
        for key in await admin.keys("*"):
            await admin.delete(key)
        async with DyingRedis(
            unix_socket_path=str(valkey_socket),
            username="staff",
            password=password("staff", SECRET),
            decode_responses=True,
        ) as dying:
            shop = ComposedStaff(redis_of)
            doomed = ComposedStaff(lambda _: dying)
            doomed.now = shop.now
            deed = await prepare(shop)
            dying.left, dying.after = command, moment == "after"
            try:
                await deed(doomed.staff)
            except Died:
                deaths += 1
            await assert_whole(shop, prepare, deed)
            for one in (shop, doomed):
                one.close()
    assert 0 < deaths < MOST_COMMANDS


async def assert_whole(shop: ComposedStaff, prepare: Prepare, deed: Deed) -> None:
    audit = StaffAudit(shop.redis, Inspection(0))
    with suppress(Rejection):  # It was done, and cannot be done twice.
        await deed(shop.staff)
    action = ONCE.get(prepare)
    told = Counter(one.action for one in await shop.log())
    if action is not None:
        assert told[action] == 1, told
    for findings in (await audit.log(), await audit.owners()):
        assert findings.discrepancies == ()
    assert await opens(shop, PASSWORD) == (prepare is not changing_the_password)
    if prepare is making_a_token:
        made = (await shop.staff.tokens(ListTokens(by=shop.owner))).tokens
        assert len(made) == told["token_made"], "what nobody got can be seen and revoked"


async def opens(shop: ComposedStaff, password_: str) -> bool:
    """Whether the owner's password is this one."""
    try:
        await shop.sign_in(OWNER, password_)
    except WrongCredentials:
        return False
    return True
