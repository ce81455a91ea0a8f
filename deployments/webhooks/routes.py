"""Endpoints over HTTP. What is sent to them, and how it is signed, is UCP's to say."""

from __future__ import annotations

from collections.abc import Mapping

from pydantic import BaseModel, ConfigDict, Field
from starlette.requests import Request
from starlette.responses import Response

from deployments.foundation.http.answers import ProtocolError, answer
from deployments.foundation.http.bodies import parse, read_body
from deployments.foundation.http.callers import identify
from deployments.foundation.http.operations import Operation
from deployments.webhooks.contract import (
    LONGEST_URL,
    MOST_ENDPOINTS,
    EndpointNotFound,
    Endpoints,
    ListEndpoints,
    LookupsUnderWay,
    NothingSigned,
    RegisterEndpoint,
    RemoveEndpoint,
    TooManyEndpoints,
    UrlRefused,
    WebhookEndpoint,
    WebhooksApi,
)

_STATUS = {UrlRefused: 422, TooManyEndpoints: 409, LookupsUnderWay: 429, NothingSigned: 503}


class EndpointBody(BaseModel):
    """The URL that order events are to be sent to."""

    model_config = ConfigDict(extra="ignore", strict=True, hide_input_in_errors=True)

    url: str = Field(min_length=1, max_length=LONGEST_URL)


class WebhooksRoutes:
    """The handlers, upon the service and the platforms' keys."""

    def __init__(self, service: WebhooksApi, keys: Mapping[str, str]) -> None:
        self._service, self._keys = service, keys

    def routes(self) -> list[Operation]:
        """All operations under `/webhooks`."""
        return [
            Operation(
                "POST",
                "/",
                self.register,
                id="register_webhook",
                summary="Have order events sent to a URL",
                answers={201: WebhookEndpoint},
                errors={
                    409: f"The platform has {MOST_ENDPOINTS} endpoints already.",
                    422: "The store does not send to such a URL.",
                },
                dialect="problem",
                bodies=(EndpointBody,),
            ),
            Operation(
                "GET",
                "/",
                self.list,
                id="list_webhooks",
                summary="Show where order events are sent, and how that is going",
                answers={200: Endpoints},
                dialect="problem",
            ),
            Operation(
                "DELETE",
                "/{id}",
                self.remove,
                id="remove_webhook",
                summary="Have no more order events sent to a URL",
                answers={204: None},
                errors={404: "The platform has no such endpoint."},
                dialect="problem",
            ),
        ]

    async def register(self, request: Request) -> Response:
        """Register a URL; the same answer however often it is asked."""
        caller = identify(request, self._keys)
        wanted = parse(EndpointBody, await read_body(request))
        try:
            endpoint = await self._service.register(
                RegisterEndpoint(platform=caller.platform, url=wanted.url)
            )
        except (UrlRefused, TooManyEndpoints, LookupsUnderWay, NothingSigned) as no:
            raise ProtocolError(_STATUS[type(no)], no.public_code, no.sentence) from no
        return answer(_shown(endpoint), status=201)

    async def list(self, request: Request) -> Response:
        """The platform's own endpoints."""
        caller = identify(request, self._keys)
        found = await self._service.endpoints(ListEndpoints(platform=caller.platform))
        return answer(found.model_dump(mode="json", exclude_none=True))

    async def remove(self, request: Request) -> Response:
        """End an endpoint; 404 for one of another platform too."""
        caller = identify(request, self._keys)
        id_ = request.path_params["id"]
        try:
            await self._service.remove(RemoveEndpoint(platform=caller.platform, endpoint_id=id_))
        except EndpointNotFound as absent:
            raise ProtocolError(404, absent.public_code, absent.sentence) from absent
        return Response(status_code=204)


def _shown(endpoint: WebhookEndpoint) -> dict[str, object]:
    return endpoint.model_dump(mode="json", exclude_none=True)
