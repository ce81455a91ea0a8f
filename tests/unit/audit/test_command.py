"""The command tells people and machines what it found, and what it cannot reach, in one line."""

from __future__ import annotations

import asyncio
import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest

from commands.audit.checks import checks_of
from commands.exit_status import FOUND, OK, UNUSABLE
from deployments.carts.contract import PublishAbandoned
from deployments.datastore.server import ValkeyServer
from deployments.payments.events import PaymentCaptured
from deployments.topology import SERVICES
from tests.conftest import SECRET
from tests.unit.audit.audited_store import AuditedStore

ROOT = Path(__file__).parents[3]


@pytest.fixture
async def audited(audited: AuditedStore) -> AuditedStore:
    """A store whose cart was published as abandoned: by the server's clock, which the command goes
    by, it was left long ago."""
    audited.services.clock.forward(seconds=1)
    await audited.services.carts.publish_abandoned(PublishAbandoned(seconds=1, limit=10))
    return audited


async def run_audit(url: str, *arguments: str, **settings: str) -> subprocess.CompletedProcess[str]:
    """The command on the store behind a URL, in a process of its own."""
    ours = {"REDIS_URL", *(f"{service.upper()}_REDIS_URL" for service in SERVICES)}
    kept = {name: value for name, value in os.environ.items() if name not in ours}
    environment = kept | {"REDIS_URL": url, "FIELDHOUSE_REDIS_SECRET": SECRET} | settings
    return await asyncio.to_thread(
        subprocess.run,
        [sys.executable, "-m", "commands", "audit", *arguments],
        cwd=ROOT,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )


async def test_a_clean_store_is_a_table_and_exit_code_0(
    audited: AuditedStore, valkey_socket: Path
) -> None:
    done = await run_audit(f"unix://{valkey_socket}")
    assert (done.returncode, done.stderr) == (OK, "")
    for check in checks_of(audited.books):
        assert f"| {check.name} " in done.stdout
    assert "2 orders, 3 payments" in done.stdout
    assert done.stdout.splitlines()[-1] == "The books are straight."
    assert done.stdout.isascii()


async def test_a_discrepancy_is_shown_with_its_keys_and_exit_code_1(
    audited: AuditedStore, valkey_socket: Path
) -> None:
    bought = await audited.buy()
    await audited.admin.delete(bought.payment)
    done = await run_audit(f"unix://{valkey_socket}")
    assert done.returncode == FOUND
    assert done.stdout.splitlines()[-1] == "4 discrepancies."
    for shown in ("payment_missing", bought.order, bought.payment, "The order has no payment."):
        assert shown in done.stdout


async def test_dead_letters_are_a_line_and_exit_code_0(
    audited: AuditedStore, valkey_socket: Path
) -> None:
    audited.followers.fate(PaymentCaptured, "dead")
    await audited.follow()
    done = await run_audit(f"unix://{valkey_socket}")
    assert done.returncode == OK
    assert done.stdout.splitlines()[-2:] == [
        "orders: 2 dead letters wait for an operator; see `make dead-letters`.",
        "The books are straight.",
    ]


async def test_machines_get_json(audited: AuditedStore, valkey_socket: Path) -> None:
    bought = await audited.buy()
    await audited.admin.delete(bought.payment)
    done = await run_audit(f"unix://{valkey_socket}", "--json")
    said = json.loads(done.stdout)
    assert (done.returncode, said["clean"]) == (FOUND, False)
    checks = {check["name"]: check for check in said["checks"]}
    assert list(checks) == [check.name for check in checks_of(audited.books)]
    assert checks["payments"]["checked"] == {"orders": 3, "payments": 3}
    assert checks["payments"]["discrepancies"] == [
        {
            "rule": "payment_missing",
            "keys": [bought.order, bought.payment],
            "what": "The order has no payment.",
        }
    ]


async def test_each_service_may_have_a_server_of_its_own(
    audited: AuditedStore, valkey_socket: Path
) -> None:
    """Whose own URL is set goes by it, credentials and all."""
    shared = f"unix://{valkey_socket}"
    own = {f"{service.upper()}_REDIS_URL": shared for service in SERVICES}
    done = await run_audit("redis://nowhere.invalid:1", "--json", **own)
    assert (done.returncode, json.loads(done.stdout)["clean"]) == (OK, True)


async def test_the_embedded_store_is_found_by_its_directory() -> None:
    with tempfile.TemporaryDirectory(prefix="fieldhouse-") as directory:
        socket = Path(directory) / "valkey.sock"
        server = asyncio.create_task(ValkeyServer(Path(directory), socket).run())
        try:
            async with asyncio.timeout(30):
                while not socket.exists():  # noqa: ASYNC110 - a server tells nobody.
                    await asyncio.sleep(0.05)
            embedded = {"FIELDHOUSE_DATA": directory, "FIELDHOUSE_REDIS_SECRET": ""}
            done = await run_audit("", "--json", **embedded)
        finally:
            server.cancel()
            await asyncio.gather(server, return_exceptions=True)
    assert (done.returncode, done.stderr) == (OK, "")


@pytest.mark.parametrize("secret", [SECRET, "another secret"])
async def test_a_redis_that_does_not_answer_is_one_line_and_exit_code_2(
    audited: AuditedStore, valkey_socket: Path, tmp_path: Path, secret: str
) -> None:
    socket = valkey_socket if secret != SECRET else tmp_path / "nothing.sock"
    done = await run_audit(f"unix://{socket}", FIELDHOUSE_REDIS_SECRET=secret)
    assert (done.returncode, done.stdout) == (UNUSABLE, "")
    assert done.stderr.startswith("fieldhouse: Redis does not answer the user 'catalog': ")
    assert done.stderr.endswith("set as they are for it?\n")
    assert done.stderr.count("\n") == 1
