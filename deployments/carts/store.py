"""Carts' state in Redis.

| key | what |
| --- | --- |
| `{carts}:cart:<id>` | hash: platform, version, expires_at (ms), doc (JSON); gone when it expires |
| `{carts}:platform:<platform>` | sorted set: its open carts by expiry (ms); gone with the last |
| `{carts}:request:<name>` | hash: an idempotency key's fingerprint and answer, for 24 hours |
| `{carts}:changed` | sorted set: carts by their last change (ms), until they are left or bought |
| `{carts}:inbox:<00 to ff>` | hash: events that took effect, 30 days each (`inbox.lua`) |
| `{carts}:events:0` to `15` | streams of what is published (foundation's `publishing.py`) |

`version` in the hash is the truth; the doc is written before its version is known. A cart's hash
also counts its events, in `sequence`, and keeps the number of the last one about its lines, in
`lines_at`, and the `order` that it became. An `estimate` (JSON) of its delivery is always of these
lines; it is no part of the cart's version, nor of the answer that an idempotency key remembers.
Every change is one script, in which the idempotency key, the effect, the answer and what is
published are one.
"""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import Any, cast

from redis.asyncio import Redis

from deployments.carts.contract import CancelCart, Cart, CartNotFound, ReplaceCart, cart_bought
from deployments.carts.domain import LIFETIME, DeliveryEstimate
from deployments.foundation.events.publishing import occasion, streams_of
from deployments.foundation.events.subscriptions import inbox_key
from deployments.foundation.http.idempotency import RequestKey, key_reused, stale_version
from deployments.foundation.http.rate_limits import LimitReached
from deployments.foundation.redis.connection import script
from deployments.foundation.values.settings import settings

SERVICE = "carts"
_CART, CHANGED = "{carts}:cart:", "{carts}:changed"
_STREAMS = streams_of(SERVICE)
_LUA = Path(__file__).parent / "lua"
_KEEP_SECONDS = int(LIFETIME.total_seconds())
_CART_FIELDS = ["platform", "expires_at", "version", "doc", "order"]
_SHOWN_FIELDS = [*_CART_FIELDS, "estimate"]
_REQUEST_FIELDS = ["fingerprint", "answer"]
Fields = list[str | None]


def cart_key(cart_id: str) -> str:
    """Where a cart is."""
    return f"{_CART}{cart_id}"


def _platform(platform: str) -> str:
    return f"{{carts}}:platform:{platform}"


def _request(key: RequestKey) -> str:
    return f"{{carts}}:request:{key.name}"


def _ms(moment: datetime) -> int:
    return int(moment.timestamp() * 1000)


