"""What Ray's HAProxy answers for itself, with the configuration that Ray writes for it."""

from __future__ import annotations

import os
import socket
import subprocess
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, replace
from pathlib import Path

import httpx
import pytest
from psutil import process_iter
from ray.serve._private.constants import SERVE_HTTP_REQUEST_DISCONNECT_DISABLED_HEADER
from ray.serve._private.haproxy import BackendConfig, HAProxyApi, HAProxyConfig, ServerConfig
from ray.serve._private.http_util import parse_disconnect_disabled_header
from ray.serve.config import HTTPOptions
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route

from commands import serve_process
from commands.ports import free_port
from commands.proxy.configuration import READY, UnexpectedConfigurationError, adapted
from tests.conditions import until
from tests.served import served

PREFIXES = ["/carts", "/catalog"]


@dataclass(frozen=True)
class Proxy:
    """A running HAProxy: its configuration, its address, and those of what else it listens for."""

    file: Path
    url: str
    metrics: int
    statistics: int
    config: HAProxyConfig


def configured(directory: Path, replica: int) -> Proxy:
    """What Ray writes for one application with one replica, and one whose replica is gone."""
    port, metrics, statistics = free_port(), free_port(), free_port()
    config = HAProxyConfig(
        socket_path=str(directory / "admin.sock"),
        server_state_base=str(directory),
        server_state_file=str(directory / "state"),
        stats_port=statistics,
        metrics_port=metrics,
        metrics_socket_path=str(directory / "metrics.sock"),
        http_options=HTTPOptions(host="127.0.0.1", port=port),
        has_received_routes=True,
        is_head=True,
    )
    ports = {"carts": replica, "orders": free_port()}
    backends = {name: backend(name, at) for name, at in ports.items()}
    proxy = Proxy(
        directory / "haproxy.cfg", f"http://127.0.0.1:{port}", metrics, statistics, config
    )
    write(proxy, backends)
    return proxy


def backend(name: str, port: int) -> BackendConfig:
    """An application with one replica."""
    server = ServerConfig(name="one", host="127.0.0.1", port=port)
    return BackendConfig(name=name, path_prefix=f"/{name}", app_name=name, servers=[server])


def write(proxy: Proxy, backends: Mapping[str, BackendConfig]) -> None:
    """Let Ray write the configuration for these applications."""
    api = HAProxyApi(proxy.config, dict(backends), str(proxy.file))
    api._generate_config_file_internal()  # noqa: SLF001 - Ray's own way to it.


@contextmanager
def running(proxy: Proxy) -> Iterator[subprocess.Popen[bytes]]:
    """Start it as Ray does, and end it."""
    command = [
        serve_process.FIXED["RAY_SERVE_HAPROXY_BINARY_PATH"],
        "-db",
        "-f",
        str(proxy.file),
        "-dR",
    ]
    environment = serve_process.python_first({**os.environ, **serve_process.FIXED})
    with proxy.file.with_name("output").open("wb") as output:
        process = subprocess.Popen(command, stdout=output, stderr=output, env=environment)
    try:
        yield process
    finally:
        process.terminate()
        process.wait()


async def replica(request: Request) -> Response:
    """Answers health checks as Serve's replicas do, and everything else."""
    return PlainTextResponse(request.url.path)


async def test_only_applications_are_public_and_errors_are_the_stores(tmp_path: Path) -> None:
    app = Starlette(routes=[Route("/{path:path}", replica)])
    async with served(app) as url:
        proxy = configured(tmp_path, int(url.rpartition(":")[2]))
        with running(proxy):
            async with httpx.AsyncClient(base_url=proxy.url) as client:

                async def answers() -> bool:
                    try:
                        return (await client.get("/carts")).is_success
                    except httpx.TransportError:
                        return False

                log = tmp_path / "output"
                await until(answers, "HAProxy answers", tell=log.read_text)
                await until(
                    lambda: _is(client, READY, 200), "the node is ready", tell=log.read_text
                )
                for path in ("/-/routes", "/-/healthz/", "/-/ROUTES?x=1", "/-/", "/nowhere", "/"):
                    answer = await client.get(path)
                    assert (answer.status_code, set(answer.json())) == (404, {"code", "content"})
                forwarded = await client.get(READY, headers={"X-Forwarded-For": "192.0.2.1"})
                assert (forwarded.status_code, forwarded.json()["code"]) == (404, "not_found")
                for path in ("/orders", "/catalog", "/catalog/search"):
                    away = await client.get(path)
                    assert (away.status_code, away.json()["code"]) == (503, "unavailable")
                    assert away.headers["Retry-After"] == "1"
                assert (await client.get("/catalogue")).status_code == 404
                assert (await client.get("/carts/-/routes")).text == "/carts/-/routes"


async def _is(client: httpx.AsyncClient, path: str, status: int) -> bool:
    return (await client.get(path)).status_code == status


async def test_a_node_that_is_drained_is_not_ready_and_serves(tmp_path: Path) -> None:
    app = Starlette(routes=[Route("/{path:path}", replica)])
    async with served(app) as url:
        proxy = configured(tmp_path, int(url.rpartition(":")[2]))
        draining = HAProxyApi(
            replace(proxy.config, pass_health_checks=False),
            {"carts": backend("carts", int(url.rpartition(":")[2]))},
            str(proxy.file),
        )
        draining._generate_config_file_internal()  # noqa: SLF001 - Ray's own way to it.
        with running(proxy):
            output = (tmp_path / "output").read_text
            await until(lambda: reached(proxy.url), "HAProxy answers", tell=output)
            async with httpx.AsyncClient(base_url=proxy.url) as client:
                assert await _is(client, READY, 503)


