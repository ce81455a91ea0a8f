"""What a trial needs of a store, be it on this machine or on a cluster of several."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Protocol

import httpx
import psutil
from redis.asyncio import Redis

from tests.placements import Placement


class TriedStore(Protocol):
    """A whole store that runs, and of which processes are killed."""

    @property
    def placement(self) -> Placement:
        """Which configuration it runs."""

    @property
    def dashboard(self) -> str:
        """The address of Ray's dashboard, as the tests reach it."""

    def client(self, **headers: str) -> httpx.AsyncClient:
        """A first-party client."""

    def redis(self, user: str) -> Redis:
        """A client of its Redis as one of its users."""

    def secret(self) -> str:
        """What the passwords of its services' users derive from."""

    def processes(self) -> Iterator[tuple[psutil.Process, str]]:
        """Every process of it that has not ended, and what it calls itself."""

    def mails(self) -> Sequence[bytes]:
        """Every mail that buyers got, a copy that a mail program would recognise once."""

    def tell(self) -> str:
        """What is known of it when it went wrong."""
