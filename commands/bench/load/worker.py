"""A process that puts load on a store: `python -m commands.bench.load.worker`.

It reads jobs from its input, a line of JSON each, and answers each with what came of it.
"""

from __future__ import annotations

import asyncio
import sys
import time
from collections import Counter
from collections.abc import Iterator

import uvloop

from commands.bench.load.http_connection import (
    ConnectionLostError,
    HttpConnection,
    HttpResponse,
    open_connection,
    request_bytes,
)
from commands.bench.load.jobs import Job, Samples
from commands.bench.load.journeys import JOURNEYS, Journey, NothingLeftError
from commands.bench.load.shopper import Pool, Shopper, UnexpectedAnswerError, Workload
from deployments.foundation.http.authentication import DEVELOPMENT_KEY

_AFTER_TROUBLE_SECONDS = 0.05
_FIRST_PARTY = f"X-API-Key: {DEVELOPMENT_KEY}\r\n"


class HttpClient:
    """A first-party client on a connection of its own, which is opened anew when it was lost."""

    def __init__(self, host: str, port: int) -> None:
        self._host, self._port = host, port
        self._connection: HttpConnection | None = None
        self.sent = self.received = 0

    async def connect(self) -> None:
        """Open the connection."""
        self._connection = await open_connection(self._host, self._port)

    async def ask(self, method: str, path: str, body: bytes, headers: str) -> HttpResponse:
        """The answer. Raises `ConnectionLostError`, or `OSError` if there is no connection."""
        if self._connection is not None and self._connection.has_ended:
            self.close()
        if self._connection is None:
            await self.connect()
        assert self._connection is not None  # noqa: S101 - `connect` made it.
        host = f"{self._host}:{self._port}"
        return await self._connection.ask(
            request_bytes(method, path, host, _FIRST_PARTY + headers, body)
        )

    def close(self) -> None:
        """End the connection, and keep what went over it in mind."""
        if self._connection is not None:
            self._connection.close()
            self.sent += self._connection.sent
            self.received += self._connection.received
            self._connection = None


class Work:
    """One job under way."""

    def __init__(self, job: Job, workload: Workload, pool: Pool) -> None:
        self._job = job
        self._journey: Journey = JOURNEYS[job.journey]
        self._clients = [HttpClient(job.host, job.port) for _ in range(job.connections)]
        self._pool = pool
        self._shoppers = [
            Shopper(client, workload, pool, number) for number, client in enumerate(self._clients)
        ]
        self._tickets: Iterator[object] = iter(range(job.count)) if job.count else iter(int, 1)
        self._units: list[float] = []
        self._trouble = Counter[str]()

    async def done(self) -> Samples:
        """Do it; what came of it."""
        for client in self._clients:
            await client.connect()
        began = time.monotonic()
        async with asyncio.TaskGroup() as tasks:
            for client, shopper in zip(self._clients, self._shoppers, strict=True):
                tasks.create_task(self._shop(client, shopper, began + self._job.seconds))
        ended = time.monotonic()
        for client in self._clients:
            client.close()
        return self._samples(began, ended)

    async def _shop(self, client: HttpClient, shopper: Shopper, until: float) -> None:
        while time.monotonic() < until and next(self._tickets, None) is not None:
            began = time.perf_counter()
            try:
                await self._journey(shopper)
            except NothingLeftError:
                return
            except UnexpectedAnswerError as answer:
                await self._recover(str(answer))
            except (ConnectionLostError, OSError) as lost:
                client.close()
                await self._recover(type(lost).__name__)
            else:
                self._units.append(time.perf_counter() - began)

    async def _recover(self, trouble: str) -> None:
        """Count it, and give the store a moment."""
        self._trouble[trouble] += 1
        await asyncio.sleep(_AFTER_TROUBLE_SECONDS)

    def _samples(self, began: float, ended: float) -> Samples:
        spent: dict[str, list[float]] = {}
        for shopper in self._shoppers:
            for what, seconds in shopper.spent.items():
                spent.setdefault(what, []).extend(seconds)
        return Samples(
            units=self._units,
            spent=spent,
            trouble=self._trouble,
            sent=sum(client.sent for client in self._clients),
            received=sum(client.received for client in self._clients),
            began=began,
            ended=ended,
            made=self._pool.sizes(),
        )


async def work() -> None:
    """Do jobs until there is no more input."""
    workload, pool = Workload(), Pool()
    while line := await asyncio.to_thread(sys.stdin.readline):
        job = Job.model_validate_json(line)
        if job.forget:
            pool = Pool()
        workload = job.workload or workload
        samples = await Work(job, workload, pool).done()
        print(samples.model_dump_json(), flush=True)


if __name__ == "__main__":
    uvloop.run(work())