async def test_replicas_are_told_not_to_watch_whether_clients_leave(tmp_path: Path) -> None:
    """Serve reads it of the header that its own constant names."""

    async def told(request: Request) -> Response:
        headers = {name.encode(): value.encode() for name, value in request.headers.items()}
        return PlainTextResponse(str(parse_disconnect_disabled_header(headers)))

    async with served(Starlette(routes=[Route("/{path:path}", told)])) as url:
        proxy = configured(tmp_path, int(url.rpartition(":")[2]))
        with running(proxy):
            output = (tmp_path / "output").read_text
            await until(lambda: reached(proxy.url), "HAProxy answers", tell=output)
            async with httpx.AsyncClient(base_url=proxy.url) as client:
                said = {SERVE_HTTP_REQUEST_DISCONNECT_DISABLED_HEADER: "?0"}
                assert (await client.get("/carts", headers=said)).text == "True"


@pytest.mark.parametrize("wanted", [True, False])
async def test_requests_are_logged_only_where_somebody_wants_them(
    tmp_path: Path, *, wanted: bool
) -> None:
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as syslog:
        syslog.bind(str(tmp_path / "syslog"))
        syslog.setblocking(False)
        async with served(Starlette(routes=[Route("/{path:path}", replica)])) as url:
            proxy = configured(tmp_path, int(url.rpartition(":")[2]))
            log_to(proxy, tmp_path / "syslog", instead=wanted)
            with running(proxy):
                output = (tmp_path / "output").read_text
                await until(lambda: reached(proxy.url), "HAProxy answers", tell=output)
        assert any("GET /carts" in line for line in received(syslog)) is wanted


def log_to(proxy: Proxy, place: Path, *, instead: bool) -> None:
    """Have HAProxy log there, too, or instead of where Ray says that it shall."""
    usual = "    log 127.0.0.1:514 local0 info\n"
    written = proxy.file.read_text()
    assert usual in written
    there = usual.replace("127.0.0.1:514", str(place))
    proxy.file.write_text(written.replace(usual, there if instead else usual + there))


def received(syslog: socket.socket) -> Iterator[str]:
    """What has come until now."""
    with suppress(BlockingIOError):
        while True:
            yield syslog.recv(8192).decode()


def test_it_listens_everywhere_where_the_api_does(tmp_path: Path) -> None:
    proxy = configured(tmp_path, free_port())
    everywhere = replace(proxy.config, http_options=HTTPOptions(host="0.0.0.0", port=8000))
    HAProxyApi(everywhere, {}, str(proxy.file))._generate_config_file_internal()  # noqa: SLF001
    lines = adapted(proxy.file.read_text(), tmp_path / "503.http", PREFIXES).splitlines()
    bound = sorted(line.split()[1] for line in lines if line.strip().startswith("bind "))
    assert bound == sorted(f"*:{port}" for port in (8000, proxy.metrics, proxy.statistics))


async def reached(url: str) -> bool:
    """Whether carts answer, on a new connection."""
    async with httpx.AsyncClient(base_url=url) as client:
        try:
            return (await client.get("/carts")).is_success
        except httpx.TransportError:
            return False


def serving(proxy: Proxy) -> list[str]:
    """The configurations of the HAProxies that are running, by their files' names."""
    titles = [" ".join(process.info["cmdline"] or ()) for process in process_iter(["cmdline"])]
    directory = str(proxy.file.parent)
    ours = [title for title in titles if directory in title and "/haproxy " in title]
    return sorted(title.split(" -f ")[1].split()[0].rpartition("/")[2] for title in ours)


async def test_a_haproxy_that_dies_is_stood_in_for_until_the_next_one(tmp_path: Path) -> None:
    """The next one knows no application at first, and serves those that there were."""
    app = Starlette(routes=[Route("/{path:path}", replica)])
    async with served(app) as url:
        proxy = configured(tmp_path, int(url.rpartition(":")[2]))
        output = (tmp_path / "output").read_text
        with running(proxy) as process:
            await until(lambda: reached(proxy.url), "HAProxy answers", tell=output)
            process.kill()
            process.wait()
            await until(lambda: reached(proxy.url), "a stand-in answers", tell=output)
            assert serving(proxy) == ["stand-in.cfg"]
        write(proxy, {})
        with running(proxy):
            await until(lambda: serving(proxy) == ["haproxy.cfg"], "it takes over", tell=output)
            assert await reached(proxy.url)


def test_metrics_and_statistics_are_given_where_the_api_is(tmp_path: Path) -> None:
    proxy = configured(tmp_path, free_port())
    lines = adapted(proxy.file.read_text(), tmp_path / "503.http", PREFIXES).splitlines()
    assert sorted(line.split()[1] for line in lines if line.strip().startswith("bind ")) == sorted(
        [
            f"127.0.0.1:{proxy.metrics}",
            f"127.0.0.1:{proxy.statistics}",
            proxy.url.removeprefix("http://"),
        ]
    )


def test_what_is_adapted_already_stays_as_it_is(tmp_path: Path) -> None:
    written = configured(tmp_path, free_port()).file.read_text()
    once = adapted(written, tmp_path / "503.http", PREFIXES)
    assert adapted(once, tmp_path / "503.http", PREFIXES) == once != written


def test_another_template_is_refused(tmp_path: Path) -> None:
    written = configured(tmp_path, free_port()).file.read_text()
    with pytest.raises(UnexpectedConfigurationError, match="http_frontend"):
        adapted(written.replace("http_frontend", "frontend"), tmp_path / "503.http", PREFIXES)
