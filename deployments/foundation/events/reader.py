"""One publisher's partitions, as far as this process holds them: leases, reading, handing over."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Coroutine
from dataclasses import dataclass
from typing import Any, cast

from redis.asyncio import Redis
from redis.asyncio.client import Pipeline
from redis.exceptions import RedisError

from deployments.foundation.events.cancellation import heed_cancellation
from deployments.foundation.events.dead_letters import DeadLetter, DeadLetters
from deployments.foundation.events.journal import EventDelivery, Journal
from deployments.foundation.events.keys import READER
from deployments.foundation.events.leases import Leases
from deployments.foundation.events.observer import Observer
from deployments.foundation.events.partition import Partition, PartitionContext
from deployments.foundation.events.publishing import ENTRY_FIELD, streams_of
from deployments.foundation.events.subscriptions import Subscription
from deployments.foundation.redis.clustered import by_slot
from deployments.foundation.redis.layouts import check_layout

_IMPATIENT_SECONDS = 0.02
"""How long a read waits while the queues of some partition are full: they may empty any moment."""
_Read = list[tuple[str, list[tuple[str, dict[str, str] | None]]]]
_log = logging.getLogger(__name__)


@dataclass(frozen=True)
class ConsumerOptions:
    """How a consumer works. The defaults suit production."""

    lease_seconds: float = 10.0
    renew_seconds: float = 3.0
    """Then a process also takes free partitions, hands over surplus ones, and replays letters."""
    block_seconds: float = 1.0
    """How long a read waits for new events; less than redis-py waits for a reply (5 s)."""
    gather_seconds: float = 0.2
    """New events are fetched no more often than this, so that those of a busy moment come together,
    unless a subscription says otherwise. The first after a pause is fetched at once."""
    recovery_seconds: float = 1.0
    """The pause before everything begins again after a Redis failed."""
    batch: int = 100
    window: int = 1000
    """No more of a partition is read while so many of its events are in queues."""
    handlers: int = 32
    """How many handlers of a process run at once."""
    sleep: Callable[[float], Awaitable[None]] = asyncio.sleep


@dataclass
class _ReadTogether:
    """Streams that one command reads: all of a publisher's, or on a cluster those of one slot."""

    streams: frozenset[str]
    fetch_at: float = 0.0


