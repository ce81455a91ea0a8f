"""Keys are counted by their kind, and by how long they stay."""

from __future__ import annotations

import pytest
from redis.asyncio import Redis

from commands.bench.counts.keyspace import kind_of, read_keyspace
from commands.bench.results import StoredKeys

_HOUR, _WEEK = 3600, 7 * 24 * 3600


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        ("{orders}:order:order_0b1c2d3e4f5a6b7c", "{orders}:order:*"),
        ("{inventory}:step:b0a1c2d3e4f5:reserve", "{inventory}:step:*:reserve"),
        ("{orders}:events:13", "{orders}:events:*"),
        ("{webhooks}:inbox:ad", "{webhooks}:inbox:*"),
        ("{inventory}:stock", "{inventory}:stock"),
    ],
)
def test_a_key_is_of_the_kind_that_it_is_without_ids(name: str, kind: str) -> None:
    assert kind_of(name) == kind


async def test_what_was_added_is_told_by_how_long_it_stays(admin: Redis) -> None:
    await admin.set("{carts}:cart:cart_1234567", "before")
    before = await read_keyspace(admin)
    for number in range(2):
        await admin.set(f"{{carts}}:cart:cart_765432{number}", "a day", ex=_HOUR)
        await admin.set(f"{{carts}}:inbox-free:{number}", "longer", ex=_WEEK)
    await admin.hset("{orders}:inbox:0a", "an event", "1")
    await admin.hpexpire("{orders}:inbox:0a", _WEEK * 1000, "an event")
    await admin.xadd("{orders}:events:3", {"event": "x" * 1000})
    await admin.hset("{orders}:order:order_1234567", "for", "good")
    found = (await read_keyspace(admin)).since(before, 2)
    kinds = {(one.kind, one.stays): one.keys for one in found}
    assert kinds == {
        ("{carts}:cart:*", "first day"): 1,
        ("{carts}:inbox-free:*", "a while"): 1,
        ("{orders}:inbox:*", "a while"): 0,
        ("{orders}:events:*", "a while"): 0,
        ("{orders}:order:*", "for good"): 0.5,
    }
    (stream,) = [one for one in found if one.kind == "{orders}:events:*"]
    assert stream.bytes > 500, "half of what the stream takes"


async def test_what_a_key_grows_by_is_counted_too(admin: Redis) -> None:
    await admin.set("{inventory}:stock", "x")
    before = await read_keyspace(admin)
    await admin.append("{inventory}:stock", "x" * 10_000)
    (grown,) = (await read_keyspace(admin)).since(before, 10)
    assert isinstance(grown, StoredKeys)
    assert (grown.keys, grown.stays) == (0, "for good")
    assert grown.bytes >= 1_000
