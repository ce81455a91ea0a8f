"""An entry of the audit log that was removed or altered is found, and an owner who is none."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from typing import Any, cast

import pytest
from redis.asyncio import Redis

from deployments.foundation.audit.findings import Findings
from deployments.foundation.audit.inspection import Inspection
from deployments.foundation.values.authorship import Author, Change
from deployments.staff.audit import StaffAudit
from deployments.staff.audit_store import HEAD, INDEX, LOG, TAIL, AuditStore
from deployments.staff.records import Chain
from tests.conftest import ClientOf

ADA = Author(kind="person", id="ada@example.org", name="Ada", address="192.0.2.7")
TOKEN = Author(kind="token", id="token_1", name="nightly", person=ADA.id)
Damage = Callable[[Redis], Awaitable[object]]


def priced(n: int) -> Change:
    return Change(
        author=TOKEN if n % 3 else ADA,
        subject=f"catalog/price/SKU-{n}",
        action="price_changed",
        after={"price": n},
        at=datetime(2026, 6, 15, tzinfo=UTC),
    )


@pytest.fixture
async def store(redis_of: ClientOf) -> AuditStore:
    """A log of twelve entries."""
    store = AuditStore(redis_of("staff"))
    for n in range(12):
        await store.record(priced(n))
    return store


async def audited(redis_of: ClientOf) -> Findings:
    return await StaffAudit(redis_of("staff"), Inspection(0)).log()


async def rows(admin: Redis) -> list[tuple[str, dict[str, str]]]:
    return cast(Any, await admin.xrange(LOG))  # type: ignore[no-any-return]


async def test_a_whole_log_is_whole(store: AuditStore, redis_of: ClientOf) -> None:
    found = await audited(redis_of)
    assert (found.discrepancies, found.checked) == ((), {"entries": 12})
    assert "entry 12, " in found.notes[0]


async def remove(admin: Redis, place: int) -> None:
    id_, _ = (await rows(admin))[place]
    await admin.xdel(LOG, id_)


async def remove_the_first(admin: Redis) -> None:
    await remove(admin, 0)


async def remove_one_in_between(admin: Redis) -> None:
    await remove(admin, 5)


async def remove_the_last(admin: Redis) -> None:
    await remove(admin, -1)


async def remove_all(admin: Redis) -> None:
    await admin.delete(LOG)


@pytest.mark.parametrize(
    "damage", [remove_the_first, remove_one_in_between, remove_the_last, remove_all]
)
async def test_a_removed_entry_shows(
    store: AuditStore, redis_of: ClientOf, admin: Redis, damage: Damage
) -> None:
    await damage(admin)
    found = {one.rule for one in (await audited(redis_of)).discrepancies}
    assert found == {"entries_missing", "index_differs"}


async def rewrite(admin: Redis, place: int, **fields: str) -> None:
    """Other fields for an entry, and all after it as they were."""
    kept = await rows(admin)
    kept[place][1].update(fields)
    await admin.delete(LOG)
    for id_, entry in kept:
        await admin.xadd(LOG, cast(Any, entry), id=id_)


async def alter_a_change(admin: Redis) -> None:
    await rewrite(admin, 4, change=priced(98).model_dump_json())


async def alter_the_last_change(admin: Redis) -> None:
    await rewrite(admin, -1, change=priced(98).model_dump_json())


async def alter_a_hash(admin: Redis) -> None:
    await rewrite(admin, 4, hash="0" * 40)


@pytest.mark.parametrize("damage", [alter_a_change, alter_the_last_change, alter_a_hash])
async def test_an_altered_entry_shows(
    store: AuditStore, redis_of: ClientOf, admin: Redis, damage: Damage
) -> None:
    await damage(admin)
    found = {one.rule for one in (await audited(redis_of)).discrepancies}
    assert found == {"entry_altered"}


async def test_an_entry_that_is_swapped_for_another_shows(
    store: AuditStore, redis_of: ClientOf, admin: Redis
) -> None:
    kept = await rows(admin)
    await rewrite(admin, 4, change=kept[5][1]["change"], hash=kept[5][1]["hash"])
    assert (await audited(redis_of)).discrepancies


async def test_a_head_that_was_set_back_shows(
    store: AuditStore, redis_of: ClientOf, admin: Redis
) -> None:
    _, entry = (await rows(admin))[-2]
    await remove(admin, -1)
    await admin.hset(HEAD, mapping={"number": entry["number"], "hash": entry["hash"]})
    found = await audited(redis_of)
    assert [one.rule for one in found.discrepancies] == ["index_differs"]
    assert "entry 11, " in found.notes[0], "who has noted the end knows that entry 12 is gone"


async def test_an_entry_that_is_not_indexed_shows(
    store: AuditStore, redis_of: ClientOf, admin: Redis
) -> None:
    await admin.zremrangebyrank(INDEX, 0, 0)
    found = await audited(redis_of)
    assert [one.rule for one in found.discrepancies] == ["index_differs"]


async def test_what_was_let_go_is_not_missing(
    store: AuditStore, redis_of: ClientOf, admin: Redis
) -> None:
    kept = await rows(admin)
    until = datetime.fromtimestamp((int(kept[-1][0].partition("-")[0]) + 1) / 1000, UTC)
    assert await store.trim(datetime.fromtimestamp(1, UTC)) == 0
    assert await store.trim(until) == 12
    assert (await rows(admin), await admin.zcard(INDEX)) == ([], 0)
    await store.record(priced(12))
    assert (await audited(redis_of)).discrepancies == ()
    assert (await rows(admin))[0][1]["number"] == "13"
    await admin.hset(TAIL, "number", "11")
    assert [one.rule for one in (await audited(redis_of)).discrepancies] == ["entries_missing"]


async def test_a_log_that_goes_on_while_it_is_read_is_whole(
    store: AuditStore, redis_of: ClientOf
) -> None:
    class Busy(StaffAudit):
        """Somebody changes something between the ends and the entries."""

        async def _chain(self) -> Findings:
            chain = await self._records.chain()
            await store.record(priced(100))
            self._records.chain = lambda: _again(chain)  # type: ignore[method-assign]
            return await super()._chain()

    found = await Busy(redis_of("staff"), Inspection(0)).log()
    assert (found.discrepancies, found.checked) == ((), {"entries": 12})


async def _again(chain: Chain) -> Chain:
    return chain


async def test_an_owner_who_is_none_shows(redis_of: ClientOf, admin: Redis) -> None:
    await admin.sadd("{staff}:owners", "eve@example.org")
    found = await StaffAudit(redis_of("staff"), Inspection(0)).owners()
    assert [(one.rule, one.keys) for one in found.discrepancies] == [
        ("owner_differs", ("eve@example.org",))
    ]