class Reader:
    """Brings one publisher's events to their handlers, beside other processes that do the same."""

    def __init__(
        self,
        service: str,
        own: Redis,
        theirs: Redis,
        subscription: Subscription,
        *,
        slots: asyncio.Semaphore,
        observer: Observer,
        options: ConsumerOptions,
        leases: Leases | None = None,
    ) -> None:
        publisher = subscription.publisher
        self._service, self._theirs, self._options = service, theirs, options
        self._publisher = publisher
        self._name = f"{service} reads {publisher}"
        self._streams = streams_of(publisher)
        self._gather = subscription.gather_seconds or options.gather_seconds
        self._numbers = {stream: n for n, stream in enumerate(self._streams)}
        self._leases = leases or Leases(own, service, publisher, seconds=options.lease_seconds)
        self._letters = DeadLetters(service, own)
        self._journal = Journal(service, publisher, own, theirs)
        self._partitions: dict[int, Partition] = {}
        self._changed = asyncio.Event()
        self._stopping = False
        self._tasks: asyncio.TaskGroup | None = None
        self._work = PartitionContext(
            *(service, subscription, self._journal, observer, slots),
            start=self._start,
            sleep=options.sleep,
        )

    @property
    def id(self) -> str:
        """The name under which it holds its leases."""
        return self._leases.reader

    @property
    def partitions(self) -> frozenset[int]:
        """What this process reads at the moment."""
        return frozenset(self._partitions)

    async def run(self) -> None:
        """Read until cancelled. Whenever a Redis fails, begin again with the pending events.

        Raises `WrongLayoutError` if the publisher's streams are not where they are looked for.
        """
        while True:
            try:
                await self._session()
            except* (RedisError, OSError) as away:
                _log.warning("%s: begins again after %r", self._name, away.exceptions[0])
            heed_cancellation()
            await self._options.sleep(self._options.recovery_seconds)

    async def _session(self) -> None:
        self._partitions.clear()
        self._leases.forget()
        acknowledgements = self._journal.acknowledgements
        acknowledgements.forget()
        await check_layout(self._theirs, self._publisher)
        await self._make_groups()
        async with asyncio.TaskGroup() as self._tasks:
            await self._renew()
            self._tasks.create_task(self._keep_leases())
            self._tasks.create_task(acknowledgements.keep_flushing(self._gather))
            first, *others = map(frozenset, by_slot(self._theirs, self._streams))
            for streams in others:
                self._tasks.create_task(self._read(_ReadTogether(streams)))
            # Not a task like the others: Python 3.11 leaves a task cancelled whose group fails
            # when there is nothing but the group to wait for.
            await self._read(_ReadTogether(first))

    async def _make_groups(self) -> None:
        """A group on every stream, from its oldest event on, unless there is one."""
        async with self._theirs.pipeline(transaction=False) as pipe:
            for stream in self._streams:
                pipe.xgroup_create(stream, self._service, "0", mkstream=True)
            answers = await pipe.execute(raise_on_error=False)
        for answer in answers:
            if isinstance(answer, Exception) and not str(answer).startswith("BUSYGROUP"):
                raise answer

    def _start(self, queue: Coroutine[Any, Any, None]) -> asyncio.Task[None]:
        assert self._tasks is not None  # noqa: S101 - queues are started in a session.
        try:
            heed_cancellation()
        except asyncio.CancelledError:
            queue.close()  # The session is ending, and takes no more tasks.
            raise
        return self._tasks.create_task(queue)

    # Leases

    async def _keep_leases(self) -> None:
        while True:
            await asyncio.sleep(self._options.renew_seconds)
            await self._renew()
            heed_cancellation()

    async def _renew(self) -> None:
        """Renew the leases, and take up, drop and hand over partitions accordingly."""
        if self._stopping:
            return
        share = await self._leases.renew()
        for n, partition in list(self._partitions.items()):
            if self._leases.held.get(n) is not partition.lease:
                del self._partitions[n]
                await partition.abandon()
        for n, lease in list(self._leases.held.items()):
            if n not in self._partitions:
                failing = await self._journal.failing(n)
                self._partitions[n] = Partition(self._streams[n], lease, self._work, failing)
        self._hand_over(share)
        await self._take_letters()
        self._changed.set()

    def _hand_over(self, share: int) -> None:
        """Begin to hand over what is beyond the fair share."""
        staying = sorted(n for n, partition in self._partitions.items() if not partition.closing)
        for n in staying[share:]:
            self._start(self._release(n, self._partitions[n]))

    async def _release(self, n: int, partition: Partition) -> None:
        await partition.close()
        await self._journal.acknowledgements.flush()
        if self._partitions.get(n) is partition:
            del self._partitions[n]
            await self._leases.release([n])

    async def _take_letters(self) -> None:
        """Replay the dead letters of partitions that are read here."""
        for letter in await self._letters.to_replay():
            partition = self._partitions.get(int(letter.fields["partition"]))
            if letter.fields["publisher"] == self._publisher and partition is not None:
                partition.replay([_delivery(letter)])

    # Reading

    async def _read(self, together: _ReadTogether) -> None:
        while True:
            heed_cancellation()
            self._changed.clear()
            held = [p for p in self._partitions.values() if p.stream in together.streams]
            open_ = [p for p in held if not p.closing]
            ready = [p for p in open_ if p.waiting < self._options.window]
            if not open_:
                await self._changed.wait()
            elif not ready:
                await asyncio.sleep(_IMPATIENT_SECONDS)
            elif all(p.caught_up for p in ready):
                await self._fetch(together, ready, patiently=len(ready) == len(open_))
            else:
                await self._take(together, ready)

    async def _fetch(
        self, together: _ReadTogether, partitions: list[Partition], *, patiently: bool
    ) -> None:
        """Move new events to the pending lists, or wait for some, and take what is new there."""
        now = asyncio.get_running_loop().time
        await asyncio.sleep(max(0.0, together.fetch_at - now()))
        together.fetch_at = now() + self._gather
        seconds = self._options.block_seconds if patiently else _IMPATIENT_SECONDS
        await self._take(together, partitions, block=int(seconds * 1000))

    async def _take(
        self, together: _ReadTogether, partitions: list[Partition], *, block: int | None = None
    ) -> None:
        """Give partitions the pending events that they have not seen.

        With `block` milliseconds new events are fetched first, in the same round trip: the server
        reads the pending lists when it has moved the new events there.
        """
        async with self._theirs.pipeline(transaction=False) as pipe:
            await self._journal.acknowledgements.join(pipe, together.streams)
            if block is not None:
                self._xreadgroup(pipe, {p.stream: ">" for p in partitions}, block)
            self._xreadgroup(pipe, {p.stream: p.cursor for p in partitions})
            answers = await pipe.execute()
        read = dict(cast(_Read, answers[-1] or []))
        for partition in partitions:
            entries = read.get(partition.stream, [])
            partition.caught_up = len(entries) < self._options.batch
            # Meanwhile the partition may have been lost, and leased again.
            if entries and self._partitions.get(self._numbers[partition.stream]) is partition:
                partition.accept(entries)

    def _xreadgroup(
        self, pipe: Pipeline, positions: dict[str, str], block: int | None = None
    ) -> None:
        count = self._options.batch
        pipe.xreadgroup(self._service, READER, cast(Any, positions), count=count, block=block)

    async def stop(self) -> None:
        """Finish what is being handled, and let others go on at once. Cancel `run` afterwards."""
        self._stopping = True
        await asyncio.gather(*(partition.close() for partition in self._partitions.values()))
        await self._journal.acknowledgements.flush()
        held = list(self._leases.held)
        self._partitions.clear()
        await self._leases.release(held, leave=True)


def _delivery(letter: DeadLetter) -> EventDelivery:
    fields = letter.fields
    return EventDelivery(int(fields["partition"]), fields["entry"], fields[ENTRY_FIELD], letter.id)
