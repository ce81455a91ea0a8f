"""Passwords are hashed beside the event loop, a bounded number of them at once."""

from __future__ import annotations

import asyncio

import pytest
from argon2 import PasswordHasher

from deployments.staff.contract.credentials import Origin
from deployments.staff.contract.sign_in import SignInsBusy
from deployments.staff.passwords import HASHER, MOST_WAITING, Passwords
from tests.eventually import eventually
from tests.unit.staff.composed_staff import CHEAP, OWNER, PASSWORD, ComposedStaff, secret
from tests.unit.staff.slow_hasher import SlowHasher

MIB = 1024


def test_a_password_takes_what_it_should() -> None:
    assert (HASHER.memory_cost, HASHER.time_cost, HASHER.parallelism) == (19 * MIB, 2, 1)
    assert HASHER.type.name == "ID"


async def test_a_crowd_takes_the_memory_of_two() -> None:
    slow = SlowHasher()
    passwords, kept = Passwords(slow), slow.hash(PASSWORD)
    waiting = [
        asyncio.create_task(passwords.verify(kept, secret(PASSWORD), known=n % 2 == 0))
        for n in range(20)
    ]

    async def two() -> bool:
        return slow.inside == 2

    await eventually(two)
    slow.go.set()
    assert await asyncio.gather(*waiting) == [True] * 20
    assert slow.most == 2
    passwords.close()


async def test_a_flood_of_strangers_is_refused_and_keeps_nobody_out() -> None:
    slow = SlowHasher()
    passwords, kept = Passwords(slow), slow.hash(PASSWORD)
    strangers = [
        asyncio.create_task(passwords.verify(kept, secret("guessed"), known=False))
        for _ in range(MOST_WAITING + 1)
    ]

    async def one() -> bool:
        return slow.inside == 1

    await eventually(one)
    with pytest.raises(SignInsBusy):
        await passwords.verify(kept, secret("guessed"), known=False)
    known = asyncio.create_task(passwords.verify(kept, secret(PASSWORD), known=True))
    slow.go.set()
    assert await known
    assert await asyncio.gather(*strangers) == [False] * (MOST_WAITING + 1)
    assert not await passwords.verify(kept, secret("guessed"), known=False), "there is room again"
    passwords.close()


async def test_who_leaves_while_his_password_is_checked_leaves_no_room() -> None:
    slow = SlowHasher()
    passwords, kept = Passwords(slow), slow.hash(PASSWORD)
    left = [
        asyncio.create_task(passwords.verify(kept, secret("guessed"), known=False))
        for _ in range(MOST_WAITING + 1)
    ]

    async def one() -> bool:
        return slow.inside == 1

    await eventually(one)
    for task in left:
        task.cancel()
    await asyncio.wait(left)
    with pytest.raises(SignInsBusy):
        await passwords.verify(kept, secret("guessed"), known=False)
    slow.go.set()
    passwords.close()


async def test_nobodys_password_is_checked_like_somebodys() -> None:
    passwords = Passwords(CHEAP)
    assert not await passwords.verify(None, secret("nobody"), known=False)
    assert not await passwords.verify("no hash at all", secret("nobody"), known=False)
    passwords.close()


async def test_a_hash_of_too_little_effort_is_made_anew_at_the_next_sign_in(
    owned: ComposedStaff,
) -> None:
    key = f"{{staff}}:credentials:{OWNER}"
    weak = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1, hash_len=16)
    await owned.redis.hset(key, "password", weak.hash(PASSWORD))
    assert (await owned.sign_in(origin=Origin())).signed_in is not None
    kept = await owned.redis.hget(key, "password")
    assert not CHEAP.check_needs_rehash(str(kept))
    assert (await owned.sign_in()).signed_in is not None
