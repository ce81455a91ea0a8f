"""What every test may ask for: a real Valkey with clients of it, and the whole store, running."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import AsyncExitStack
from pathlib import Path

import hypothesis
import pytest
from redis.asyncio import Redis
from xdist.remote import Producer

from deployments.datastore.users import set_user
from deployments.foundation.redis.connection import password
from deployments.topology import SERVICES
from tests.integration.running_store import RunningStore
from tests.placements import PLACEMENTS, Placement, placement_of
from tests.sharing import OneStoreAtATime
from tests.valkey import valkey_server

# How long an example takes says more of what else this machine does than of the code.
hypothesis.settings.register_profile(
    "fieldhouse", deadline=None, suppress_health_check=[hypothesis.HealthCheck.too_slow]
)
hypothesis.settings.load_profile("fieldhouse")

SECRET = "a secret for tests"  # noqa: S105 - it guards an empty server.
ClientOf = Callable[[str], Redis]


@pytest.fixture(scope="session")
def valkey_socket() -> Iterator[Path]:
    """One server for the whole run."""
    with (
        tempfile.TemporaryDirectory(prefix="fieldhouse-") as directory,
        valkey_server(Path(directory)) as socket,
    ):
        yield socket


@pytest.fixture
async def admin(valkey_socket: Path) -> AsyncIterator[Redis]:
    """An all-powerful client of an empty server that knows every service's user."""
    async with Redis(unix_socket_path=str(valkey_socket), decode_responses=True) as client:
        await client.flushall()
        for service in SERVICES:
            await client.execute_command(*set_user(service, SECRET))
        yield client


@pytest.fixture
async def redis_of(admin: Redis, valkey_socket: Path) -> AsyncIterator[ClientOf]:
    """Clients by service, each limited by the service's ACL as in production."""
    async with AsyncExitStack() as stack:

        def client(service: str) -> Redis:
            redis = Redis(
                unix_socket_path=str(valkey_socket),
                username=service,
                password=password(service, SECRET),
                decode_responses=True,
            )
            stack.push_async_callback(redis.aclose)
            return redis

        yield client


def pytest_addoption(parser: pytest.Parser) -> None:
    """`--placement together`: tests of the whole store run in this placement and in no other."""
    parser.addoption(
        "--placement",
        action="append",
        type=placement_of,
        help="process, together, apart, or a configuration's file; may be repeated",
    )


def pytest_configure(config: pytest.Config) -> None:
    """Declare what a test of the whole store may say of placements."""
    for mark in (
        "placed(*names): it holds in these placements alone",
        "on_ray: it holds wherever Serve places the store, and not in one process",
        "each(argument, cases): it runs with each of `cases(placement)`, which have names",
        "long: it takes minutes; `make test-long` runs it",
        "long_on_ray: so do its turns in the placements on Ray, and not the one in one process",
        "cluster: it makes machines of namespaces, as root; `make cluster` runs it",
    ):
        config.addinivalue_line("markers", mark)


def chosen(config: pytest.Config) -> list[Placement]:
    """The placements that `--placement` names, or all."""
    return list(config.getoption("--placement") or PLACEMENTS)


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Let a test of the whole store run in every placement that was asked for."""
    if "running_store" not in metafunc.fixturenames:
        return
    test = metafunc.definition
    each = test.get_closest_marker("each")
    placements = [one for one in chosen(metafunc.config) if _holds(test, one)]
    if each is None:
        stores = [pytest.param(one, id=one.name, marks=_marks(test, one)) for one in placements]
        metafunc.parametrize("running_store", stores, indirect=True, scope="session")
        return
    argument, cases = each.args
    pairs = [
        pytest.param(one, case, id=f"{one.name}: {case.name}", marks=_marks(test, one))
        for one in placements
        for case in cases(one)
    ]
    metafunc.parametrize(
        ("running_store", argument), pairs, indirect=["running_store"], scope="session"
    )


def _marks(test: pytest.Item, placement: Placement) -> list[pytest.MarkDecorator]:
    """One process and services apart are the two extremes; what is between them has time."""
    on_ray = placement.config is not None
    takes_long = on_ray and test.get_closest_marker("long_on_ray") is not None
    return [pytest.mark.long] if takes_long or placement.name == "together" else []


def _holds(test: pytest.Item, placement: Placement) -> bool:
    placed = test.get_closest_marker("placed")
    on_ray = placement.config is not None or test.get_closest_marker("on_ray") is None
    return on_ray and (placed is None or placement.name in placed.args)


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """What needs no store runs first, and then one placement after another."""
    order = chosen(config)

    def place(item: pytest.Item) -> int:
        spec = getattr(item, "callspec", None)
        placement = spec.params.get("running_store") if spec else None
        # There is none of a test that does not hold in any placement that was chosen.
        return order.index(placement) + 1 if isinstance(placement, Placement) else 0

    items.sort(key=place)


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Producer) -> OneStoreAtATime:
    """Share the tests out to processes, where there are several."""
    return OneStoreAtATime(config, log)


@pytest.fixture(scope="session")
def running_store(request: pytest.FixtureRequest) -> Iterator[RunningStore]:
    """The store in one placement; when all tests of it are done nothing of it is left."""
    # Beside no other test's files: a unix socket's path must be short.
    directory = Path(tempfile.mkdtemp(prefix="fieldhouse-"))
    running = RunningStore(request.param, directory / "data", directory / "output")
    running.start()
    yield running
    assert running.stop() == 0, running.tell()
    assert running.left_behind() == []
    running.forget()
    shutil.rmtree(directory)
