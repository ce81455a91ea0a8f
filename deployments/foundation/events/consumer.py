"""All that a subscriber's process reads: one reader for each publisher."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Sequence

from redis.asyncio import Redis
from redis.exceptions import RedisError

from deployments.foundation.events.observer import NullObserver, Observer
from deployments.foundation.events.reader import ConsumerOptions, Reader
from deployments.foundation.events.subscriptions import Subscription

_log = logging.getLogger(__name__)


class Consumer:
    """Brings the events of its subscriptions to their handlers, for as long as it runs.

    Any number of processes may run one for the same service: they share the partitions. `own` is
    the service's Redis; `connect` gives the publisher's, entered as this service.
    """

    def __init__(
        self,
        service: str,
        own: Redis,
        connect: Callable[[str], Redis],
        subscriptions: Sequence[Subscription],
        *,
        observer: Observer | None = None,
        options: ConsumerOptions | None = None,
    ) -> None:
        self.name = f"{service}'s consumer"
        options = options or ConsumerOptions()
        slots = asyncio.Semaphore(options.handlers)
        self._readers = {
            subscription.publisher: Reader(
                service,
                own,
                connect(subscription.publisher),
                subscription,
                slots=slots,
                observer=observer or NullObserver(),
                options=options,
            )
            for subscription in subscriptions
        }
        if len(self._readers) < len(subscriptions):
            raise ValueError(f"{service} has two subscriptions to one publisher: make them one")

    def reader(self, publisher: str) -> Reader:
        """The reader of one publisher."""
        return self._readers[publisher]

    async def run(self) -> None:
        """Read until cancelled; only a mistake in the program ends it otherwise."""
        async with asyncio.TaskGroup() as tasks:
            for reader in self._readers.values():
                tasks.create_task(reader.run())

    async def stop(self) -> None:
        """Finish what is being handled and give the partitions to others at once.

        Cancel `run` afterwards. A process that is killed instead leaves its partitions to others
        when its leases have lapsed.
        """
        stopped = await asyncio.gather(
            *(reader.stop() for reader in self._readers.values()), return_exceptions=True
        )
        for failure in stopped:
            if isinstance(failure, (RedisError, OSError)):
                _log.warning("%s: leases were left to lapse: %s", self.name, failure)
            elif isinstance(failure, BaseException):
                raise failure