class CartsStore:
    """Carts of one Redis. Each method is one round trip."""

    def __init__(self, redis: Redis) -> None:
        def lua(name: str) -> Any:  # noqa: ANN401 - redis-py types a script's result as Any.
            preludes = ("requests", "publish", _LUA / "cart", _LUA / "lines")
            return script(redis, _LUA / f"{name}.lua", *preludes)

        self._redis = redis
        self._at_most = settings().carts_per_platform
        self._create, self._replace = lua("create_cart"), lua("replace_cart")
        self._cancel, self._publish_abandoned = lua("cancel_cart"), lua("publish_abandoned")
        self._mark_bought = script(redis, _LUA / "mark_bought.lua", "inbox")
        self._keep_estimate = script(redis, _LUA / "keep_estimate.lua", "inbox")

    async def create(self, cart: Cart, request: RequestKey, now: datetime) -> Cart:
        """Keep a new cart; or the one that this request made before."""
        outcome = await self._create(
            keys=_keys(request, cart.id, cart.platform),
            args=[
                request.fingerprint,
                cart.platform,
                _ms(now),
                _ms(cart.expires_at),
                cart.model_dump_json(),
                _KEEP_SECONDS,
                self._at_most,
                occasion(SERVICE, now),
            ],
        )
        return _settle(outcome)

    async def read(
        self, cart_id: str, platform: str, now: datetime
    ) -> tuple[Cart, DeliveryEstimate | None]:
        """The platform's cart, and how it can be delivered. Rejects with `CartNotFound`."""
        found = cast(Fields, await self._redis.hmget(cart_key(cart_id), _SHOWN_FIELDS))
        delivery = found.pop()
        cart = _visible(found, platform, now)
        return cart, None if delivery is None else DeliveryEstimate.model_validate_json(delivery)

    async def answered(self, request: RequestKey) -> Cart | None:
        """What this request was answered before. Rejects with `KeyReused`."""
        if not request.fingerprint:
            return None
        record = await self._redis.hmget(_request(request), _REQUEST_FIELDS)
        return _answered(cast(Fields, record), request)

    async def read_to_replace(self, request: ReplaceCart, now: datetime) -> tuple[Cart, bool]:
        """The current cart and false; or what this request was answered before, and true."""
        async with self._redis.pipeline(transaction=False) as pipe:
            pipe.hmget(_request(request.request), _REQUEST_FIELDS)
            pipe.hmget(cart_key(request.cart_id), _CART_FIELDS)
            record, found = await pipe.execute()
        before = _answered(record, request.request)
        if before is not None:
            return before, True
        return _visible(found, request.platform, now), False

    async def replace(self, cart: Cart, request: ReplaceCart, now: datetime) -> Cart:
        """Put a cart in the place of its earlier version."""
        expected = "" if request.expected_version is None else request.expected_version
        outcome = await self._replace(
            keys=_keys(request.request, cart.id, cart.platform),
            args=[
                request.request.fingerprint,
                cart.platform,
                _ms(now),
                expected,
                _ms(cart.expires_at),
                cart.model_dump_json(),
                _KEEP_SECONDS,
                occasion(SERVICE, now),
            ],
        )
        return _settle(outcome)

    async def cancel(self, request: CancelCart, now: datetime) -> Cart:
        """Delete the cart; gives it as it was."""
        outcome = await self._cancel(
            keys=_keys(request.request, request.cart_id, request.platform),
            args=[
                request.request.fingerprint,
                request.platform,
                _ms(now),
                occasion(SERVICE, now),
            ],
        )
        return _settle(outcome)

    async def publish_abandoned(self, until: datetime, limit: int, now: datetime) -> int:
        """Publish carts that were last changed at `until` or before; how many were looked at."""
        seen = await self._publish_abandoned(
            keys=[CHANGED, *_STREAMS], args=[_ms(until), limit, _CART, occasion(SERVICE, now)]
        )
        return int(seen)

    async def mark_bought(self, cart_id: str, platform: str, order_id: str, event_id: str) -> None:
        """Close a cart that became an order; once for an event."""
        await self._mark_bought(
            keys=[inbox_key(SERVICE, event_id), cart_key(cart_id), CHANGED, _platform(platform)],
            args=[cart_id, order_id],
        )

    async def keep_estimate(self, delivery: DeliveryEstimate, event_id: str) -> None:
        """Keep how a cart can be delivered, if it is still as it was then; once for an event."""
        said = delivery.estimate
        await self._keep_estimate(
            keys=[inbox_key(SERVICE, event_id), cart_key(said.cart_id)],
            args=[said.cart_sequence or "", delivery.model_dump_json()],
        )


def _keys(request: RequestKey, cart_id: str, platform: str) -> list[str]:
    """The keys of a script that changes a cart."""
    return [_request(request), cart_key(cart_id), CHANGED, _platform(platform), *_STREAMS]


def _visible(found: Fields, platform: str, now: datetime) -> Cart:
    owner, expires_at, version, doc, order_id = found
    if owner != platform or int(expires_at or 0) <= _ms(now):
        raise _not_found()
    return _load(f"{version}\n{doc}").model_copy(update={"order_id": order_id})


def _answered(record: Fields, request: RequestKey) -> Cart | None:
    fingerprint, answer = record
    if fingerprint is None or answer is None:
        return None
    return _settle(("repeat" if fingerprint == request.fingerprint else "reused", answer))


def _settle(outcome: Any) -> Cart:  # noqa: ANN401 - a script's reply.
    """The cart of a good outcome; the rejection of any other."""
    kind, detail = cast(tuple[str, str], outcome)
    if kind in {"ok", "repeat"}:
        return _load(detail)
    if kind == "reused":
        raise key_reused()
    if kind == "stale":
        raise stale_version(int(detail))
    if kind == "bought":
        raise cart_bought(detail)
    if kind == "too_many":
        sentence = f"You have {detail} open carts. Cancel some, or wait until they expire."
        raise LimitReached(sentence, limit=int(detail))
    raise _not_found()


def _load(snapshot: str) -> Cart:
    version, doc = snapshot.split("\n", 1)
    return Cart.model_validate_json(doc).model_copy(update={"version": int(version)})


def _not_found() -> CartNotFound:
    return CartNotFound("There is no such cart. Create one.")
