"""The profile over HTTP, and the document that describes all of the store's operations."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from pathlib import Path

from starlette.requests import Request
from starlette.responses import Response

from deployments.foundation.http.answers import answer
from deployments.foundation.http.operations import Operation, Schema
from deployments.foundation.http.ucp import Json
from deployments.profile.domain import business_profile

# UCP (overview, "Profile Requirements"): public, and at least 60 seconds.
_CACHING = {"Cache-Control": "public, max-age=300"}
_PROFILE = {"$ref": "https://ucp.dev/discovery/profile.json#/$defs/business_profile"}
_DOCUMENT: Schema = {"type": "object", "required": ["openapi", "info", "paths"]}
OPENAPI_FILE = Path(__file__).parent / "openapi.json"
"""Made by `make openapi` from the routes of all services, which this service may not import."""


class ProfileRoutes:
    """The handlers, upon the store's public address and the public halves of its signing keys.

    Nobody is asked for a key, or counted.
    """

    def __init__(self, public_url: str, signing_keys: Sequence[Json] = ()) -> None:
        self._profile = business_profile(public_url, signing_keys)

    def routes(self) -> list[Operation]:
        """All operations under `/.well-known`."""
        return [
            Operation(
                "GET",
                "/ucp",
                self.get,
                id="get_profile",
                summary="Show the business profile",
                answers={200: _PROFILE},
                keyed=False,
                limited=False,
            ),
            Operation(
                "GET",
                "/openapi.json",
                self.get_document,
                id="get_openapi",
                summary="Show this document",
                answers={200: _DOCUMENT},
                keyed=False,
                limited=False,
            ),
        ]

    async def get(self, _request: Request) -> Response:
        """The profile: the same for everybody, without a key, and for caches to keep."""
        return answer(self._profile, headers=_CACHING)

    async def get_document(self, _request: Request) -> Response:
        """The OpenAPI document of everything that the store's services answer."""
        return Response(_document(), media_type="application/json", headers=_CACHING)


@cache
def _document() -> bytes:
    return OPENAPI_FILE.read_bytes()
