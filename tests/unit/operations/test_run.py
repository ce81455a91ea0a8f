"""What is shown of a store that comes up, and of one that does not."""

from __future__ import annotations

import io
import json
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, HTTPServer
from threading import Thread
from typing import Any, ClassVar

import pytest
from rich.console import Console

from commands.run import applications_of
from commands.run_settings import APART
from commands.serve_status import FAILED, RUNNING, ApplicationStatus, applications, can_be_used
from commands.start_progress import StartProgress

TOKEN = "a token for tests"  # noqa: S105 - it guards nothing.


class Dashboard(BaseHTTPRequestHandler):
    """Answers as Ray's dashboard does, to whoever shows the token."""

    answer: ClassVar[Any]

    def do_GET(self) -> None:
        known = self.headers["Authorization"] == f"Bearer {TOKEN}"
        self.send_response(200 if known else 401)
        self.end_headers()
        self.wfile.write(json.dumps(self.answer).encode())

    def log_message(self, *_: object) -> None:
        """Tests print nothing."""


@contextmanager
def answering(handler: type[BaseHTTPRequestHandler]) -> Iterator[str]:
    """A server meanwhile; gives its address."""
    with HTTPServer(("127.0.0.1", 0), handler) as server:
        thread = Thread(target=server.serve_forever)
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_port}"
        finally:
            server.shutdown()
            thread.join()


@pytest.fixture
def dashboard(monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    monkeypatch.setenv("RAY_AUTH_TOKEN", TOKEN)
    with answering(Dashboard) as url:
        yield url


def test_every_application_with_its_status(dashboard: str) -> None:
    Dashboard.answer = {"applications": {"orders": {"status": "DEPLOYING", "message": ""}}}
    assert applications(dashboard) == {"orders": ApplicationStatus("DEPLOYING")}


def test_what_failed_is_told_with_its_cause(dashboard: str) -> None:
    cause = "failed to start 3 times.\nTraceback:\n  File x\nRuntimeError: no such table\n"
    orders = {
        "status": FAILED,
        "message": "Failed to update the deployments ['Orders'].",
        "deployments": {"Orders": {"status": FAILED, "message": cause}},
    }
    Dashboard.answer = {"applications": {"orders": orders}}
    (orders_now,) = applications(dashboard).values()
    assert orders_now.message == "failed to start 3 times. ... RuntimeError: no such table"


def test_a_dashboard_that_is_not_there_or_does_not_know_us_says_nothing(
    dashboard: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    Dashboard.answer = {"applications": {"orders": {"status": "DEPLOYING", "message": ""}}}
    monkeypatch.setenv("RAY_AUTH_TOKEN", "another")
    assert applications(dashboard) == {}
    assert applications("http://127.0.0.1:1") == {}


class Proxied(BaseHTTPRequestHandler):
    """Answers as the store does from behind its proxy, which itself answers for who is `away`."""

    away: ClassVar[str | None]
    products: ClassVar[list[str]]

    def do_GET(self) -> None:
        self.send_response(404)
        if self.away is None or not self.path.startswith(self.away):
            self.send_header("X-Content-Type-Options", "nosniff")
        self.end_headers()

    def do_POST(self) -> None:
        self.send_response(200)
        self.end_headers()
        self.wfile.write(json.dumps({"products": self.products}).encode())

    def log_message(self, *_: object) -> None:
        """Tests print nothing."""


@pytest.mark.parametrize(
    ("away", "products", "usable"),
    [
        (None, ["bike"], True),
        (None, [], False),
        ("/carts", ["bike"], False),
        ("/mail", ["bike"], False),
    ],
)
def test_a_store_is_ready_when_every_public_service_answers_and_there_is_something_to_sell(
    away: str | None,
    products: list[str],
    usable: bool,  # noqa: FBT001
) -> None:
    Proxied.away, Proxied.products = away, products
    with answering(Proxied) as url:
        assert can_be_used(url) is usable
    assert not can_be_used(url)


def test_each_change_is_one_plain_line_where_there_is_no_terminal() -> None:
    paper = io.StringIO()
    with StartProgress(Console(file=paper), ["carts", "orders"]) as progress:
        progress.show({"carts": ApplicationStatus("DEPLOYING")}, 1)
        progress.show({"carts": ApplicationStatus("DEPLOYING")}, 2)
        progress.show({}, 3)
        progress.show({"carts": ApplicationStatus(RUNNING), "orders": ApplicationStatus(FAILED)}, 4)
    assert paper.getvalue().splitlines() == [
        "   1.0 s  carts   DEPLOYING",
        "   4.0 s  carts   RUNNING",
        "   4.0 s  orders  DEPLOY_FAILED",
    ]


def test_a_terminal_shows_all_services_at_once() -> None:
    screen = io.StringIO()
    with StartProgress(
        Console(file=screen, force_terminal=True), applications_of(APART)
    ) as progress:
        progress.show({"carts": ApplicationStatus(RUNNING)}, 4)
    assert "[green]" not in screen.getvalue()
    for service in applications_of(APART):
        assert service in screen.getvalue()
