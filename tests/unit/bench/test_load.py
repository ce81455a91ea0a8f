"""Load is what was asked for, and what came of it is counted as it was."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import AsyncIterator

import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from commands.bench.load.dispatch import LoadGenerator, LoadLostError, load_processes
from commands.bench.load.http_connection import HttpResponse
from commands.bench.load.jobs import Job, Samples, merged, needed, shared_out
from commands.bench.load.shopper import Workload
from tests.served import served

WORKLOAD = Workload(products=("p1", "p2"), skus=("s1", "s2", "s3"), queries=("q",), lines=2)


class Till:
    """A store that sells carts until it has had enough."""

    def __init__(self) -> None:
        self.lines: list[list[str]] = []
        self.keys = Counter[str]()
        self.now = self.most = 0
        self.sold_out_after = 1_000_000

    async def empty(self, _request: Request) -> Response:
        self.now += 1
        self.most = max(self.most, self.now)
        await asyncio.sleep(0.001)
        self.now -= 1
        return Response()

    async def cart(self, request: Request) -> Response:
        said = await request.json()
        self.lines.append([line["item"]["id"] for line in said["line_items"]])
        self.keys[request.headers["idempotency-key"]] += 1
        if len(self.lines) > self.sold_out_after:
            return JSONResponse({"messages": [{"code": "out_of_stock"}]}, 409)
        return JSONResponse({"id": f"cart-{len(self.lines)}"}, 201)

    async def broken(self, _request: Request) -> Response:
        return JSONResponse({"ucp": {"status": "error"}, "messages": []})

    def app(self) -> Starlette:
        return Starlette(
            routes=[
                Route("/ceiling/empty", self.empty),
                Route("/carts", self.cart, methods=["POST"]),
                Route("/carts/{id}", self.cart, methods=["PUT"]),
                Route("/catalog/product", self.broken, methods=["POST"]),
            ]
        )


@pytest.fixture
def till() -> Till:
    return Till()


@pytest.fixture
async def load(till: Till) -> AsyncIterator[LoadGenerator]:
    async with served(till.app()) as url, load_processes() as load:
        load.turn_to(url, WORKLOAD)
        yield load


async def test_clients_ask_at_once_for_so_long(load: LoadGenerator, till: Till) -> None:
    samples = await load.run("ceiling", 8, 0.3)
    assert till.most == 8
    assert len(samples.units) > 8
    assert samples.seconds >= 0.3
    assert samples.rate == len(samples.units) / samples.seconds
    assert all(seconds >= 0.001 for seconds in samples.units)
    assert samples.received > samples.sent > 50 * len(samples.units)
    assert not samples.trouble


async def test_a_number_of_units_is_not_exceeded(load: LoadGenerator, till: Till) -> None:
    samples = await load.run("cart create", 4, 60.0, 10)
    assert (len(samples.units), len(till.lines)) == (10, 10)
    assert samples.made["carts"] == 10
    assert till.keys.most_common(1)[0][1] == 1, "a key is used once"
    assert all(len(set(lines)) == 2 for lines in till.lines)


async def test_what_is_needed_is_made_once(load: LoadGenerator, till: Till) -> None:
    assert await load.make("cart create", "carts", 5)
    assert not await load.make("cart create", "carts", 5)
    assert len(till.lines) == 5
    samples = await load.run("cart replace", 2, 60.0, 4)
    assert (len(samples.units), samples.made["carts"]) == (4, 5), "carts are worked with, not lost"


async def test_another_store_knows_nothing_of_the_last(load: LoadGenerator, till: Till) -> None:
    await load.make("cart create", "carts", 5)
    async with served(till.app()) as url:
        load.turn_to(url, WORKLOAD)
        samples = await load.run("cart replace", 2, 60.0, 4)
    assert not samples.units


async def test_trouble_is_counted_by_what_was_said(load: LoadGenerator, till: Till) -> None:
    till.sold_out_after = 3
    samples = await load.run("cart create", 1, 60.0, 5)
    assert len(samples.units) == 3
    assert samples.trouble == {"POST /carts 409 out_of_stock": 2}
    wrong = await load.run("product", 1, 60.0, 2)
    assert not wrong.units, "an answer without a product is none"
    assert wrong.trouble == {"POST /catalog 200": 2}


async def test_a_store_that_is_not_there_is_trouble(load: LoadGenerator) -> None:
    load.turn_to("http://127.0.0.1:1", WORKLOAD)
    with pytest.raises(LoadLostError):
        await load.run("ceiling", 1, 60.0, 1)


def test_a_header_is_read_where_it_is_there() -> None:
    answer = HttpResponse(
        200, b"x-token: no", b"HTTP/1.1 200 OK\r\nx-token: abc\r\n\r\nx-token: no"
    )
    assert answer.header(b"x-token: ") == b"abc"
    assert answer.header(b"x-other: ") is None


def test_a_job_is_shared_out_evenly() -> None:
    job = Job(journey="ceiling", host="h", port=1, connections=7, seconds=1, count=10)
    parts = shared_out(job, 3)
    assert [part.connections for part in parts] == [3, 2, 2]
    assert [part.count for part in parts] == [4, 3, 3]
    assert [part.connections for part in shared_out(job, 9)] == [1] * 7


def test_samples_of_several_processes_are_one() -> None:
    one = Samples(units=[0.1], trouble={"a": 1}, sent=1, began=5, ended=7, made={"carts": 1})
    other = Samples(units=[0.2], trouble={"a": 2}, sent=2, began=6, ended=9, made={"carts": 2})
    both = merged([one, other])
    assert (both.units, both.trouble, both.sent) == ([0.1, 0.2], {"a": 3}, 3)
    assert (both.seconds, both.made) == (4, {"carts": 3})
    assert needed(both.made, "carts", 5) == 2
    assert needed(both.made, "orders", 5) == 5
