"""How often one client may ask: who is counted, against what, and what it is told."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator, Mapping
from pathlib import Path

import httpx
import pytest
from redis.asyncio import Redis
from starlette.datastructures import Headers
from starlette.requests import Request
from starlette.responses import Response

from deployments.foundation.http.answers import ProtocolError, answer
from deployments.foundation.http.authentication import hash_key
from deployments.foundation.http.edge import http_app
from deployments.foundation.http.operations import Operation
from deployments.foundation.http.rate_limits import (
    BadRateLimitsError,
    RateLimits,
    address_of,
    parse_rates,
)
from tests.clock import SecondsClock
from tests.conftest import ClientOf

KEYS: Mapping[str, str] = {hash_key("acme-key"): "acme", hash_key("other-key"): "other"}
ACME, OTHER = {"X-API-Key": "acme-key"}, {"X-API-Key": "other-key"}
RATES = "read=3/minute,write=3/minute,address=1/minute,buy=1/hour"


async def fine(_request: Request) -> Response:
    return answer({})


async def refuse(_request: Request) -> Response:
    raise ProtocolError(400, "invalid_request", "No.")


OPERATIONS = [
    Operation("GET", "/", fine, id="show", summary="", answers={200: {}}),
    Operation("GET", "/mistake", refuse, id="mistake", summary="", answers={200: {}}),
    Operation("POST", "/", fine, id="change", summary="", answers={200: {}}, writes=True),
    Operation("POST", "/buy", fine, id="buy", summary="", answers={200: {}}, writes=True),
    Operation("GET", "/open", fine, id="open", summary="", answers={200: {}}, limited=False),
]


class LimitedService:
    """One service behind its limits, and its clients."""

    def __init__(self, redis: Redis, rates: str, proxies: int = 0) -> None:
        self.clock = SecondsClock(1_000_000)
        limits = RateLimits(
            redis, "carts", KEYS, rates=parse_rates(rates), proxies=proxies, clock=self.clock
        )
        transport = httpx.ASGITransport(http_app(OPERATIONS, limits), raise_app_exceptions=False)
        self.http = httpx.AsyncClient(transport=transport, base_url="http://store")

    async def statuses(self, path: str, headers: Mapping[str, str], times: int) -> list[int]:
        return [(await self.http.get(path, headers=headers)).status_code for _ in range(times)]


@pytest.fixture
async def store(redis_of: ClientOf) -> AsyncIterator[LimitedService]:
    store = LimitedService(redis_of("carts"), RATES)
    async with store.http:
        yield store


async def test_past_its_budget_a_client_is_told_when_to_come_back(store: LimitedService) -> None:
    assert await store.statuses("/", ACME, 3) == [200] * 3
    refused = await store.http.get("/", headers=ACME)
    assert refused.status_code == 429
    assert refused.json()["code"] == "rate_limited"
    assert set(refused.json()) == {"code", "content"}
    seconds = int(refused.headers["retry-after"])
    assert 1 <= seconds <= 60
    assert refused.headers["ratelimit-policy"] == '"read";q=3;w=60'
    assert refused.headers["ratelimit"] == f'"read";r=0;t={seconds}'
    store.clock.now += seconds - 1
    assert await store.statuses("/", ACME, 1) == [429]
    store.clock.now += 1
    assert await store.statuses("/", ACME, 4) == [200, 200, 200, 429]


async def test_every_answer_tells_what_is_left(store: LimitedService) -> None:
    told = [(await store.http.get("/", headers=ACME)).headers["ratelimit"] for _ in range(2)]
    told.append((await store.http.get("/mistake", headers=ACME)).headers["ratelimit"])
    assert [line.split(";")[1] for line in told] == ["r=2", "r=1", "r=0"]


async def test_each_platform_has_a_budget_of_its_own(store: LimitedService) -> None:
    assert await store.statuses("/", ACME, 4) == [200, 200, 200, 429]
    assert await store.statuses("/", OTHER, 4) == [200, 200, 200, 429]


async def test_reads_writes_and_named_operations_are_counted_apart(store: LimitedService) -> None:
    assert await store.statuses("/", ACME, 3) == [200] * 3
    writes = [(await store.http.post("/", headers=ACME)).status_code for _ in range(4)]
    assert writes == [200, 200, 200, 429]
    bought = [await store.http.post("/buy", headers=ACME) for _ in range(2)]
    assert [one.status_code for one in bought] == [200, 429]
    assert bought[1].headers["ratelimit-policy"] == '"buy";q=1;w=3600'


async def test_an_operation_that_is_not_limited_is_not_counted(store: LimitedService) -> None:
    assert await store.statuses("/open", ACME, 10) == [200] * 10
    assert "ratelimit" not in (await store.http.get("/open", headers=ACME)).headers


async def test_two_replicas_count_together(redis_of: ClientOf) -> None:
    one, two = (LimitedService(redis_of("carts"), RATES) for _ in range(2))
    asked = [store.http.get("/", headers=ACME) for store in (one, two) for _ in range(4)]
    statuses = [response.status_code for response in await asyncio.gather(*asked)]
    assert sorted(statuses) == [200] * 3 + [429] * 5


async def test_what_is_kept_is_the_services_own_and_ends_with_its_window(
    store: LimitedService, admin: Redis
) -> None:
    await store.statuses("/", ACME, 2)
    (key,) = await admin.keys("*")
    assert str(key).startswith("{carts}:limit:")
    assert "acme-key" not in str(key)
    assert 0 < await admin.ttl(key) <= 60


async def test_a_request_costs_one_round_trip(store: LimitedService, admin: Redis) -> None:
    await store.statuses("/", ACME, 1)  # Loads the script.
    async with admin.monitor() as monitor:
        await store.statuses("/", ACME, 5)
        await admin.echo("that was all")
        sent = []
        while (seen := await monitor.next_command())["command"] != "ECHO that was all":
            sent.append(seen)
    asked = [one["command"].split()[0] for one in sent if one["client_type"] != "lua"]
    # The administrator's own connection greets the server.
    assert [name for name in asked if name not in {"HELLO", "CLIENT"}] == ["EVALSHA"] * 5


async def test_a_clients_own_forwarded_for_is_not_believed(store: LimitedService) -> None:
    for number in range(10):
        headers = {"X-Forwarded-For": f"198.51.100.{number}"}
        response = await store.http.get("/", headers=headers)
        assert response.status_code == 200
        assert "ratelimit" not in response.headers


async def test_behind_a_trusted_proxy_an_address_is_counted(redis_of: ClientOf) -> None:
    store = LimitedService(redis_of("carts"), RATES, proxies=1)
    forged = [{"X-Forwarded-For": f"10.0.0.{n}, 198.51.100.7"} for n in range(2)]
    assert [(await store.http.get("/", headers=one)).status_code for one in forged] == [200, 429]
    assert await store.statuses("/", {"X-Forwarded-For": "198.51.100.8"}, 1) == [200]
    keyed = ACME | {"X-Forwarded-For": "198.51.100.7"}
    assert await store.statuses("/", keyed, 4) == [200, 200, 200, 429]
    unknown = {"X-API-Key": "guessed", "X-Forwarded-For": "198.51.100.7"}
    assert await store.statuses("/", unknown, 1) == [429]


@pytest.mark.parametrize(
    ("lines", "proxies", "address"),
    [
        (["198.51.100.7"], 0, None),
        (["198.51.100.7"], 1, "198.51.100.7"),
        (["10.0.0.1, 198.51.100.7"], 1, "198.51.100.7"),
        (["10.0.0.1", "198.51.100.7"], 1, "198.51.100.7"),
        (["10.0.0.1, 198.51.100.7, 203.0.113.1"], 2, "198.51.100.7"),
        (["198.51.100.7"], 2, None),
        ([], 1, None),
        ([""], 1, None),
        (["unknown"], 1, None),
        (["198.51.100.7:4711"], 1, "198.51.100.7"),
        (["2001:db8:1:2:3:4:5:6"], 1, "2001:db8:1:2::"),
        (["[2001:db8:1:2::9]:4711"], 1, "2001:db8:1:2::"),
        (["::ffff:198.51.100.7"], 1, "198.51.100.7"),
    ],
)
def test_the_address_is_the_one_that_the_trusted_proxies_saw(
    lines: list[str], proxies: int, address: str | None
) -> None:
    assert address_of(lines, proxies) == address


async def test_switched_off_nothing_is_counted(redis_of: ClientOf, admin: Redis) -> None:
    store = LimitedService(redis_of("carts"), "off")
    assert await store.statuses("/", ACME, 5) == [200] * 5
    assert await admin.keys("*") == []


def test_a_rate_stands_beside_the_defaults_or_lifts_one() -> None:
    assert {"read", "write", "address"} <= set(parse_rates(""))
    rates = parse_rates("write=10 per second, complete_checkout=5/minute ,address=off")
    assert "address" not in rates
    assert (rates["write"].amount, rates["write"].get_expiry()) == (10, 1)
    assert rates["complete_checkout"].amount == 5
    assert rates["read"] == parse_rates("")["read"]


@pytest.mark.parametrize("setting", ["read", "read=", "read=fast", "read=1/fortnight", "=,=x"])
def test_a_rate_that_cannot_be_read_is_named(setting: str) -> None:
    with pytest.raises(BadRateLimitsError, match="FIELDHOUSE_RATE_LIMITS"):
        parse_rates(setting)


async def test_without_redis_everybody_is_let_through_and_it_is_logged_once(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    store = LimitedService(Redis(unix_socket_path=str(tmp_path / "nobody.sock")), RATES)
    with caplog.at_level(logging.WARNING):
        assert await store.statuses("/", ACME, 5) == [200] * 5
    (logged,) = caplog.records
    assert logged.message.startswith("requests are not counted")


async def test_a_redis_that_stalls_is_asked_again_only_after_a_while(tmp_path: Path) -> None:
    asked: list[bytes] = []

    async def stall(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        asked.append(await reader.read(1))
        await reader.read()
        writer.close()

    socket = tmp_path / "stalled.sock"
    async with await asyncio.start_unix_server(stall, socket):
        store = LimitedService(Redis(unix_socket_path=str(socket)), RATES)
        assert await store.statuses("/", ACME, 5) == [200] * 5
        assert len(asked) == 1
        store.clock.now += 2
        assert await store.statuses("/", ACME, 2) == [200] * 2
        assert len(asked) == 2


async def test_afterwards_it_counts_again(redis_of: ClientOf, admin: Redis) -> None:
    store = LimitedService(redis_of("carts"), RATES)
    await admin.execute_command("ACL", "SETUSER", "carts", "-evalsha", "-eval", "-script")
    assert await store.statuses("/", ACME, 4) == [200] * 4
    await admin.execute_command("ACL", "SETUSER", "carts", "+evalsha", "+eval", "+script")
    store.clock.now += 2
    assert await store.statuses("/", ACME, 4) == [200, 200, 200, 429]


async def test_clients_windows_do_not_all_begin_at_once(redis_of: ClientOf) -> None:
    keys = {hash_key(f"key-{n}"): f"platform-{n}" for n in range(20)}
    redis, rates = redis_of("carts"), parse_rates("")
    limits = RateLimits(redis, "carts", keys, rates=rates, clock=SecondsClock())
    waits = set()
    for n in range(20):
        status = await limits.count(Headers({"X-API-Key": f"key-{n}"}), OPERATIONS[0])
        assert status is not None
        waits.add(status.renewed_in)
    assert len(waits) > 5
