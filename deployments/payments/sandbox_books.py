"""The sandbox provider's books, as if kept elsewhere: payments itself never reads them.

| key | what |
| --- | --- |
| `{payments}:sandbox:charge:<key>` | hash: outcome, amount, currency, captured, refunded |
| `{payments}:sandbox:ledger:<key>` | list: what took effect on a charge, such as `refund 250` |
| `{payments}:sandbox:used:<key>` | set: keys under which it was captured, voided, refunded |

`<key>` is the one under which the charge was authorised. The books refuse, as a bug, whatever
would take more than is held or give back more than was taken.
"""

from __future__ import annotations

from pathlib import Path
from typing import cast

from redis.asyncio import Redis

from deployments.foundation.redis.connection import script
from deployments.payments.domain.charges import Outcome

CHARGE = "{payments}:sandbox:charge:"
_LEDGER, _USED = "{payments}:sandbox:ledger:", "{payments}:sandbox:used:"


class SandboxBooks:
    """Charges and what happened to them. Every method is one round trip."""

    def __init__(self, redis: Redis) -> None:
        self._redis = redis
        self._book = script(redis, Path(__file__).parent / "lua" / "sandbox_book.lua")

    async def authorise(self, key: str, amount: int, currency: str, outcome: Outcome) -> Outcome:
        """Open a charge with this outcome; the outcome it has if it was there before."""
        return cast(Outcome, await self._run("authorise", key, key, amount, currency, outcome))

    async def outcome(self, key: str) -> Outcome | None:
        """The outcome of a charge, if there is one."""
        return cast(Outcome | None, await self._redis.hget(CHARGE + key, "outcome"))

    async def capture(self, key: str, charge: str, amount: int) -> None:
        """Take exactly what is held."""
        await self._run("capture", charge, key, amount)

    async def void(self, key: str, charge: str) -> None:
        """Let go what is held; a charge that is not there yet will be refused."""
        await self._run("void", charge, key, 0)

    async def refund(self, key: str, charge: str, amount: int) -> None:
        """Give back some of what was taken."""
        await self._run("refund", charge, key, amount)

    async def _run(self, what: str, charge: str, key: str, amount: int, *opening: str) -> object:
        keys = [CHARGE + charge, _LEDGER + charge, _USED + charge]
        return await self._book(keys=keys, args=[what, key, amount, *opening])
