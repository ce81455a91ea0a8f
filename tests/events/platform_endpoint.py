"""A platform's endpoint for webhooks, which keeps all that it gets as it came."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

import httpx
from http_message_signatures import HTTPMessageVerifier, HTTPSignatureKeyResolver
from http_message_signatures.algorithms import ECDSA_P256_SHA256
from joserfc.jwk import ECKey
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from tests.served import served

Json = dict[str, Any]
PATH = "/hooks/orders"
SIGNED = ("@method", "@authority", "@path", "content-digest", "content-type", "webhook-id")


@dataclass(frozen=True)
class Delivered:
    """One request."""

    url: str
    headers: dict[str, str]
    body: bytes

    @property
    def id(self) -> str:
        """The name of the event, the same in every attempt."""
        return self.headers["webhook-id"]

    @property
    def order(self) -> Json:
        """The order, whole."""
        return dict(json.loads(self.body))


class _Keys(HTTPSignatureKeyResolver):
    """The public keys of a profile, by their names."""

    def __init__(self, profile: Json) -> None:
        self._keys = {key["kid"]: ECKey.import_key(key) for key in profile["signing_keys"]}

    def resolve_public_key(self, key_id: str) -> Any:  # noqa: ANN401 - as the library has it.
        return self._keys[key_id].public_key


def verify(delivered: Delivered, profile: Json) -> None:
    """Raises unless it was signed, whole, with one of the keys that the profile names."""
    verifier = HTTPMessageVerifier(
        signature_algorithm=ECDSA_P256_SHA256, key_resolver=_Keys(profile)
    )
    request = httpx.Request("POST", delivered.url, headers=delivered.headers)
    verifier.verify(request, require_components=SIGNED, body=delivered.body)


@dataclass
class PlatformEndpoint:
    """What has come. `first` has of each order the first request about each event."""

    requests: list[Delivered] = field(default_factory=list)
    first: dict[str, list[Delivered]] = field(default_factory=lambda: defaultdict(list))

    @property
    def ids(self) -> set[str]:
        """All events that have come."""
        return {delivered.id for first in self.first.values() for delivered in first}

    @property
    def again(self) -> int:
        """How many requests brought an event that had come before."""
        return len(self.requests) - sum(map(len, self.first.values()))

    async def take(self, request: Request) -> Response:
        """Keep it."""
        came = Delivered(str(request.url), dict(request.headers), await request.body())
        self.requests.append(came)
        known = self.first[came.order["id"]]
        if all(came.id != before.id for before in known):
            known.append(came)
        return Response(status_code=204)

    @asynccontextmanager
    async def listening(self) -> AsyncIterator[str]:
        """While it listens; gives its address."""
        app = Starlette(routes=[Route(PATH, self.take, methods=["POST"])])
        async with served(app) as base:
            yield f"{base}{PATH}"
