"""A client of a cluster: each command goes to the node that has the slot of its first key.

All keys of a command, a script or a `MULTI` carry one hash tag, so that each is whole on one node.
Other pipelines are split by tag, and their parts sent at the same time. A tag has connections of
its own, which follow its slot (`following.py`). What names no key goes along with what stands
before it in its pipeline, such as a `WAIT`, and else to the tag that the client was made for.
"""

from __future__ import annotations

import asyncio
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

from redis.asyncio import ConnectionPool, Redis
from redis.asyncio.client import Pipeline
from redis.exceptions import RedisError

from deployments.foundation.redis.addresses import HostAndPort
from deployments.foundation.redis.following import moves_of, server_of
from deployments.foundation.redis.measured import MeasuredRedis, RedisMetrics

_TAG = re.compile(r"\{([^{}\s\"]+)\}")
_Command = tuple[tuple[str | bytes, ...], Mapping[str, Any]]


class SeveralPartitionsError(RedisError):
    """What must be atomic has keys with several hash tags: a mistake in the program."""


class ClusteredRedis(MeasuredRedis):
    """Connections to all nodes on which keys with any hash tag are."""

    def __init__(self, tag: str, pool_of: Callable[[str], ConnectionPool]) -> None:
        """A client for keys with this tag above all; `pool_of` makes the connections of a tag."""
        super().__init__(connection_pool=pool_of(tag))
        self.auto_close_connection_pool = True
        self._tag, self._pool_of = tag, pool_of
        self._of_tags: dict[str, MeasuredRedis] = {}

    def of_tag(self, tag: str) -> MeasuredRedis | None:
        """The client for keys with another tag; none if they are where this one's are."""
        if tag == self._tag:
            return None
        if tag not in self._of_tags:
            client = MeasuredRedis(connection_pool=self._pool_of(tag))
            client.auto_close_connection_pool = True
            if self._metrics is not None:
                client.measure(self._metrics)
            self._of_tags[tag] = client
        return self._of_tags[tag]

    def clients(self) -> dict[str, Redis]:
        """The clients of all tags that were asked for."""
        return {self._tag: self, **self._of_tags}

    def measure(self, metrics: RedisMetrics) -> None:
        """Count from now on."""
        super().measure(metrics)
        for client in self._of_tags.values():
            client.measure(metrics)

    async def execute_command(self, *args: Any, **options: Any) -> Any:  # noqa: ANN401
        """One command. A script is loaded wherever it may be run."""
        if args[0] == "SCRIPT LOAD":
            for each in self._of_tags.values():
                await each.execute_command(*args, **options)
            return await super().execute_command(*args, **options)
        tag = tag_in(args)
        client = None if tag is None else self.of_tag(tag)
        if client is None:
            return await super().execute_command(*args, **options)
        return await client.execute_command(*args, **options)

    def pipeline(self, transaction: bool = True, shard_hint: str | None = None) -> Pipeline:  # noqa: FBT001
        """A pipeline; one that is a transaction takes keys with one tag."""
        pipe = _SplitPipeline(
            self.connection_pool, self.response_callbacks, transaction, shard_hint
        )
        pipe.redis = self
        return pipe

    def part(self, tag: str | None, *, transaction: bool) -> Pipeline:
        """A pipeline whose keys have one tag."""
        client = None if tag is None else self.of_tag(tag)
        if client is None:
            return super().pipeline(transaction)
        return client.pipeline(transaction)

    async def aclose(self, close_connection_pool: bool | None = None) -> None:  # noqa: FBT001
        """Close all connections."""
        for client in self._of_tags.values():
            await client.aclose()
        await super().aclose(close_connection_pool)


class _SplitPipeline(Pipeline):
    redis: ClusteredRedis

    async def execute(self, raise_on_error: bool = True) -> list[Any]:  # noqa: FBT001
        commands: list[_Command] = list(self.command_stack)
        atomic = bool(self.is_transaction or self.explicit_transaction)
        places = _by_tag(commands)
        if atomic and len(places) > 1:
            raise SeveralPartitionsError(
                f"a transaction of keys with tags {sorted(map(str, places))}"
            )
        pipes = [self._part(tag, [commands[n] for n in at], atomic) for tag, at in places.items()]
        await self.reset()  # type: ignore[no-untyped-call]
        found = await asyncio.gather(
            *(pipe.execute(raise_on_error) for pipe in pipes), return_exceptions=True
        )
        answers: list[Any] = [None] * len(commands)
        for at, part in zip(places.values(), found, strict=True):
            if isinstance(part, BaseException):
                raise part
            for n, answer in zip(at, part, strict=True):
                answers[n] = answer
        return answers

    def _part(self, tag: str | None, commands: list[_Command], atomic: bool) -> Pipeline:  # noqa: FBT001
        pipe = self.redis.part(tag, transaction=atomic)
        pipe.command_stack, pipe.scripts = commands, set(self.scripts)
        return pipe


def _by_tag(commands: Sequence[_Command]) -> dict[str | None, list[int]]:
    """The numbers of the commands, by the tag of their keys."""
    tags = [tag_in(args) for args, _ in commands]
    tag = next((each for each in tags if each is not None), None)
    places: dict[str | None, list[int]] = {}
    for n, own in enumerate(tags):
        tag = own or tag
        places.setdefault(tag, []).append(n)
    return places


def tag_in(command: Sequence[Any]) -> str | None:
    """The hash tag of a command's first key: its first word that begins with one."""
    words = (_TAG.match(word) for word in command[1:] if isinstance(word, str))
    return next((found[1] for found in words if found), None)


def by_slot(redis: Redis, keys: Iterable[str]) -> list[list[str]]:
    """Keys in groups that one command may take: all in one, unless the server is a cluster."""
    groups: dict[str | None, list[str]] = {}
    for key in keys:
        tag = tag_in(("", key)) if isinstance(redis, ClusteredRedis) else None
        groups.setdefault(tag, []).append(key)
    return list(groups.values())


def clients_of(redis: Redis, tags: Iterable[str]) -> list[Redis]:
    """The clients for keys with these hash tags, in braces: one, unless the server is a cluster."""
    if not isinstance(redis, ClusteredRedis):
        return [redis]
    return [redis.of_tag(tag[1:-1]) or redis for tag in tags]


def servers_of(redis: Redis) -> dict[str, HostAndPort | None]:
    """The servers that a client's connections go to now, by hash tag; none if it never changes."""
    return {tag: server_of(client) for tag, client in _clients(redis).items()}


def all_moves_of(redis: Redis) -> dict[str, int]:
    """How often the keys with each hash tag were found on another server than before."""
    return {tag: moves_of(client) for tag, client in _clients(redis).items()}


def _clients(redis: Redis) -> dict[str, Redis]:
    return redis.clients() if isinstance(redis, ClusteredRedis) else {"": redis}
