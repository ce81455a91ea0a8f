"""TLS is verified against the name in the URL, though the connection goes to a checked address."""

from __future__ import annotations

import asyncio
import ipaddress
import socket
import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

import uvicorn
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from deployments.webhooks.domain import DeliveryAttempt, DeliverySource, WebhookDelivery
from tests.conftest import ClientOf
from tests.unit.webhooks.composed_webhooks import ComposedWebhooks, Names

NAME, OTHER = "hooks.example", "elsewhere.example"


def certified(directory: Path, *names: x509.GeneralName) -> Path:
    """A certificate for these names, which vouches for itself, with its key."""
    key = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "for tests")])
    now = datetime.now(UTC)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName(names), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    pem = serialization.Encoding.PEM
    secret = key.private_bytes(pem, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    file = directory / "certificate.pem"
    file.write_bytes(certificate.public_bytes(pem) + secret)
    return file


@asynccontextmanager
async def secured(certificate: Path, hosts: list[str]) -> AsyncIterator[int]:
    """A server with this certificate that keeps the hosts it is asked for; gives its port."""

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        hosts.append(Request(scope).headers["host"])
        await Response()(scope, receive, send)

    with socket.socket() as listening:
        listening.bind(("127.0.0.1", 0))
        listening.listen()
        config = uvicorn.Config(
            app, lifespan="off", log_config=None, ssl_certfile=certificate, ssl_keyfile=certificate
        )
        server = uvicorn.Server(config)
        running = asyncio.create_task(server.serve([listening]))
        try:
            yield listening.getsockname()[1]
        finally:
            server.should_exit = True
            await running


def trusting(redis_of: ClientOf, certificate: Path, *, addresses: list[str]) -> ComposedWebhooks:
    resolve = Names({NAME: addresses, OTHER: addresses, "127.0.0.1": ["127.0.0.1"]})
    trust = ssl.create_default_context(cafile=str(certificate))
    return ComposedWebhooks(redis_of, resolve=resolve, verify=trust)


async def attempt(webhooks: ComposedWebhooks, url: str) -> DeliveryAttempt:
    now = datetime.now(UTC)
    source = DeliverySource("event_1", "org.fieldhouse.orders.placed.v1", now)
    return await webhooks.webhook_client.attempt(
        WebhookDelivery("1", "acme", "endpoint_1", url, "order_1", source, b"{}", 0, now)
    )


async def test_the_name_is_what_the_certificate_must_have(
    redis_of: ClientOf, tmp_path: Path
) -> None:
    certificate, hosts = certified(tmp_path, x509.DNSName(NAME)), list[str]()
    webhooks = trusting(redis_of, certificate, addresses=["127.0.0.1"])
    async with secured(certificate, hosts) as port:
        assert (await attempt(webhooks, f"https://{NAME}:{port}/")).status == 200
        for host in (OTHER, "127.0.0.1"):
            failed = await attempt(webhooks, f"https://{host}:{port}/")
            assert failed.status is None
            assert "CERTIFICATE_VERIFY_FAILED" in failed.error
    assert hosts == [f"{NAME}:{port}"]


async def test_a_certificate_that_nobody_vouches_for_is_none(
    redis_of: ClientOf, tmp_path: Path
) -> None:
    certificate, hosts = certified(tmp_path, x509.DNSName(NAME)), list[str]()
    webhooks = ComposedWebhooks(redis_of, resolve=Names({NAME: ["127.0.0.1"]}))
    async with secured(certificate, hosts) as port:
        failed = await attempt(webhooks, f"https://{NAME}:{port}/")
    assert "CERTIFICATE_VERIFY_FAILED" in failed.error
    assert hosts == []


async def test_an_address_may_be_certified_itself(redis_of: ClientOf, tmp_path: Path) -> None:
    certificate = certified(tmp_path, x509.IPAddress(ipaddress.ip_address("127.0.0.1")))
    webhooks = trusting(redis_of, certificate, addresses=[])
    async with secured(certificate, []) as port:
        assert (await attempt(webhooks, f"https://127.0.0.1:{port}/")).status == 200


async def test_the_next_address_is_tried_where_nobody_listens(
    redis_of: ClientOf, tmp_path: Path
) -> None:
    certificate = certified(tmp_path, x509.DNSName(NAME))
    webhooks = trusting(redis_of, certificate, addresses=["127.7.7.7", "127.0.0.1"])
    async with secured(certificate, []) as port:
        assert (await attempt(webhooks, f"https://{NAME}:{port}/")).status == 200
