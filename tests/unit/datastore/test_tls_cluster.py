"""The store on a cluster that is entered over TLS alone: buyers buy there while a slot moves."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from redis.asyncio import Redis
from redis.crc import key_slot
from redis.exceptions import ConnectionError as RedisConnectionError

from deployments.foundation.redis.connection import client
from tests.redis_servers import NODES, OPERATOR, WORD, Cluster, cluster, free_port
from tests.tls_front import PEERS, tls_front
from tests.unit.datastore.deployed_store import (
    ON_A_CLUSTER,
    deployed_store,
    name_redis,
    sells_while_a_slot_moves,
)
from tests.unit.notifications.certificate import certificate

pytestmark = ON_A_CLUSTER

CHECKOUT = key_slot(b"{checkout}")


@dataclass
class Encrypted:
    """A cluster, and the certificate that its nodes show."""

    nodes: Cluster
    certificate: Path

    @property
    def url(self) -> str:
        """What an operator sets."""
        return f"rediss+cluster://{self.nodes.hosts}?ssl_ca_certs={self.certificate}"


@pytest.fixture
def shop(tmp_path: Path) -> Iterator[Encrypted]:
    """Three primaries, each with a replica. Only nodes reach each other without TLS."""
    ports = {free_port(): free_port() for _ in range(NODES)}
    among = (f"bind-source-addr {PEERS}", "cluster-announce-ip 127.0.0.1", "appendonly no")
    with tempfile.TemporaryDirectory(prefix="fieldhouse-") as directory:
        shown = certificate(Path(directory))
        with (
            tls_front(Path(directory), shown, ports),
            cluster(tmp_path, *among, fronts=ports) as nodes,
        ):
            yield Encrypted(nodes, shown)


async def test_nothing_fails_while_a_slot_moves(
    shop: Encrypted,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    (tmp_path / "data").mkdir()
    name_redis(
        monkeypatch,
        shop.url,
        FIELDHOUSE_ORDER_DURABILITY="replica",
        FIELDHOUSE_DATA=str(tmp_path / "data"),
    )
    async with deployed_store() as store:
        await sells_while_a_slot_moves(store, shop.nodes, CHECKOUT, caplog)


async def test_nodes_that_show_a_strangers_certificate_are_not_entered(
    shop: Encrypted, monkeypatch: pytest.MonkeyPatch
) -> None:
    name_redis(monkeypatch, shop.url.partition("?")[0])
    monkeypatch.delenv("FIELDHOUSE_REDIS_SECRET")
    async with client("checkout", retries=0) as checkout:
        with pytest.raises(RedisConnectionError, match="certificate verify failed"):
            await checkout.ping()


async def test_who_speaks_no_tls_is_not_answered(shop: Encrypted) -> None:
    port = shop.nodes.servers[0].front
    assert port is not None
    async with Redis(port=port, username=OPERATOR, password=WORD, socket_timeout=5) as plain:
        with pytest.raises(RedisConnectionError):
            await plain.ping()
