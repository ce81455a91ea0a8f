"""The profile over HTTP."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from deployments.foundation.http import answer
from deployments.profile.domain import business_profile

# UCP (overview, "Profile Requirements"): public, and at least 60 seconds.
_CACHING = {"Cache-Control": "public, max-age=300"}


class ProfileRoutes:
    """The one handler, upon the store's public address."""

    def __init__(self, public_url: str) -> None:
        self._profile = business_profile(public_url)

    def routes(self) -> list[Route]:
        """All routes under `/.well-known`."""
        return [Route("/ucp", self.get, methods=["GET"])]

    async def get(self, _request: Request) -> Response:
        """The profile: the same for everybody, without a key, and for caches to keep."""
        return answer(self._profile, headers=_CACHING)
