"""Clients that are generated from the document buy in the store, and read all of its errors."""

from __future__ import annotations

import asyncio
import json
import os
import shutil
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any, NamedTuple

import pytest
from starlette.requests import Request
from starlette.types import ASGIApp, Receive, Scope, Send

from commands.openapi import public_operations
from deployments.foundation.http.answers import ProtocolError, error_answer
from deployments.foundation.http.authentication import DEVELOPMENT_KEY
from deployments.foundation.http.operations import Dialect
from deployments.profile.routes import OPENAPI_FILE
from tests.clients.generators import TYPESCRIPT, node_modules, python_generator, run
from tests.conftest import ClientOf
from tests.in_process import store_in_process
from tests.served import served

pytestmark = pytest.mark.long

PYTHON = Path(__file__).parent / "python"
DOCUMENT: Mapping[str, Any] = json.loads(OPENAPI_FILE.read_text())


class GeneratedClient(NamedTuple):
    """A program that uses a generated client, and where it runs."""

    command: tuple[str | Path, ...]
    directory: Path

    async def ask(self, what: str, url: str) -> Any:  # noqa: ANN401 - JSON.
        """What it found out."""
        arguments = (*self.command, what, url, DEVELOPMENT_KEY)
        said = await asyncio.to_thread(run, *arguments, cwd=self.directory)
        return json.loads(said)


@pytest.fixture(scope="module")
def python(tmp_path_factory: pytest.TempPathFactory) -> GeneratedClient:
    """A client in Python, of which nothing was left out."""
    directory = tmp_path_factory.mktemp("python")
    generator = python_generator()
    said = run(
        *(generator, "generate", "--path", OPENAPI_FILE, "--meta", "none"),
        *("--config", PYTHON / "generator.yaml"),
        *("--output-path", directory / "fieldhouse_client"),
        cwd=directory,
        env={**os.environ, "PATH": f"{generator.parent}:{os.environ['PATH']}"},
    )
    assert said.splitlines() == [f"Generating {directory / 'fieldhouse_client'}"]
    shutil.copy(PYTHON / "buyer.py", directory)
    return GeneratedClient((generator.with_name("python"), "buyer.py"), directory)


@pytest.fixture(scope="module")
def typescript(tmp_path_factory: pytest.TempPathFactory) -> GeneratedClient:
    """A client in TypeScript, which the strict compiler takes."""
    directory = tmp_path_factory.mktemp("typescript")
    modules = node_modules()
    for name in ("package.json", "tsconfig.json", "src"):
        source = TYPESCRIPT / name
        (shutil.copytree if source.is_dir() else shutil.copy)(source, directory / name)
    (directory / "node_modules").symlink_to(modules)
    programs = modules / ".bin"
    types = directory / "src" / "store.d.ts"
    run(programs / "openapi-typescript", OPENAPI_FILE, "--output", types, cwd=directory)
    run(programs / "tsc", cwd=directory)
    return GeneratedClient(("node", "dist/buyer.js"), directory)


@pytest.fixture(params=["python", "typescript"])
def client(request: pytest.FixtureRequest) -> GeneratedClient:
    """Each of them."""
    found: GeneratedClient = request.getfixturevalue(request.param)
    return found


def test_the_client_in_python_is_typed_throughout(python: GeneratedClient) -> None:
    config = ["--config-file", str(PYTHON / "mypy.ini")]
    interpreter = ["--python-executable", str(python.command[0])]
    mypy = [sys.executable, "-m", "mypy", *config, *interpreter]
    run(*mypy, "fieldhouse_client", "buyer.py", cwd=python.directory)


async def test_a_generated_client_buys(client: GeneratedClient, redis_of: ClientOf) -> None:
    async with store_in_process(redis_of) as store, served(store.app()) as url:
        bought = await client.ask("buy", url)
    assert bought["order"].startswith("order_")
    assert bought["units"] == 2


class WantedError:
    """Answers with the error that is asked for, as the edge of the service at the path does."""

    def __init__(self) -> None:
        self._dialects: Mapping[str, Dialect] = {
            prefix: operations[0].dialect for prefix, operations in public_operations().items()
        }

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        request = Request(scope)
        status = int(request.headers["x-wanted-status"])
        (dialect,) = (
            dialect
            for prefix, dialect in self._dialects.items()
            if request.url.path.startswith(prefix)
        )
        error = ProtocolError(status, f"code_{status}", "What to do about it.")
        await error_answer(error, dialect)(scope, receive, send)


def declared() -> dict[str, dict[str, str]]:
    """The codes that a client should read of each operation's errors, by status.

    Pages that people read are none of its business.
    """
    return {
        one["operationId"]: {
            status: f"code_{status}" for status in one["responses"] if int(status) >= 400
        }
        for path in DOCUMENT["paths"].values()
        for one in path.values()
        if "mail" not in one["tags"]
    }


async def test_a_generated_client_in_python_reads_every_error(python: GeneratedClient) -> None:
    app: ASGIApp = WantedError()
    async with served(app) as url:
        assert await python.ask("errors", url) == declared()


async def test_a_client_in_typescript_reads_every_error(typescript: GeneratedClient) -> None:
    async with served(WantedError()) as url:
        read = await typescript.ask("errors", url)
    for operation, errors in read.items():
        assert declared()[operation].items() <= errors.items(), operation
