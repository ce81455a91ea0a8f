"""Signing in with a password, and what a session is good for."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pyotp
import pytest
from pydantic import SecretStr
from redis.asyncio import Redis

from deployments.staff.contract.account import (
    ChangePassword,
    ConfirmSecondFactor,
    StartSecondFactor,
)
from deployments.staff.contract.credentials import Authorise, Credential, Origin
from deployments.staff.contract.sign_in import (
    EndSessions,
    ListSessions,
    SignedIn,
    SignIn,
    SignInStep,
    SignOut,
    StaffSessionNotFound,
    TooManyAttempts,
    WrongCredentials,
)
from deployments.staff.domain.sign_in import (
    BY_ACCOUNT,
    BY_ADDRESS,
    FORGOTTEN,
    IDLE,
    LONGEST,
    MOST_SESSIONS,
)
from tests.conftest import ClientOf
from tests.eventually import eventually
from tests.unit.staff.composed_staff import (
    HOME,
    OWNER,
    PASSWORD,
    ComposedStaff,
    another_shop,
    secret,
    session,
)
from tests.unit.staff.slow_hasher import SlowHasher

ELSEWHERE = "198.51.100.9"


async def signed_in(shop: ComposedStaff) -> SignedIn:
    step = await shop.sign_in()
    assert step.signed_in is not None
    return step.signed_in


async def test_whoever_knows_the_password_gets_a_session(owned: ComposedStaff) -> None:
    opened = await signed_in(owned)
    who = await owned.may(session(opened), "staff.change")
    assert (who.email, who.roles, who.author.address) == (OWNER, ("owner",), HOME)
    assert who.until == opened.until.replace(microsecond=opened.until.microsecond // 1000 * 1000)


@pytest.mark.parametrize(
    ("email", "password"),
    [(OWNER, "wrong horse"), ("eve@example.org", PASSWORD), (OWNER, "")],
)
async def test_nobody_else_does(owned: ComposedStaff, email: str, password: str) -> None:
    with pytest.raises(WrongCredentials):
        await owned.sign_in(email, password)


async def test_an_address_is_the_same_in_capitals(owned: ComposedStaff) -> None:
    assert (await owned.sign_in(" ADA@example.ORG ")).signed_in is not None


@pytest.mark.parametrize("secret_", ["", "guessed"])
async def test_a_guess_is_no_session(owned: ComposedStaff, secret_: str) -> None:
    assert not await owned.is_open(Credential(session=SecretStr(secret_)))
    assert not await owned.is_open(Credential())


async def test_each_sign_in_opens_another_session(owned: ComposedStaff) -> None:
    first, second = await signed_in(owned), await signed_in(owned)
    assert first.session != second.session
    assert await owned.is_open(session(first))
    assert await owned.is_open(session(second))


async def test_a_session_ends_when_it_is_not_used(owned: ComposedStaff) -> None:
    opened = session(await signed_in(owned))
    for _ in range(3):
        owned.later(seconds=IDLE.total_seconds() - 61)
        assert await owned.is_open(opened)
    owned.now += IDLE
    assert not await owned.is_open(opened)


async def test_a_session_ends_in_any_case(owned: ComposedStaff) -> None:
    opened, began = session(await signed_in(owned)), owned.now
    while owned.now + IDLE / 2 < began + LONGEST:
        owned.now += IDLE / 2
        assert await owned.is_open(opened)
    owned.now = began + LONGEST
    assert not await owned.is_open(opened)


async def test_whoever_signs_out_is_out_everywhere_the_session_was(owned: ComposedStaff) -> None:
    opened, kept = await signed_in(owned), await signed_in(owned)
    for _ in range(2):
        await owned.staff.sign_out(SignOut(session=opened.session))
    assert not await owned.is_open(session(opened))
    assert await owned.is_open(session(kept))
    assert [one.action for one in await owned.log()].count("signed_out") == 1


async def test_ones_own_sessions_are_listed_and_ended(owned: ComposedStaff) -> None:
    here, there = session(await signed_in(owned)), session(await signed_in(owned))
    listed = (await owned.staff.sessions(ListSessions(by=here))).sessions
    assert len(listed) == 3
    (current,) = (one for one in listed if one.current)
    assert current.address == HOME
    other = (await owned.may(there)).session_id
    await owned.staff.end_sessions(EndSessions(by=here, session_id=other))
    assert not await owned.is_open(there)
    with pytest.raises(StaffSessionNotFound):
        await owned.staff.end_sessions(EndSessions(by=here, session_id=other))
    await owned.staff.end_sessions(EndSessions(by=here))
    assert not await owned.is_open(owned.owner)
    assert await owned.is_open(here)


async def test_a_person_has_a_bounded_number_of_sessions(owned: ComposedStaff) -> None:
    for _ in range(MOST_SESSIONS):
        owned.later(seconds=1)
        await signed_in(owned)
    assert not await owned.is_open(owned.owner), "the oldest is still open"
    here = session(await signed_in(owned))
    assert len((await owned.staff.sessions(ListSessions(by=here))).sessions) == MOST_SESSIONS


async def fail(shop: ComposedStaff, origin: Origin, email: str = OWNER) -> bool:
    """Whether a wrong password was even looked at."""
    try:
        await shop.sign_in(email, "a wrong password", origin)
    except WrongCredentials:
        return True
    except TooManyAttempts:
        return False
    raise AssertionError


async def test_guessing_is_slowed_down_however_many_guess_at_once(owned: ComposedStaff) -> None:
    strangers = [Origin(address=f"198.51.100.{n}") for n in range(60)]
    looked_at = await asyncio.gather(*(fail(owned, one) for one in strangers))
    assert sum(looked_at) == BY_ACCOUNT.free + 1
    with pytest.raises(TooManyAttempts) as told:
        await owned.sign_in()
    assert told.value.seconds == 1
    owned.later(seconds=2)
    assert await fail(owned, strangers[0])
    owned.later(seconds=1)
    assert not await fail(owned, strangers[1]), "the pause did not grow"
    owned.now += BY_ACCOUNT.longest
    assert await fail(owned, strangers[2])


async def test_who_guesses_locks_nobody_out(owned: ComposedStaff) -> None:
    """Neither a session that is open nor a device that is known is slowed down by strangers."""
    known = (await signed_in(owned)).device
    for _ in range(BY_ACCOUNT.free + 1):
        await fail(owned, Origin(address=HOME))
    with pytest.raises(TooManyAttempts):
        await owned.sign_in()
    assert await owned.is_open(owned.owner)
    step = await owned.sign_in(origin=Origin(address=HOME, device=known))
    assert step.signed_in is not None


async def test_a_known_device_is_slowed_down_by_itself(owned: ComposedStaff) -> None:
    known = (await signed_in(owned)).device
    origin = Origin(address=HOME, device=known)
    looked_at = [await fail(owned, origin) for _ in range(BY_ACCOUNT.free + 3)]
    assert sum(looked_at) == BY_ACCOUNT.free + 1
    assert (await owned.sign_in()).signed_in is not None, "others wait for the device"


async def test_a_pause_is_a_quarter_of_an_hour_at_most(owned: ComposedStaff) -> None:
    for _ in range(BY_ACCOUNT.free + 20):
        await fail(owned, Origin())
        owned.now += BY_ACCOUNT.longest
    await fail(owned, Origin())
    with pytest.raises(TooManyAttempts) as told:
        await owned.sign_in(origin=Origin())
    assert told.value.seconds == BY_ACCOUNT.longest.total_seconds()


async def test_attempts_are_forgotten_by_the_server(owned: ComposedStaff, admin: Redis) -> None:
    await fail(owned, Origin(address=HOME))
    counters = await admin.keys("{staff}:attempts:*")
    assert len(counters) == 2
    for one in counters:
        assert 0 < await admin.pttl(one) <= FORGOTTEN.total_seconds() * 1000 + 1


async def test_a_device_of_somebody_else_is_not_known(owned: ComposedStaff) -> None:
    for _ in range(BY_ACCOUNT.free + 1):
        await fail(owned, Origin(address=HOME))
    with pytest.raises(TooManyAttempts):
        await owned.sign_in(origin=Origin(address=HOME, device=secret("guessed")))


async def test_an_address_that_guesses_at_many_accounts_is_slowed_down(
    owned: ComposedStaff,
) -> None:
    async def guess(n: int) -> bool:
        return await fail(owned, Origin(address=ELSEWHERE), f"person{n}@example.org")

    assert sum([await guess(n) for n in range(30)]) == BY_ADDRESS.free + 1
    assert (await owned.sign_in()).signed_in is not None


async def test_colleagues_behind_one_address_do_not_slow_each_other_down(
    owned: ComposedStaff,
) -> None:
    known = (await signed_in(owned)).device
    for n in range(BY_ADDRESS.free + 5):
        origin = Origin(address=HOME, device=known if n % 2 else None)
        assert (await owned.sign_in(origin=origin)).signed_in is not None

    async def guess(n: int) -> bool:
        return await fail(owned, Origin(address=HOME), f"person{n}@example.org")

    assert sum([await guess(n) for n in range(30)]) == BY_ADDRESS.free + 1, "they made room"


async def test_a_success_takes_the_attempts_back(owned: ComposedStaff) -> None:
    for _ in range(3):
        for _ in range(BY_ACCOUNT.free - 1):
            await fail(owned, Origin())
        assert (await owned.sign_in(origin=Origin())).signed_in is not None


async def test_what_was_asked_is_in_the_log_and_nothing_that_is_secret(
    owned: ComposedStaff,
) -> None:
    opened = await signed_in(owned)
    assert [one.action for one in await owned.log()] == ["link_made", "owner_made", "signed_in"]
    text = repr(await owned.log())
    for one in (PASSWORD, opened.session.get_secret_value(), opened.device.get_secret_value()):
        assert one not in text


async def test_a_replica_that_comes_later_knows_the_sessions(owned: ComposedStaff) -> None:
    opened = session(await signed_in(owned))
    for replica in (owned.staff, owned.other):
        assert await replica.authorise(Authorise(by=opened, permission="account.own"))


async def test_a_password_is_taken_as_it_is(owned: ComposedStaff) -> None:
    with pytest.raises(WrongCredentials):
        await owned.staff.sign_in(SignIn(email=OWNER, password=secret(f" {PASSWORD}")))


@asynccontextmanager
async def password_under_check(shop: ComposedStaff) -> AsyncIterator[asyncio.Task[SignInStep]]:
    """A sign-in whose password is being looked at; it goes on when the block ends."""
    slow = SlowHasher()
    shop.slow_down(slow)
    signing_in = asyncio.create_task(shop.sign_in())

    async def is_checked() -> bool:
        return slow.inside == 1

    try:
        await eventually(is_checked)
        yield signing_in
    finally:
        slow.go.set()


async def test_a_password_that_is_changed_while_it_is_checked_opens_nothing(
    owned: ComposedStaff,
) -> None:
    async with password_under_check(owned) as signing_in:
        await owned.other.change_password(
            ChangePassword(by=owned.owner, current=secret(PASSWORD), new=secret("another password"))
        )
    with pytest.raises(WrongCredentials):
        await signing_in


async def test_a_second_factor_that_is_added_while_the_password_is_checked_is_asked_for(
    owned: ComposedStaff,
) -> None:
    started = await owned.other.start_second_factor(
        StartSecondFactor(by=owned.owner, password=secret(PASSWORD))
    )
    async with password_under_check(owned) as signing_in:
        code = pyotp.TOTP(started.secret.get_secret_value()).at(owned.now)
        await owned.other.confirm_second_factor(
            ConfirmSecondFactor(by=owned.owner, code=secret(code))
        )
    step = await signing_in
    assert step.signed_in is None
    assert step.challenge is not None


async def test_what_becomes_of_attempts_is_counted(redis_of: ClientOf) -> None:
    async with another_shop(redis_of) as shop:
        await shop.make_owner()
        await shop.sign_in()
        for _ in range(BY_ACCOUNT.free + 2):
            await fail(shop, Origin())
        assert shop.meter.counters["fieldhouse_sign_ins_total"].series == {
            ("done",): 1,
            ("wrong_credentials",): BY_ACCOUNT.free + 1,
            ("too_many_attempts",): 1,
        }
