"""Webhooks' rules: what is delivered, in which form, and what becomes of an attempt."""

from __future__ import annotations

import base64
import hashlib
import json
import random
import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Literal, NamedTuple

from deployments.foundation.values.backoff import Backoff

LASTS = timedelta(hours=24)
"""How long a delivery is tried before it becomes a dead letter."""
BACKOFF = Backoff(first=5.0, longest=3600.0)
_GONE = 410
_SUCCESS = range(200, 300)
_EVENTS = uuid.UUID("5f0d4b1e-7a0c-5c8e-9b51-3f2f6c1d8a42")
"""The namespace of `Webhook-Id`s."""


class DeliverySource(NamedTuple):
    """The event of orders that is delivered, its type, and when it happened."""

    event: str
    type: str
    at: datetime


@dataclass(frozen=True)
class WebhookDelivery:
    """One event on its way to one endpoint. Each attempt sends the same `body`.

    `attempts` counts those before the present one, and `ends_at` is when it is given up. `trace` is
    the event's, as W3C spells it.
    """

    id: str
    platform: str
    endpoint: str
    url: str
    order: str
    source: DeliverySource
    body: bytes
    attempts: int
    ends_at: datetime
    trace: str | None = None


NextStep = Literal["sent", "retry", "dead", "gone"]
"""What becomes of a delivery; `gone` if its endpoint wants no other either."""


class DeliveryAttempt(NamedTuple):
    """What came of sending: a status, or why there was none; and seconds that were asked for."""

    status: int | None
    error: str = ""
    retry_after: float = 0.0

    def describe(self) -> str:
        """In words, for an operator and the platform."""
        return self.error if self.status is None else f"answered {self.status}"


class DeliveryOutcome(NamedTuple):
    """The verdict, and for `retry` when the next attempt is due."""

    verdict: NextStep
    due: datetime


def judge(
    delivery: WebhookDelivery, attempt: DeliveryAttempt, now: datetime, chance: float
) -> DeliveryOutcome:
    """What follows from an attempt. `chance`, from 0 to 1, spreads the next ones."""
    if attempt.status is not None and attempt.status in _SUCCESS:
        return DeliveryOutcome("sent", now)
    if attempt.status == _GONE:
        return DeliveryOutcome("gone", now)
    if now >= delivery.ends_at:
        return DeliveryOutcome("dead", now)
    asked = min(attempt.retry_after, BACKOFF.longest)
    seconds = max(pause(delivery.attempts, chance), asked)
    return DeliveryOutcome("retry", min(now + timedelta(seconds=seconds), delivery.ends_at))


def pause(attempts: int, chance: float) -> float:
    """Seconds after a failure that so many others preceded: half of it sure, half by chance."""
    return BACKOFF.after(attempts + 1) * (0.5 + chance / 2)


def at_random() -> float:
    """A chance for `judge`."""
    return random.random()  # noqa: S311 - spreads the attempts.


def body_of(order: Mapping[str, Any]) -> bytes:
    """An order as it is sent."""
    return json.dumps(order, ensure_ascii=False, separators=(",", ":")).encode()


def webhook_id(event: str) -> str:
    """The UUID under which a platform knows an event, at every endpoint and in every attempt."""
    return str(uuid.uuid5(_EVENTS, event))


def headers_of(delivery: WebhookDelivery, profile_url: str) -> dict[str, str]:
    """What a delivery is sent with, its signature aside (UCP, "Order Event Webhook").

    Each field is as its specification spells it: Standard Webhooks, RFC 9530, RFC 8941.
    """
    digest = base64.b64encode(hashlib.sha256(delivery.body).digest()).decode()
    id_ = webhook_id(delivery.source.event)
    return {
        "Content-Type": "application/json",
        "Content-Digest": f"sha-256=:{digest}:",
        "UCP-Agent": f'profile="{profile_url}"',
        "Idempotency-Key": id_,
        "Webhook-Id": id_,
        "Webhook-Timestamp": str(int(delivery.source.at.timestamp())),
        "User-Agent": "fieldhouse-webhooks/1",
    }
