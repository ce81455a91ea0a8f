"""Staff's state in Redis: its keys, and people with what belongs to them.

| key | what |
| --- | --- |
| `{staff}:people` | hash: email → the person (JSON); for good |
| `{staff}:owners` | set: the emails of active owners |
| `{staff}:credentials:<email>` | hash: password (argon2id), totp, totp_step; for good |
| `{staff}:recovery:<email>` | set: hashes of recovery codes that were not used; 10 at most |
| `{staff}:authenticator:<email>` | the secret of one that was not confirmed; 10 minutes |
| `{staff}:devices:<email>` | hash: device → until when it counts as known; 20 at most, 90 days |
| `{staff}:sessions:<email>` | hash: session's id → its hash; 20 at most |
| `{staff}:session:<hash>` | hash: a session; until it ends, 12 hours at most |
| `{staff}:challenge:<hash>` | hash: email, version, ends_at, tries, network; 5 minutes |
| `{staff}:tokens:<email>` | hash: token's id → its hash; 20 at most |
| `{staff}:token:<hash>` | hash: an API token; until it ends, a year at most |
| `{staff}:link:<hash>` | a one-time link (JSON); 72 hours at most |
| `{staff}:link-of:<email>`, `{staff}:owner-link` | the hash of that link; as long |
| `{staff}:attempts:<counter>` | hash: count, next_at, of each account, device, address; 24 hours |
| `{staff}:audit:log` | stream: entries of the audit log, each with number, change and hash |
| `{staff}:audit:index` | sorted set: an author, a subject or an action, and the entry's id |
| `{staff}:audit:head` | hash: number and hash of the last entry |
| `{staff}:audit:tail` | hash: number and hash of the last entry that was let go |

Measured on Valkey 9.1: a person who has come in takes 3.1 KB and four keys, with a session, a
device and two entries of the audit log; a further session or a token, with its entry, 1.2 KB and a
key. An entry of a changed price takes 700 bytes and no key (430 in the log, 340 in the index), and
100 for 30 days in the inbox. An entry has 15 KB at most, and goes after FIELDHOUSE_AUDIT_DAYS.

What opens something is kept as a hash alone: whoever reads all keys can open no session, and use no
token, link or recovery code. An authenticator's secret cannot be kept so.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Literal, cast

from pydantic import SecretStr
from redis.asyncio import Redis

from deployments.foundation.redis.connection import script
from deployments.foundation.values.authorship import Change
from deployments.foundation.values.message import readable
from deployments.staff.contract.people import MOST_PEOPLE, Person
from deployments.staff.contract.sign_in import Link, LinkKind
from deployments.staff.domain.audit_log import digest
from deployments.staff.domain.secrets import hashed
from deployments.staff.domain.sign_in import LINK_LASTS, MOST_SESSIONS

SERVICE = "staff"
PEOPLE = "{staff}:people"
OWNERS = "{staff}:owners"
UNCONFIRMED_SECONDS = 600
LUA = Path(__file__).parent / "lua"
PRELUDES = tuple(LUA / name for name in ("keys", "audit_log", "sessions", "tokens", "links"))
Outcome = Literal["done", "stale", "full", "has_owner", "last_owner", "no_link"]


@dataclass(frozen=True)
class Opening:
    """A session to open, and the device that it is opened from; both without their secrets."""

    session: Mapping[str, str]
    device: Mapping[str, str]


@dataclass(frozen=True)
class PersonChange:
    """A person to be written as `person`, if the one that is there has the version before it.

    `link` is the hash of a link that this uses up; `forgotten` are credentials that go;
    `recovery_codes` are hashes of codes that take the place of all before.
    """

    person: Person
    change: Change
    credentials: Mapping[str, str] = field(default_factory=dict)
    forgotten: tuple[str, ...] = ()
    recovery_codes: tuple[str, ...] | None = None
    link: str | None = None
    new_link: Mapping[str, str] | None = None
    first_owner: bool = False
    end_sessions: bool = False
    kept_session: str | None = None
    end_tokens: bool = False
    end_links: bool = False
    end_devices: bool = False
    opening: Opening | None = None


class StaffStore:
    """People and links of one Redis. Every method is one round trip."""

    def __init__(self, redis: Redis) -> None:
        self._redis = redis
        names = ("change_person", "make_owner_link")
        self._scripts = {name: script(redis, LUA / f"{name}.lua", *PRELUDES) for name in names}

    async def person(self, email: str) -> Person | None:
        """Who is known under an address."""
        return readable(Person, await cast(Any, self._redis.hget(PEOPLE, email)))

    async def people(self) -> list[Person]:
        """Everybody, by email."""
        found = await cast(Any, self._redis.hvals(PEOPLE))
        return sorted(map(Person.model_validate_json, found), key=lambda one: one.email)

    async def keep_authenticator(self, email: str, secret: str) -> None:
        """Keep an authenticator's secret until a code confirms it, in place of any before."""
        await self._redis.set(f"{{staff}}:authenticator:{email}", secret, ex=UNCONFIRMED_SECONDS)

    async def authenticator(self, email: str) -> str | None:
        """The secret of an authenticator that was not confirmed yet."""
        return cast(str | None, await self._redis.get(f"{{staff}}:authenticator:{email}"))

    async def change(self, wanted: PersonChange, now: datetime) -> Outcome:
        """Write a person with all that belongs to the change, and its entry in the audit log."""
        person, opening = wanted.person, wanted.opening
        asked = {
            "email": person.email,
            "version": person.version - 1,
            "person": person.model_dump_json(),
            "owner": person.state == "active" and "owner" in person.roles,
            "credentials": dict(wanted.credentials),
            "forgotten": list(wanted.forgotten),
            "recovery_codes": wanted.recovery_codes,
            "link": wanted.link,
            "new_link": wanted.new_link,
            "first_owner": wanted.first_owner,
            "end_sessions": wanted.end_sessions,
            "kept_session": wanted.kept_session,
            "end_tokens": wanted.end_tokens,
            "end_links": wanted.end_links,
            "end_devices": wanted.end_devices,
            "session": opening and opening.session,
            "device": opening and opening.device,
            "most": MOST_SESSIONS,
            "most_people": MOST_PEOPLE,
            "now": milliseconds(now),
            "entry": entry_of(wanted.change),
        }
        return cast(Outcome, await self._run("change_person", asked))

    async def make_owner_link(self, link: Mapping[str, str], change: Change) -> bool:
        """Make the link that makes the first owner; false if there is one."""
        asked = {"new_link": link, "entry": entry_of(change)}
        return bool(await self._run("make_owner_link", asked))

    async def link(self, hash_: str, now: datetime) -> Link | None:
        """What a link is for, if it can still be used."""
        kept = await self._redis.get(f"{{staff}}:link:{hash_}")
        if kept is None:
            return None
        fields = json.loads(kept)
        until = moment(fields.pop("ends_at"))
        return Link(**fields, until=until) if until > now else None

    async def _run(self, name: str, asked: Mapping[str, object]) -> object:
        return await self._scripts[name](args=[arguments(asked)])


def arguments(asked: Mapping[str, object]) -> str:
    """What a script is asked, as its one argument; what is none is left out."""
    return json.dumps({name: value for name, value in asked.items() if value is not None})


def entry_of(change: Change) -> Mapping[str, object]:
    """A change as `audit_log.lua` appends it."""
    text = change.model_dump_json()
    return {"text": text, "digest": digest(text)}


def milliseconds(at: datetime) -> str:
    """A moment as scripts compare it; a text, so that none of its digits is lost on the way."""
    return str(int(at.timestamp() * 1000))


def moment(ms: str) -> datetime:
    """A moment that `milliseconds` wrote."""
    return datetime.fromtimestamp(int(ms) / 1000, UTC)


def kept_link(
    secret: SecretStr, kind: LinkKind, now: datetime, email: str | None = None
) -> Mapping[str, str]:
    """What is kept of a new link."""
    whose = {} if email is None else {"email": email}
    ends_at = milliseconds(now + LINK_LASTS[kind])
    return {"hash": hashed(secret), "kind": kind, "ends_at": ends_at, **whose}
