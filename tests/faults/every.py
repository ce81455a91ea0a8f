"""All the faults there are: whatever serve_config.yaml starts, killed, suspended, hung, removed."""

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
from tests.faults.declared import actors, replicas
from tests.faults.outages import outages
from tests.faults.refusing import CardsDeclined, Denied, ShelvesEmpty

PAST_DEADLINES_SECONDS = 8.0
"""Longer than a call may take, and shorter than it takes Serve to replace who does not answer."""
_ASKED_BY_CHECKOUT = ("inventory", "orders", "payments", "pricing", "shipping")


def killed(name: str) -> Killed:
    """One process of an actor or a deployment, killed."""
    return Killed(f"{name} killed", {**replicas(), **actors()}[name])


def late(name: str) -> Suspended:
    """A deployment that answers after its callers' deadlines."""
    return Suspended(f"{name} suspended", replicas()[name], PAST_DEADLINES_SECONDS)


VALKEY_KILLED = Killed("Valkey killed", VALKEY)
HAPROXY_KILLED = Killed("HAProxy killed", HAPROXY, all_of_them=True)


def valkey_stalls(seconds: int) -> Suspended:
    """Valkey stands still."""
    return Suspended(f"Valkey stalls for {seconds} s", VALKEY, float(seconds))


def kills() -> Iterable[Fault]:
    """Every kind of process of the store, killed."""
    yield from (killed(name) for name in (*replicas(), *actors()))
    yield from (VALKEY_KILLED, HAPROXY_KILLED, ControllerKilled())
    yield Killed("Serve's HAProxy manager killed", MANAGER)


def stalls() -> Iterable[Fault]:
    """Every deployment, and Valkey, too slow for a while or for good."""
    yield from (late(name) for name in replicas())
    yield from (Hung(f"{name} hung", title) for name, title in replicas().items())
    yield from (valkey_stalls(seconds) for seconds in (3, 6, 20))


def rejections() -> Iterable[Fault]:
    """Services that answer no to everybody, or fail at once whatever they are asked."""
    yield from (CardsDeclined(), ShelvesEmpty())
    yield from (Denied(service) for service in _ASKED_BY_CHECKOUT)


def faults() -> list[Fault]:
    """Every fault, and every row of the isolation table in every way."""
    return [*kills(), *stalls(), *rejections(), *outages()]
