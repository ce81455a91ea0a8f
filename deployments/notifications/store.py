"""Notifications' state in Redis.

| key | what |
| --- | --- |
| `{notifications}:mail:<event>` | hash: state, attempts, sent_at, why, sender, ends; for 30 days |
| `{notifications}:inbox:<00 to ff>` | hash: events mailed, or not to be, 30 days each |
| `{notifications}:order:<id>` | hash: note (JSON), cancelled; for later mails, 400 days |
| `{notifications}:payment:<id>` | the id of the order that it pays for; 400 days |
| `{notifications}:opted-out:<address>` | set if promotional mail is unwanted; by a keyed hash |
| `{notifications}:promotion:<address>` | the event of its last promotional mail; for a day |
| `{notifications}:secret` | what those hashes and the links in mails are made with |

A mail's state is `sending`, `failed`, `sent` or `skipped`. While it is `sending`, only its `sender`
is at it, until it `ends` (ms): a sender that dies leaves it to another then.
"""

from __future__ import annotations

import secrets
from datetime import datetime
from pathlib import Path
from typing import Any, Literal, cast

from redis.asyncio import Redis

from deployments.foundation.events.subscriptions import inbox_key
from deployments.foundation.redis.connection import script
from deployments.notifications.domain import MailNotice, OrderNote

SERVICE = "notifications"
Start = Literal["send", "done", "under_way", "skip"]
"""What `begin` decided; see `begin.lua`."""
_LUA = Path(__file__).parent / "lua"
_KEEP_SECONDS = 30 * 24 * 3600
ORDER_KEPT_SECONDS = 400 * 24 * 3600
"""A note has the buyer's address, so it goes when a refund has become unlikely. The mail about a
later one is a dead letter."""


class NotificationsStore:
    """Notifications of one Redis. A sender that does not finish in `claim_seconds` counts as dead.

    Each method is one round trip, except `order_of_payment`, which is two.
    """

    def __init__(self, redis: Redis, *, claim_seconds: float) -> None:
        self._redis, self._claim_ms = redis, int(claim_seconds * 1000)
        self._begin = script(redis, _LUA / "begin.lua", "inbox", "clock")
        self._finish = script(redis, _LUA / "finish.lua", "inbox")
        self._secret: str | None = None

    async def secret(self) -> str:
        """Drawn once for all times, by whoever asks first; asked for once a process."""
        if self._secret is None:
            fresh, key = secrets.token_hex(32), "{notifications}:secret"
            kept = await self._redis.set(key, fresh, nx=True, get=True)
            self._secret = cast(str | None, kept) or fresh
        return self._secret

    async def begin(self, notice: MailNotice, sender: str, address_id: str) -> Start:
        """Whether this sender is to tell the notice now."""
        answer = await self._begin(
            keys=[
                *_records(notice),
                _opted_out(address_id),
                _order(notice.order_id or "none"),
                _promotion(address_id),
            ],
            args=[sender, self._claim_ms, notice.purpose, _KEEP_SECONDS, notice.source.event],
        )
        return cast(Start, answer)

    async def sent(self, notice: MailNotice, sender: str, at: datetime) -> None:
        """The mail was handed over: it is not sent again."""
        await self._finished(notice, "sent", sender, at.isoformat())

    async def skip(self, notice: MailNotice, why: str) -> None:
        """The mail is not to be."""
        await self._finished(notice, "skipped", "", why)

    async def failed(self, notice: MailNotice, sender: str) -> None:
        """The mail was not handed over, as far as the sender knows; another may try at once."""
        await self._finished(notice, "failed", sender, "")

    async def _finished(self, notice: MailNotice, what: str, sender: str, detail: str) -> None:
        keys = _records(notice)
        await self._finish(keys=keys, args=[what, sender, detail, _KEEP_SECONDS])

    async def record(self, event: str) -> dict[str, str]:
        """What is known of a mail; empty if nothing is."""
        return cast(dict[str, str], await cast(Any, self._redis.hgetall(mail_key(event))))

    async def remember(self, order: OrderNote) -> None:
        """Keep what later mails have to know of an order."""
        async with self._redis.pipeline(transaction=True) as pipe:
            pipe.hset(_order(order.order_id), "note", order.model_dump_json())
            pipe.expire(_order(order.order_id), ORDER_KEPT_SECONDS)
            pipe.set(_payment(order.payment_id), order.order_id, ex=ORDER_KEPT_SECONDS)
            await pipe.execute()

    async def cancel(self, order_id: str) -> OrderNote | None:
        """Confirm this order to nobody any more; what is known of it."""
        async with self._redis.pipeline(transaction=True) as pipe:
            pipe.hset(_order(order_id), "cancelled", "1")
            pipe.expire(_order(order_id), ORDER_KEPT_SECONDS)
            pipe.hget(_order(order_id), "note")
            *_, note = await pipe.execute()
        return _note(note)

    async def order(self, order_id: str) -> OrderNote | None:
        """What is known of an order."""
        return _note(await cast(Any, self._redis.hget(_order(order_id), "note")))

    async def order_of_payment(self, payment_id: str) -> OrderNote | None:
        """What is known of the order that a payment is for."""
        order_id = cast(str | None, await self._redis.get(_payment(payment_id)))
        return None if order_id is None else await self.order(order_id)

    async def opt_out(self, address_id: str, *, out: bool) -> None:
        """Send an address no promotional mail any more, or send it again."""
        if out:
            await self._redis.set(_opted_out(address_id), "1")
        else:
            await self._redis.delete(_opted_out(address_id))

    async def opted_out(self, address_id: str) -> bool:
        """Whether an address wants no promotional mail."""
        return bool(await self._redis.exists(_opted_out(address_id)))


def _note(text: str | None) -> OrderNote | None:
    return None if text is None else OrderNote.model_validate_json(text)


def _records(notice: MailNotice) -> list[str]:
    return [inbox_key(SERVICE, notice.source.event), mail_key(notice.source.event)]


def mail_key(event: str) -> str:
    """Where what is known of a mail is."""
    return f"{{notifications}}:mail:{event}"


def _order(order_id: str) -> str:
    return f"{{notifications}}:order:{order_id}"


def _payment(payment_id: str) -> str:
    return f"{{notifications}}:payment:{payment_id}"


def _opted_out(address_id: str) -> str:
    return f"{{notifications}}:opted-out:{address_id}"


def _promotion(address_id: str) -> str:
    return f"{{notifications}}:promotion:{address_id}"
