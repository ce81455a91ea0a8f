"""A careful client: what got no answer, or one that says to try again, it sends again as it was.

Always under the same idempotency key, so every request has a definite outcome in the end, and what
all clients saw can be held against what the store has.
"""

from __future__ import annotations

import asyncio
import random
import time
import uuid
from collections import Counter
from dataclasses import dataclass, field

import httpx

from tests.integration.shopper import Json

OUTCOME_WITHIN_SECONDS = 240.0
"""Only a request that the store never answers takes as long."""

_ANSWER_WITHIN_SECONDS = 30.0
"""Twice what the store allows itself, so that a client seldom leaves first."""
_PAUSES_SECONDS = (0.1, 0.5)
_OK = frozenset({200, 201})
_TRY_AGAIN = frozenset({409, 502, 503, 504})
_PROXYS = "of the proxy"


@dataclass(frozen=True)
class SeenCounts:
    """How much clients had seen at some moment."""

    requests: int
    failures: Counter[str]
    orders: int
    rejections: int


@dataclass
class Seen:
    """What all clients saw together: what they have now by id, and no's and failures by kind."""

    card: str = "success_token"
    """What buyers pay with."""
    requests: int = 0
    failures: Counter[str] = field(default_factory=Counter)
    carts: set[str] = field(default_factory=set)
    sessions: set[str] = field(default_factory=set)
    orders: dict[str, Json] = field(default_factory=dict)
    """The sessions that became orders, by the orders' ids."""
    rejections: Counter[str] = field(default_factory=Counter)
    completing: int = 0
    """How many completions are being waited for."""
    slowest: float = 0.0
    """Seconds from a request's first try to its answer, at most."""
    standstill: float = 0.0
    """Seconds from one order to the next, at most."""
    last_order: float = field(default_factory=time.monotonic)

    def tally(self) -> SeenCounts:
        """How much it is so far."""
        rejections = self.rejections.total()
        return SeenCounts(self.requests, self.failures.copy(), len(self.orders), rejections)

    def bought(self, session: Json) -> None:
        """An order is acknowledged."""
        now = time.monotonic()
        self.standstill = max(self.standstill, now - self.last_order)
        self.last_order = now
        self.orders[session["order"]["id"]] = session


class Careful:
    """One client, whose requests are counted among all that were seen."""

    def __init__(self, client: httpx.AsyncClient, seen: Seen) -> None:
        client.timeout = httpx.Timeout(_ANSWER_WITHIN_SECONDS)
        self._client, self.seen = client, seen

    async def ask(self, method: str, path: str, body: Json, key: str | None = None) -> Json:
        """The answer, however many tries it takes."""
        key, began = key or str(uuid.uuid4()), time.monotonic()
        while (answer := await self._try(method, path, body, key)) is None:
            waited = time.monotonic() - began
            told = f"{method} {path}: no outcome after {waited:.0f} s; {dict(self.seen.failures)}"
            assert waited < OUTCOME_WITHIN_SECONDS, told
            await asyncio.sleep(random.uniform(*_PAUSES_SECONDS))
        self.seen.slowest = max(self.seen.slowest, time.monotonic() - began)
        return answer

    async def complete(self, session: Json, body: Json, key: str | None = None) -> Json:
        """The session after an attempt to pay, which is counted by what came of it."""
        self.seen.completing += 1
        outcome = await self.ask("POST", f"/checkout-sessions/{session['id']}/complete", body, key)
        self.seen.completing -= 1
        if outcome["status"] == "completed":
            self.seen.bought(outcome)
        else:
            self.seen.rejections[reason(outcome)] += 1
        return outcome

    async def _try(self, method: str, path: str, body: Json, key: str) -> Json | None:
        """The answer, or none if it is worth another try."""
        self.seen.requests += 1
        headers = {"Idempotency-Key": key}
        try:
            answer = await self._client.request(method, path, json=body, headers=headers)
        except httpx.TransportError as lost:
            self.seen.failures[type(lost).__name__] += 1
            return None
        if answer.status_code in _OK:
            shown: Json = answer.json()
            return shown
        kind = _kind(answer)
        self.seen.failures[kind] += 1
        assert answer.status_code in _TRY_AGAIN, f"{method} {path}: {kind} {answer.text}"
        return None


def reason(session: Json) -> str:
    """Why a session did not become an order, as codes."""
    return "+".join(sorted({message["code"] for message in session.get("messages", ())}))


def _kind(answer: httpx.Response) -> str:
    """The status and its code; the proxy's own answers are told apart."""
    said = f"{answer.status_code} {answer.json()['code']}"
    return said if "X-Content-Type-Options" in answer.headers else f"{said} {_PROXYS}"
