"""What a process writes into its log."""

from __future__ import annotations

import json
import logging
import sys

from deployments.foundation.values.log_lines import JsonLines
from deployments.foundation.values.trace import tracing

LINES = JsonLines("carts", "a1b2", "0.2.0-x", lambda: "request-1")


def record(logger: str, message: str, *words: object) -> logging.LogRecord:
    return logging.LogRecord(logger, logging.WARNING, "", 1, message, words, None)


def test_an_event_is_one_line_that_says_where_it_comes_from() -> None:
    with tracing("00-" + "a" * 32 + "-" + "b" * 16 + "-01"):
        text = LINES.format(record("deployments.orders.service", "order %s\nis late", "7"))
    assert "\n" not in text
    line = json.loads(text)
    assert line["message"] == "order 7\nis late"
    assert (line["service"], line["replica"], line["release"]) == ("orders", "a1b2", "0.2.0-x")
    assert (line["request"], line["trace"], line["level"]) == ("request-1", "a" * 32, "WARNING")
    assert line["time"].endswith("+00:00")


def test_what_all_services_share_logs_as_the_service_that_runs_it() -> None:
    line = json.loads(LINES.format(record("deployments.foundation.events.loop", "a tick failed")))
    assert (line["service"], line["trace"]) == ("carts", "")


def test_a_failure_has_its_traceback_in_the_same_line() -> None:
    failed = record("deployments.carts.service", "failed")
    try:
        json.loads("{}")["x"]
    except KeyError:
        failed.exc_info = sys.exc_info()
    text = LINES.format(failed)
    assert "\n" not in text
    assert "KeyError" in json.loads(text)["error"]
