"""The topology says of every service what its code, the linter and the picture say."""

from __future__ import annotations

import importlib
import tomllib
from pathlib import Path
from typing import Any, TypeVar

import pytest
from redis.asyncio import Redis

from commands import architecture_page
from commands.published_events import publishers
from deployments.foundation.placement.composition import Composition
from deployments.topology import BY_NAME, DATASTORE, TOPOLOGY, Service

ROOT = Path(__file__).parents[2]
CONTRACTS = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["importlinter"][
    "contracts"
]
FOLDERS = sorted(path.parent.name for path in (ROOT / "deployments").glob("*/deployment.py"))
Api = TypeVar("Api")


def composed(service: Service) -> tuple[Composition, set[str]]:
    """A service as it composes itself, and whom it wanted to call; nothing is contacted."""
    called: set[str] = set()

    def connect(api: type[Api], *, app: str, seconds: float = 5.0) -> Api:
        called.add(app)
        absent: Any = None
        return absent  # type: ignore[no-any-return]

    root = importlib.import_module(f"deployments.{service.name}.deployment")
    return root.compose(Redis(), connect), called


def listed(contract: str, field: str) -> list[str]:
    """What a list of the linter's names."""
    (found,) = (one for one in CONTRACTS if one["name"] == contract)
    return list(found[field])


@pytest.mark.parametrize("service", TOPOLOGY, ids=lambda service: service.name)
async def test_a_service_is_connected_as_the_topology_says(service: Service) -> None:
    composition, called = composed(service)
    assert called == set(service.calls)
    assert {one.publisher for one in composition.subscriptions} == set(service.subscribes_to)
    assert (len(composition.routes) > 0) == (service.prefix is not None)
    assert (service.name in publishers()) == service.publishes


def test_every_service_reads_events_of_those_that_publish() -> None:
    for service in TOPOLOGY:
        assert all(BY_NAME[publisher].publishes for publisher in service.subscribes_to)


def test_nothing_that_shoppers_need_waits_for_those_who_run_the_shop() -> None:
    theirs = {service.name for service in TOPOLOGY if service.for_staff}
    shoppers = [service for service in TOPOLOGY if not service.for_staff]
    assert theirs == {"backoffice", "staff"}
    assert [one.name for one in shoppers if theirs & {*one.calls, *one.subscribes_to}] == []


def test_every_folder_is_a_service() -> None:
    assert sorted([*BY_NAME, DATASTORE]) == FOLDERS


@pytest.mark.parametrize(
    ("contract", "field"),
    [
        ("Services know each other by contract and events only", "modules"),
        ("Inside a service, imports point inwards", "containers"),
    ],
)
def test_the_linter_looks_at_every_service(contract: str, field: str) -> None:
    assert listed(contract, field) == [f"deployments.{name}" for name in FOLDERS]


def test_the_linter_holds_every_declaration_of_events_to_doing_no_io() -> None:
    looked_at = listed("Rules and contracts do no I/O", "source_modules")
    events = [f"deployments.{name}.events" for name in sorted(publishers())]
    assert [name for name in looked_at if name.endswith(".events")] == events


def test_the_picture_is_as_the_topology_says() -> None:
    """If the change is meant, run `make events` and review the diff."""
    assert architecture_page.FILE.read_text() == architecture_page.text()
