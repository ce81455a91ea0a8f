"""What is shown of a store that comes up, and of one that does not."""

from __future__ import annotations

import io
import json
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from threading import Thread
from typing import Any, ClassVar

import pytest
from rich.console import Console

from commands.run import applications_of
from commands.run_settings import APART
from commands.serve_status import FAILED, RUNNING, Application, applications, catalogue_is_loaded
from commands.start_progress import StartProgress

TOKEN = "a token for tests"  # noqa: S105 - it guards nothing.


class Dashboard(BaseHTTPRequestHandler):
    """Answers as Ray's dashboard does, to whoever shows the token; and to a shopper, nothing."""

    answer: ClassVar[Any]

    def do_GET(self) -> None:
        known = self.headers["Authorization"] == f"Bearer {TOKEN}"
        self._send(200 if known else 401, self.answer)

    def do_POST(self) -> None:
        self._send(200, {"products": []})

    def _send(self, status: int, body: object) -> None:
        self.send_response(status)
        self.end_headers()
        self.wfile.write(json.dumps(body).encode())

    def log_message(self, *_: object) -> None:
        """Tests print nothing."""


@pytest.fixture
def dashboard(monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    monkeypatch.setenv("RAY_AUTH_TOKEN", TOKEN)
    with HTTPServer(("127.0.0.1", 0), Dashboard) as server:
        thread = Thread(target=server.serve_forever)
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()
        thread.join()


def test_every_application_with_its_status(dashboard: str) -> None:
    Dashboard.answer = {"applications": {"orders": {"status": "DEPLOYING", "message": ""}}}
    assert applications(dashboard) == {"orders": Application("DEPLOYING")}


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


def test_a_catalogue_without_products_is_not_loaded(dashboard: str) -> None:
    assert not catalogue_is_loaded(dashboard)
    assert not catalogue_is_loaded("http://127.0.0.1:1")


def test_each_change_is_one_plain_line_where_there_is_no_terminal() -> None:
    paper = io.StringIO()
    with StartProgress(Console(file=paper), ["carts", "orders"]) as progress:
        progress.show({"carts": Application("DEPLOYING")}, 1)
        progress.show({"carts": Application("DEPLOYING")}, 2)
        progress.show({}, 3)
        progress.show({"carts": Application(RUNNING), "orders": Application(FAILED)}, 4)
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
        progress.show({"carts": Application(RUNNING)}, 4)
    assert "[green]" not in screen.getvalue()
    for service in applications_of(APART):
        assert service in screen.getvalue()
