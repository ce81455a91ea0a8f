"""What acknowledges an order is answered only when it is where it shall not be lost any more.

`FIELDHOUSE_ORDER_DURABILITY` says where that is. A server tells how far its disk and its replicas
have come only to the connection that wrote, so script and question travel together.

| key | what |
| --- | --- |
| `{service}:barrier` | written after such a script, so that a repetition, which writes nothing, |
|  | waits for what it repeats; 70 bytes, kept |
"""

from __future__ import annotations

from typing import Any

from redis.asyncio import Redis
from redis.asyncio.client import Pipeline
from redis.commands.core import AsyncScript
from redis.exceptions import ConnectionError as RedisConnectionError
from redis.exceptions import NoScriptError

from deployments.foundation.redis.addresses import address_of
from deployments.foundation.redis.following import server_of
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
        self._redis, self._barrier = redis, f"{{{service}}}:barrier"
        said = settings().order_durability
        self._question = None if step and not _several_servers() else _QUESTIONS.get(said)
        self._server: tuple[str, int] | None = None

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
        self._server = server_of(self._redis)

    async def kept(self) -> None:
        """Returns when whatever was written since `begin` is where it shall be; else
        `NotKeptError`, as when another server has taken over: it may lack some of it."""
        if self._question is None:
            return
        async with self._redis.pipeline(transaction=False) as pipe:
            self._check(await self._execute(pipe))
        before, self._server = self._server, server_of(self._redis)
        if before not in {None, self._server}:
            raise NotKeptError(f"{before} had it, and now there is {self._server}")

    async def _ask(self, script: AsyncScript, keys: list[str], args: list[Any]) -> Any:  # noqa: ANN401
        async with self._redis.pipeline(transaction=False) as pipe:
            pipe.evalsha(script.sha, len(keys), *keys, *args)
            answer, *more = await self._execute(pipe)
        if isinstance(answer, Exception):
            raise answer
        self._check(more)
        return answer

    async def _execute(self, pipe: Pipeline) -> list[Any]:
        pipe.set(self._barrier, "")
        pipe.execute_command(*self._question or ())
        return await pipe.execute(raise_on_error=False)

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
