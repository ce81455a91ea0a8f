"""A client of the store, as journeys see it: it asks, checks, and remembers what it has made."""

from __future__ import annotations

import json
import time
import uuid
from collections import defaultdict, deque
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol, cast

from pydantic import BaseModel, ConfigDict

from commands.bench.load.http_connection import HttpResponse

Json = dict[str, Any]


class Client(Protocol):
    """Whatever brings a request to the store and its answer back."""

    async def ask(self, method: str, path: str, body: bytes, headers: str) -> HttpResponse:
        """The answer; `headers` are lines that end in CRLF."""
        ...


class UnexpectedAnswerError(Exception):
    """The store answered, but not what the journey needs to go on."""


class Workload(BaseModel):
    """What there is to ask for: ids of products and variants, queries; lines of each cart."""

    model_config = ConfigDict(frozen=True)

    products: tuple[str, ...] = ()
    skus: tuple[str, ...] = ()
    queries: tuple[str, ...] = ()
    lines: int = 2
    option: str = "1"
    """How it is shipped."""


@dataclass
class Pool:
    """What the clients of one process made and may use again, by id."""

    carts: deque[str] = field(default_factory=deque)
    sessions: deque[str] = field(default_factory=deque)
    orders: deque[str] = field(default_factory=deque)

    def sizes(self) -> dict[str, int]:
        """How many there are of each."""
        return {name: len(made) for name, made in vars(self).items()}


class Shopper:
    """One client. `spent` has the seconds of each request by what it was for."""

    def __init__(self, client: Client, workload: Workload, pool: Pool, number: int = 0) -> None:
        self.client, self.workload, self.pool = client, workload, pool
        self._turn = number * 7  # Clients do not ask for the same thing at the same time.
        self.spent: dict[str, list[float]] = defaultdict(list)

    def pick(self, of: Sequence[str]) -> str:
        """The next of them, all in turn."""
        self._turn += 1
        return of[self._turn % len(of)]

    def pick_several(self, of: Sequence[str], count: int) -> list[str]:
        """The next few of them, each once."""
        self._turn += 1
        first = self._turn % len(of)
        return [of[(first + n) % len(of)] for n in range(min(count, len(of)))]

    async def read(self, path: str, body: Json | None, holds: bytes) -> None:
        """Ask for something that must hold these bytes."""
        method, sent = ("GET", b"") if body is None else ("POST", json.dumps(body).encode())
        answer = await self.client.ask(method, path, sent, "")
        if answer.status != 200 or holds not in answer.body:  # noqa: PLR2004 - OK.
            raise UnexpectedAnswerError(_told(method, path, answer))

    async def write(self, what: str, method: str, path: str, body: Json) -> Json:
        """Ask for a change, under a key of its own; the document that it made."""
        key = f"Idempotency-Key: {uuid.uuid4()}\r\n"
        began = time.perf_counter()
        answer = await self.client.ask(method, path, json.dumps(body).encode(), key)
        self.spent[what].append(time.perf_counter() - began)
        if answer.status not in (200, 201):
            raise UnexpectedAnswerError(_told(method, path, answer))
        return cast(Json, json.loads(answer.body))


def _told(method: str, path: str, answer: HttpResponse) -> str:
    """An answer in so few words that the same trouble is counted as the same."""
    try:
        codes = sorted({str(each["code"]) for each in json.loads(answer.body)["messages"]})
    except (ValueError, LookupError, TypeError):
        codes = []
    collection = "/".join(path.split("/")[:2])
    return " ".join([method, collection, str(answer.status), *codes])
