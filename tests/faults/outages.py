"""The store's isolation table, on the real thing: what is down, and what still works then.

While a service is away, everything that does not need it works, and everything that does is
answered with "try again"; a completion that needed it gets its order when it is repeated.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass

from tests.faults.careful import Seen
from tests.faults.flood import flooded
from tests.faults.serve_api import ServeApi
from tests.faults.tried_store import TriedStore
from tests.faults.visitor import DEEDS, Deed, Visitor
from tests.faults.ways import WAYS, with_broken_index
from tests.placements import Placement


@dataclass(frozen=True)
class Impact:
    """What cannot be done while something is down; everything else can.

    `again` is answered with "try again". `away` is what the service itself would have to answer.
    """

    again: tuple[Deed, ...] = ()
    away: tuple[Deed, ...] = ()

    @property
    def works(self) -> tuple[Deed, ...]:
        """All the rest."""
        return tuple(deed for deed in DEEDS if deed not in {*self.again, *self.away})


_CATALOG: tuple[Deed, ...] = ("search", "look_up")
_CARTS: tuple[Deed, ...] = ("read_a_cart", "fill_a_cart")
_CHECKOUT: tuple[Deed, ...] = ("open_a_checkout", "read_a_checkout", "complete")
TABLE: Mapping[str, Impact] = {
    "notifications": Impact(),
    "webhooks": Impact(),
    "staff": Impact(),
    "backoffice": Impact(),
    "profile": Impact(away=("discover",)),
    "catalog": Impact(again=("fill_a_cart", "open_a_checkout"), away=_CATALOG),
    "carts": Impact(away=_CARTS),
    "checkout": Impact(away=_CHECKOUT),
    "shipping": Impact(again=("open_a_checkout",)),
    "pricing": Impact(again=("open_a_checkout",)),
    "payments": Impact(again=("complete",)),
    "inventory": Impact(again=("complete",)),
    "orders": Impact(again=("complete",), away=("read_an_order",)),
}
WITHOUT_INDEX = Impact(again=("search",))


@dataclass(frozen=True)
class Outage:
    """An application that is down in some way, and the row of the table that holds meanwhile."""

    application: str
    way: str
    row: Impact
    down: Callable[[TriedStore, str], AbstractAsyncContextManager[None]]

    @property
    def name(self) -> str:
        """Which application, and how it is down."""
        return f"{self.application} {self.way}"

    async def strike(self, store: TriedStore, seen: Seen) -> None:
        """Take the application down, see what works, and bring it back."""
        async with store.client() as client:
            visitor = Visitor(client, seen)
            await visitor.enter()
            async with self.down(store, self.application):
                for deed in self.row.works:
                    await visitor.finds_that_it_works(deed)
                for deed in self.row.again:
                    await visitor.is_told_to_try_again(deed)
            await ServeApi(store).all_run()
            await visitor.buy()


def row_of(services: Iterable[str]) -> Impact:
    """What cannot be done while all of these are down."""
    rows = [TABLE[service] for service in services]
    away = {deed for row in rows for deed in row.away}
    again = {deed for row in rows for deed in row.again} - away
    return Impact(again=tuple(again), away=tuple(away))


def outage(placement: Placement, service: str, way: str) -> Outage:
    """The application that hosts the service is down, in one of the three ways."""
    host = placement.host_of(service)
    return Outage(host, way, row_of(dict(placement.hosts())[host]), WAYS[way])


def broken_index(placement: Placement) -> Outage:
    """The catalogue runs, and cannot search."""
    host = placement.host_of("catalog")
    return Outage(host, "has no search index", WITHOUT_INDEX, with_broken_index)


def flood(placement: Placement) -> Outage | None:
    """Nobody who shops waits for people and programs that flood the back office; none where it
    shares its replicas with what shoppers need."""
    host = placement.host_of("backoffice")
    if dict(placement.hosts())[host] != ("backoffice",):
        return None
    return Outage(host, "flooded", Impact(), flooded)


def outages(placement: Placement) -> Iterator[Outage]:
    """Every application that hosts services, in every way."""
    for _, (service, *_) in placement.hosts():
        yield from (outage(placement, service, way) for way in WAYS)
    yield broken_index(placement)
    if (water := flood(placement)) is not None:
        yield water
