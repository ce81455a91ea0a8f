"""The profile as a Serve application under `/.well-known`."""

from __future__ import annotations

from ray import serve
from starlette.types import ASGIApp

from deployments.foundation.http.edge import http_app
from deployments.foundation.http.signing import signing_keys
from deployments.foundation.values.settings import public_url
from deployments.profile.routes import ProfileRoutes


@serve.deployment
@serve.ingress()
class Profile:
    """One replica of the profile. It has neither Redis nor dependencies, so it cannot be ill."""

    def __serve_build_asgi_app__(self) -> ASGIApp:
        """The public route."""
        keys = [key.public for key in signing_keys()]
        return http_app(ProfileRoutes(public_url(), keys).routes())


app = Profile.bind()  # type: ignore[attr-defined] # Serve's decorator gives it `bind`.
