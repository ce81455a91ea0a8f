"""All the faults there are: whatever a configuration starts, killed, suspended, hung, removed."""

from __future__ import annotations

from collections.abc import Iterable

from tests.faults.damage import (
    HAPROXY,
    MANAGER,
    VALKEY,
    ControllerKilled,
    Fault,
    Hung,
    Killed,
    Suspended,
)
from tests.faults.declared import actors, replicas, replicated
from tests.faults.outages import outages
from tests.faults.refusing import CardsDeclined, Denied, ShelvesEmpty
from tests.placements import Placement

PAST_DEADLINES_SECONDS = 8.0
"""Longer than a call may take, and shorter than it takes Serve to replace who does not answer."""
_ASKED_BY_CHECKOUT = ("inventory", "orders", "payments", "pricing", "shipping")


def killed(placement: Placement, name: str) -> Killed:
    """One process of an actor or an application, killed."""
    return Killed(f"{name} killed", {**replicas(placement), **actors(placement)}[name])


def late(placement: Placement, name: str) -> Suspended:
    """An application that answers after its callers' deadlines."""
    return Suspended(f"{name} suspended", replicas(placement)[name], PAST_DEADLINES_SECONDS)


VALKEY_KILLED = Killed("Valkey killed", VALKEY)
HAPROXY_KILLED = Killed("HAProxy killed", HAPROXY, all_of_them=True)


def valkey_stalls(seconds: int) -> Suspended:
    """Valkey stands still."""
    return Suspended(f"Valkey stalls for {seconds} s", VALKEY, float(seconds))


def kills(placement: Placement) -> Iterable[Fault]:
    """Every kind of process of the store, killed."""
    yield from (killed(placement, name) for name in (*replicas(placement), *actors(placement)))
    for name in replicated(placement):
        yield Killed(f"all of {name} killed", replicas(placement)[name], all_of_them=True)
    yield from (VALKEY_KILLED, HAPROXY_KILLED, ControllerKilled())
    yield Killed("Serve's HAProxy manager killed", MANAGER)


def stalls(placement: Placement) -> Iterable[Fault]:
    """Every application, and Valkey, too slow for a while or for good."""
    yield from (late(placement, name) for name in replicas(placement))
    yield from (Hung(f"{name} hung", title) for name, title in replicas(placement).items())
    yield from (valkey_stalls(seconds) for seconds in (3, 6, 20))


def rejections() -> Iterable[Fault]:
    """Services that answer no to everybody, or fail at once whatever they are asked."""
    yield from (CardsDeclined(), ShelvesEmpty())
    yield from (Denied(service) for service in _ASKED_BY_CHECKOUT)


def faults(placement: Placement) -> list[Fault]:
    """Every fault, and every row of the isolation table in every way."""
    return [*kills(placement), *stalls(placement), *rejections(), *outages(placement)]
