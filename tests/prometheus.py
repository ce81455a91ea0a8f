"""A Prometheus that watches a store, as an operator runs one."""

from __future__ import annotations

import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx

from commands.ports import free_port

_READY_WITHIN_SECONDS = 60
_FOUND_WITHIN_SECONDS = 240


class Prometheus:
    """A client of a running Prometheus."""

    def __init__(self, port: int) -> None:
        self._url = f"http://127.0.0.1:{port}"

    def ask(self, path: str, **query: str) -> Any:  # noqa: ANN401 - JSON has no narrower type.
        """What its API answers."""
        answer = httpx.get(f"{self._url}/api/v1/{path}", params=query, timeout=30)
        assert answer.is_success, answer.text
        return answer.json()["data"]

    def values(self, expression: str) -> list[float]:
        """The values of an expression, now."""
        return [float(one["value"][1]) for one in self.ask("query", query=expression)["result"]]

    def wait_for(self, expression: str) -> list[float]:
        """The values of an expression, as soon as it has some."""
        last = time.monotonic() + _FOUND_WITHIN_SECONDS
        while not (found := self.values(expression)):
            assert time.monotonic() < last, f"Prometheus never found {expression}"
            time.sleep(0.5)
        return found

    @property
    def is_ready(self) -> bool:
        """Whether it answers queries."""
        try:
            return httpx.get(f"{self._url}/-/ready").is_success
        except httpx.HTTPError:
            return False


@contextmanager
def prometheus(configuration: str, directory: Path) -> Iterator[Prometheus]:
    """A Prometheus with this configuration; it ends with the block."""
    file, port = directory / "prometheus.yml", free_port()
    file.write_text(configuration)
    command = [
        *("prometheus", f"--config.file={file}", f"--storage.tsdb.path={directory / 'series'}"),
        f"--web.listen-address=127.0.0.1:{port}",
    ]
    with (directory / "prometheus.log").open("wb") as log:
        process = subprocess.Popen(command, stdout=log, stderr=log)
    try:
        client, last = Prometheus(port), time.monotonic() + _READY_WITHIN_SECONDS
        while not client.is_ready:
            assert process.poll() is None, (directory / "prometheus.log").read_text()
            assert time.monotonic() < last
            time.sleep(0.1)
        yield client
    finally:
        process.terminate()
        process.wait()
