"""Signatures are what RFC 9421 says: checked by a library, and again by hand."""

from __future__ import annotations

import base64
import hashlib
import re
from typing import Any

import httpx
import pytest
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ec import (
    ECDSA,
    SECP256R1,
    EllipticCurvePublicNumbers,
)
from cryptography.hazmat.primitives.asymmetric.utils import encode_dss_signature
from cryptography.hazmat.primitives.hashes import SHA256
from http_message_signatures import HTTPMessageVerifier, MappingKeyResolver
from http_message_signatures.algorithms import ECDSA_P256_SHA256
from joserfc.jwk import ECKey
from starlette.datastructures import Headers

from deployments.profile.domain import business_profile
from tests.conftest import ClientOf
from tests.unit.webhooks.composed_webhooks import STORE, ComposedWebhooks, fresh_keys
from tests.unit.webhooks.receiver import Received, Receiver, receiver
from tests.unit.webhooks.test_deliveries import took

Json = dict[str, Any]
PLAIN = ["@method", "@authority", "@path"]
FIELDS = [
    *("ucp-agent", "idempotency-key", "webhook-id", "webhook-timestamp"),
    *("content-digest", "content-type"),
]


def published(webhooks: ComposedWebhooks) -> list[Json]:
    """What the profile shows."""
    keys: list[Json] = business_profile(STORE, [key.public for key in webhooks.keys])[
        "signing_keys"
    ]
    return keys


def verify(received: Received, keys: list[Json]) -> list[str]:
    """By the library, as a platform would; the components that are covered."""
    public = {key["kid"]: ECKey.import_key(key).public_key for key in keys}
    verifier = HTTPMessageVerifier(
        signature_algorithm=ECDSA_P256_SHA256,
        key_resolver=MappingKeyResolver(public_keys=public, private_keys={}),
    )
    request = httpx.Request(
        "POST", received.url, headers=received.headers.raw, content=received.body
    )
    (result,) = verifier.verify(request, body=received.body)
    return [name.strip('"') for name in result.covered_components]


def verify_by_hand(received: Received, keys: list[Json]) -> None:
    """RFC 9421, section 3.2, for what UCP has: one signature, fields and components of requests."""
    given = received.headers["signature-input"]
    match = re.fullmatch(r'sig1=(\((.*)\);created=(\d+);keyid="([^"]+)")', given)
    assert match, given
    params, names, _created, kid = match.groups()
    url = httpx.URL(received.url)
    path, _, query = url.raw_path.decode().partition("?")
    known = {"@method": "POST", "@authority": received.headers["host"], "@path": path}
    known["@query"] = f"?{query}"
    lines = []
    for name in names.split():
        bare = name.strip('"')
        lines.append(f"{name}: {known.get(bare) or received.headers[bare]}")
    base = "\n".join([*lines, f'"@signature-params": {params}'])
    (key,) = [key for key in keys if key["kid"] == kid]
    x, y = (int.from_bytes(base64.urlsafe_b64decode(key[name] + "=="), "big") for name in "xy")
    sealed = received.headers["signature"].removeprefix("sig1=:").removesuffix(":")
    raw = base64.b64decode(sealed, validate=True)
    assert len(raw) == 64
    r, s = (int.from_bytes(half, "big") for half in (raw[:32], raw[32:]))
    public = EllipticCurvePublicNumbers(x, y, SECP256R1()).public_key()
    public.verify(encode_dss_signature(r, s), base.encode(), ECDSA(SHA256()))
    digest = base64.b64encode(hashlib.sha256(received.body).digest()).decode()
    assert received.headers["content-digest"] == f"sha-256=:{digest}:"


async def one(webhooks: ComposedWebhooks, hooks: Receiver) -> Received:
    await webhooks.register(hooks.url)
    async with webhooks.running():
        await webhooks.place()
        await took(hooks, 1)
    return hooks.taken[0]


async def test_a_delivery_verifies_with_the_profiles_key(
    webhooks: ComposedWebhooks, hooks: Receiver
) -> None:
    received = await one(webhooks, hooks)
    covered = verify(received, published(webhooks))
    assert covered == [*PLAIN, *FIELDS, "@signature-params"]
    verify_by_hand(received, published(webhooks))
    assert "alg=" not in received.headers["signature-input"]


async def test_a_query_is_signed_too(webhooks: ComposedWebhooks) -> None:
    async with receiver("/hooks?tenant=7&x=%2F") as hooks:
        received = await one(webhooks, hooks)
    assert "@query" in verify(received, published(webhooks))
    verify_by_hand(received, published(webhooks))


@pytest.mark.parametrize("field", ["ucp-agent", "webhook-id", "content-digest", "host"])
async def test_whatever_is_changed_shows(
    webhooks: ComposedWebhooks, hooks: Receiver, field: str
) -> None:
    received = await one(webhooks, hooks)
    raw = [(k, b"other" if k.decode() == field else v) for k, v in received.headers.raw]
    changed = Received(received.url, Headers(raw=raw), received.body)
    with pytest.raises(InvalidSignature):
        verify_by_hand(changed, published(webhooks))


async def test_the_first_key_signs_and_all_are_published(
    redis_of: ClientOf, hooks: Receiver
) -> None:
    first, second = fresh_keys(2)
    webhooks = ComposedWebhooks(redis_of, keys=(second, first))
    received = await one(webhooks, hooks)
    assert f'keyid="{second.kid}"' in received.headers["signature-input"]
    assert {key["kid"] for key in published(webhooks)} == {first.kid, second.kid}
    verify_by_hand(received, published(webhooks))
