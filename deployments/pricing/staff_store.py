"""Codes in Redis, as staff see and change them: `store.py` says under which keys."""

from __future__ import annotations

from datetime import datetime
from typing import Literal, NamedTuple, cast

from redis.asyncio import Redis

from deployments.foundation.events.publishing import occasion, streams_of
from deployments.foundation.redis.connection import script
from deployments.foundation.values.ids import new_id
from deployments.pricing.contract.codes import (
    MAX_CODES_KEPT,
    CodeDocument,
    DiscountCode,
    SaveCode,
    fold,
)
from deployments.pricing.events import CodeChanged, RuleChanged
from deployments.pricing.store import (
    CODES,
    LUA,
    REDEMPTIONS,
    RULE_NAMES,
    SERVICE,
    VERSION,
    code_row,
)

_REVISIONS = "{pricing}:revisions"
_RULE_REVISIONS = "{pricing}:rule_revisions"

RuleOutcome = Literal["saved", "removed", "stale", "unknown", "full"]


class Saved(NamedTuple):
    """What became of a code, and how often it was redeemed if its limit is too low."""

    outcome: Literal["saved", "stale", "unknown", "low", "full"]
    redeemed: int = 0


class RuleSaved(NamedTuple):
    """A group or a price list as it shall be, and what is published of it.

    `most` is how many of them there may be.
    """

    id: str
    row: str
    revision: int | None
    most: int
    event: RuleChanged


class StaffPricingStore:
    """Codes of one Redis. Every change is one script."""

    def __init__(self, redis: Redis) -> None:
        self._redis = redis
        self._save = script(redis, LUA / "save_code.lua", "publish")
        self._save_rule = script(redis, LUA / "save_rule.lua", "publish")
        self._remove_rule = script(redis, LUA / "remove_rule.lua", "publish")

    async def code(self, code: str) -> CodeDocument | None:
        """A code in any spelling, as it is now."""
        folded = fold(code)
        async with self._redis.pipeline(transaction=True) as pipe:
            for key in (CODES, _REVISIONS, REDEMPTIONS):
                pipe.hget(key, folded)
            row, revision, redeemed = await pipe.execute()
        return _document(row, revision, redeemed) if row else None

    async def codes(self) -> list[CodeDocument]:
        """All codes, by name."""
        async with self._redis.pipeline(transaction=True) as pipe:
            for key in (CODES, _REVISIONS, REDEMPTIONS):
                pipe.hgetall(key)
            rows, revisions, redeemed = await pipe.execute()
        return [_document(rows[one], revisions.get(one), redeemed.get(one)) for one in sorted(rows)]

    async def save(self, request: SaveCode, event: CodeChanged, now: datetime) -> Saved:
        """Write a code; replicas see it from the next price on."""
        code = request.code
        seen = "" if request.revision is None else request.revision
        limit = "" if code.max_redemptions is None else code.max_redemptions
        words = [event.code, seen, code_row(code), limit, MAX_CODES_KEPT, new_id("rules")]
        outcome, *more = await self._save(
            keys=[VERSION, CODES, REDEMPTIONS, _REVISIONS, *streams_of(SERVICE)],
            args=[*words, event.model_dump_json(), occasion(SERVICE, now)],
        )
        return Saved(outcome, *cast(list[int], more))

    async def rules(self, key: str) -> list[tuple[str, int]]:
        """All groups or price lists that a key holds, as JSON, each with its revision, by id."""
        async with self._redis.pipeline(transaction=True) as pipe:
            pipe.hgetall(key)
            pipe.hgetall(_RULE_REVISIONS)
            rows, revisions = await pipe.execute()
        prefix = RULE_NAMES[key]
        return [(rows[id_], int(revisions.get(f"{prefix}:{id_}", 0))) for id_ in sorted(rows)]

    async def save_rule(
        self, key: str, change: RuleSaved, now: datetime
    ) -> tuple[RuleOutcome, int]:
        """Write a group or a price list; replicas see it from the next price on. The outcome, and
        the new revision if it was saved."""
        seen = "" if change.revision is None else change.revision
        words = [change.id, change.event.rule, seen, change.row, change.most, new_id("rules")]
        outcome, *more = await self._save_rule(
            keys=[VERSION, key, _RULE_REVISIONS, *streams_of(SERVICE)],
            args=[*words, change.event.model_dump_json(), occasion(SERVICE, now)],
        )
        return cast(RuleOutcome, outcome), int(more[0]) if more else 0

    async def remove_rule(
        self, key: str, id_: str, revision: int, event: RuleChanged, now: datetime
    ) -> RuleOutcome:
        """Remove a group or a price list; replicas see it from the next price on."""
        told = event.model_dump_json()
        outcome = await self._remove_rule(
            keys=[VERSION, key, _RULE_REVISIONS, *streams_of(SERVICE)],
            args=[id_, event.rule, revision, new_id("rules"), told, occasion(SERVICE, now)],
        )
        return cast(RuleOutcome, outcome)


def _document(row: str, revision: str | None, redeemed: str | None) -> CodeDocument:
    return CodeDocument(
        code=DiscountCode.model_validate_json(row),
        revision=int(revision or 0),
        redeemed=int(redeemed or 0),
    )
