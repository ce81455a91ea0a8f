"""Load on one service of a running store, and what is seen until its replicas are as few again."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Mapping
from contextlib import suppress
from urllib.parse import urlsplit

from commands.bench.load.http_connection import ConnectionLostError
from commands.bench.load.journeys import JOURNEYS, Journey
from commands.bench.load.shopper import Pool, Shopper, UnexpectedAnswerError
from commands.bench.load.worker import HttpClient
from commands.bench.stores.workload import shipped_workload
from commands.deploying.serve_control import NoServeError, ServeControl
from commands.loading.buyers import plentiful
from commands.scaling.observed import Census, ScalingRun, TimedReply

LOADS: Mapping[str, str] = {"catalog": "search", "checkout": "session create"}
"""The services that can be put under load alone, and the journey that does it."""
_LOOK_EVERY_SECONDS = 0.5
_QUIET_SECONDS = 5.0
_PAUSE_SECONDS = 0.1
_AFTER_TROUBLE_SECONDS = 0.05


class Trial:
    """One run. `application` hosts the service."""

    def __init__(
        self, url: str, serve: ServeControl, application: str, observed: ScalingRun
    ) -> None:
        parts = urlsplit(url)
        self._host, self._port = parts.hostname or "127.0.0.1", parts.port or 80
        self._serve, self._application = serve, application
        self._journey: Journey = JOURNEYS[LOADS[observed.service]]
        self.observed = observed
        self._rests = asyncio.Event()
        # Sessions hold nothing, but are not made for what is out of stock.
        self._workload = shipped_workload().model_copy(update={"skus": tuple(plentiful())})
        self._began = time.monotonic() + _QUIET_SECONDS

    async def run(self, seconds: float, longest: float) -> None:
        """A quiet while, the load, and a visitor now and then until replicas are as few again, or
        until `longest` seconds after the load."""
        closing = asyncio.Event()
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(self._look(closing))
            tasks.create_task(self._ask(closing, pause=_PAUSE_SECONDS))
            await asyncio.sleep(_QUIET_SECONDS)
            await self._load(seconds)
            self.observed.loaded = self._now()
            with suppress(TimeoutError):
                async with asyncio.timeout(longest):
                    await self._rests.wait()
                    await asyncio.sleep(_QUIET_SECONDS)
            closing.set()

    async def _load(self, seconds: float) -> None:
        enough = asyncio.Event()
        async with asyncio.TaskGroup() as tasks:
            for number in range(self.observed.connections):
                tasks.create_task(self._ask(enough, number=number))
            await asyncio.sleep(seconds)
            enough.set()

    async def _ask(self, closing: asyncio.Event, *, number: int = 0, pause: float = 0.0) -> None:
        client = HttpClient(self._host, self._port)
        shopper = Shopper(client, self._workload, Pool(), number)
        while not closing.is_set():
            began = self._now()
            try:
                await self._journey(shopper)
            except (UnexpectedAnswerError, ConnectionLostError, OSError) as trouble:
                self.observed.trouble[str(trouble) or type(trouble).__name__] += 1
                client.close()
                await asyncio.sleep(_AFTER_TROUBLE_SECONDS)
            else:
                self.observed.replies.append(
                    TimedReply(at=self._now(), seconds=self._now() - began)
                )
                await asyncio.sleep(pause)
        client.close()

    async def _look(self, closing: asyncio.Event) -> None:
        """Count replicas all the time. The dashboard answers in a thread of its own."""
        while not closing.is_set():
            with suppress(NoServeError):
                counts = await asyncio.to_thread(self._serve.running)
                self.observed.censuses.append(Census(at=self._now(), replicas=counts))
            if self.observed.loaded and self.observed.last_gone(self._application) is not None:
                self._rests.set()
            await asyncio.sleep(_LOOK_EVERY_SECONDS)

    def _now(self) -> float:
        return time.monotonic() - self._began
