"""What acknowledges an order is answered only when it is where it shall not be lost any more.

`FIELDHOUSE_ORDER_DURABILITY` says where that is. A server tells how far its disk and its replicas
have come only to the connection that wrote, so script and question travel together.

| key | what |
| --- | --- |
| `{service}:barrier`, | written after such a script, so that a repetition, which writes nothing, |
| `{orders:7}:barrier` | waits for what it repeats; 70 bytes, kept, one for each hash tag |
"""

from __future__ import annotations

from typing import Any

from redis.asyncio import Redis
from redis.asyncio.client import Pipeline
from redis.commands.core import AsyncScript
from redis.exceptions import ConnectionError as RedisConnectionError
from redis.exceptions import NoScriptError

from deployments.foundation.redis.addresses import address_of
from deployments.foundation.redis.clustered import all_moves_of, servers_of, tag_in
from deployments.foundation.values.settings import OrderDurability, revealed, settings

_WAIT_MS = 3000
"""Less than redis-py waits for a reply, and than a call between services may take."""
_QUESTIONS: dict[OrderDurability, list[str | int]] = {
    "disk": ["WAITAOF", 1, 0, _WAIT_MS],
    "replica": ["WAIT", 1, _WAIT_MS],
}


class NotKeptError(RedisConnectionError):
    """It was written, but not where it shall be: it may be lost, and is not acknowledged."""


class Promises:
    """Runs the scripts of one service that may not be lost once they are answered.

    `step` is for what a service answers to another one, and for what another server is told next.
    Where all services are on one server for good it waits for nothing: what comes after it, and is
    waited for, is after it in the server's log, too.
    """

    def __init__(self, redis: Redis, service: str, *, step: bool = False) -> None:
        self._redis, self._service = redis, service
        said = settings().order_durability
        self._question = None if step and not _several_servers() else _QUESTIONS.get(said)
        self._moves: dict[str, int] = {}

    async def run(self, script: AsyncScript, keys: list[str], args: list[Any]) -> Any:  # noqa: ANN401
        """What the script answers. Raises `NotKeptError`; to be repeated, which has no effect."""
        if self._question is None:
            return await script(keys=keys, args=args)
        try:
            return await self._ask(script, keys, args)
        except NoScriptError:
            await self._redis.script_load(script.script)
            return await self._ask(script, keys, args)

    def begin(self) -> None:
        """From now on everything is written, for `kept` to be asked about."""
        self._moves = all_moves_of(self._redis)

    async def kept(self) -> None:
        """Returns when whatever was written since `begin` is where it shall be; else
        `NotKeptError`, as when another server has taken over: it may lack some of it."""
        if self._question is None:
            return
        one_each = {server: tag for tag, server in servers_of(self._redis).items()}
        async with self._redis.pipeline(transaction=False) as pipe:
            for tag in one_each.values():
                self._put(pipe, tag or self._service)
            answers = await pipe.execute(raise_on_error=False)
        for first in range(0, len(answers), 2):
            self._check(answers[first : first + 2])
        before, self._moves = self._moves, all_moves_of(self._redis)
        for tag, moves in self._moves.items():
            if moves != before.get(tag, 0):
                now = servers_of(self._redis)[tag]
                raise NotKeptError(f"another server had some of it, and now there is {now}")

    async def _ask(self, script: AsyncScript, keys: list[str], args: list[Any]) -> Any:  # noqa: ANN401
        async with self._redis.pipeline(transaction=False) as pipe:
            pipe.evalsha(script.sha, len(keys), *keys, *args)
            self._put(pipe, tag_in(("", *keys)) or self._service)
            answer, *more = await pipe.execute(raise_on_error=False)
        if isinstance(answer, Exception):
            raise answer
        self._check(more)
        return answer

    def _put(self, pipe: Pipeline, tag: str) -> None:
        pipe.set(f"{{{tag}}}:barrier", "")
        pipe.execute_command(*self._question or ())

    def _check(self, answers: list[Any]) -> None:
        for answer in answers:
            if isinstance(answer, Exception):
                raise answer
        _, reached = answers
        got = reached if isinstance(reached, list) else [reached]
        name, *wanted, _ = self._question or [""]
        if any(have < want for have, want in zip(got, wanted, strict=True)):
            raise NotKeptError(f"{name} asked for {wanted}, and there were {got}")


def _several_servers() -> bool:
    """Whether services' keys may be on more than one server.

    Behind sentinels they may for a moment: a primary that was cut off goes on for those who are
    still connected to it, while others are at its successor.
    """
    said, url = settings(), revealed(settings().redis_url)
    return bool(said.own_redis_urls) or (url is not None and not address_of(url).is_one_server)
