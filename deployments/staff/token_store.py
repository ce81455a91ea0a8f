"""API tokens in Redis. The keys are in `store.py`."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import datetime
from typing import Any, Literal, NamedTuple, cast

from redis.asyncio import Redis

from deployments.foundation.redis.connection import script
from deployments.foundation.values.authorship import Change
from deployments.staff.contract.people import Person
from deployments.staff.contract.tokens import MOST_TOKENS, Token
from deployments.staff.store import LUA, PRELUDES, arguments, entry_of, milliseconds, moment

_SCRIPTS = ("create_token", "use_token", "revoke_token")
TokenOutcome = Literal["done", "disabled", "full"]


class StandingToken(NamedTuple):
    """A token that is not over, and whose it is. `scopes` are what it was made for."""

    id: str
    name: str
    scopes: tuple[str, ...]
    until: datetime
    person: Person


class TokenStore:
    """Tokens of one Redis. Methods are one round trip, unless they say otherwise."""

    def __init__(self, redis: Redis) -> None:
        self._redis = redis
        self._scripts = {name: script(redis, LUA / f"{name}.lua", *PRELUDES) for name in _SCRIPTS}

    async def create(self, token: Token, hash_: str, change: Change) -> TokenOutcome:
        """Keep a token for its maker."""
        asked = {
            "token": {
                "hash": hash_,
                "id": token.id,
                "name": token.name,
                "person": token.person,
                "scopes": json.dumps(token.scopes),
                "at": milliseconds(token.created_at),
                "ends_at": milliseconds(token.until),
            },
            "most": MOST_TOKENS,
            "entry": entry_of(change),
        }
        return cast(TokenOutcome, await self._run("create_token", asked))

    async def use(self, hash_: str, now: datetime) -> StandingToken | None:
        """The token with this hash, used now; none if there is none, or it is over."""
        asked = {"token": hash_, "now": milliseconds(now)}
        found = cast(list[str] | None, await self._run("use_token", asked))
        if not found:
            return None
        id_, name, scopes, until, person = found
        known = Person.model_validate_json(person)
        return StandingToken(id_, name, tuple(json.loads(scopes)), moment(until), known)

    async def of_person(self, email: str, now: datetime) -> list[Token]:
        """A person's tokens, the newest first; in two round trips."""
        hashes = await cast(Any, self._redis.hvals(f"{{staff}}:tokens:{email}"))
        async with self._redis.pipeline(transaction=False) as pipe:
            for hash_ in hashes:
                pipe.hgetall(f"{{staff}}:token:{hash_}")
            found = await pipe.execute()
        tokens = (_token(fields) for fields in found if fields)
        standing = (one for one in tokens if one.until > now)
        return sorted(standing, key=lambda one: (one.created_at, one.id), reverse=True)

    async def revoke(self, email: str, id_: str, change: Change) -> bool:
        """End a token of a person; whether there was one."""
        asked = {"email": email, "id": id_, "entry": entry_of(change)}
        return bool(await self._run("revoke_token", asked))

    async def _run(self, name: str, asked: Mapping[str, object]) -> object:
        return await self._scripts[name](args=[arguments(asked)])


def _token(fields: Mapping[str, str]) -> Token:
    used_at = fields.get("used_at")
    return Token(
        id=fields["id"],
        name=fields["name"],
        person=fields["person"],
        scopes=json.loads(fields["scopes"]),
        created_at=moment(fields["created_at"]),
        until=moment(fields["ends_at"]),
        used_at=moment(used_at) if used_at else None,
    )
