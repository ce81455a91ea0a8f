"""A process that groups orders and is killed in its midst."""

from __future__ import annotations

from typing import Any

from redis.asyncio import Redis
from redis.asyncio.client import Pipeline

READS = {"DUMP", "EXISTS", "GET", "HGET", "PEXPIRETIME", "SCAN", "XRANGE", "ZSCAN"}


class DiedError(Exception):
    """The process was killed here."""


class MortalRedis(Redis):
    """A client of a process that is killed after so many writes, be it within a pipeline."""

    writes = 0
    lives = 1_000_000

    async def execute_command(self, *args: Any, **options: Any) -> Any:  # noqa: ANN401
        """One command, or death before it."""
        if self._may_write([args]):
            return await super().execute_command(*args, **options)  # type: ignore[no-untyped-call]
        raise DiedError

    def pipeline(self, transaction: bool = True, shard_hint: Any = None) -> Pipeline:  # noqa: ANN401, FBT001
        """One of which only so much is sent."""
        pipe = super().pipeline(transaction, shard_hint)
        execute = pipe.execute

        async def die(raise_on_error: bool = True) -> list[Any]:  # noqa: FBT001
            stack: list[Any] = list(pipe.command_stack)
            sent = self._may_write([args for args, _ in stack])
            pipe.command_stack = stack[:sent]
            answers = await execute(raise_on_error)
            if sent < len(stack):
                raise DiedError
            return answers

        pipe.execute = die  # type: ignore[method-assign]
        return pipe

    def _may_write(self, commands: list[tuple[Any, ...]]) -> int:
        """How many of the commands it lives to send."""
        for sent, (name, *_) in enumerate(commands):
            if name not in READS and self.writes == self.lives:
                return sent
            self.writes += name not in READS
        return len(commands)
