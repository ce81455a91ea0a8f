"""Waitlist over HTTP: JSON, with problem details (RFC 9457) as errors."""

from __future__ import annotations

from collections.abc import Mapping

from pydantic import BaseModel, ConfigDict, ValidationError
from starlette.requests import Request
from starlette.responses import Response

from deployments.foundation.http.answers import ProtocolError, answer
from deployments.foundation.http.bodies import parse, read_body
from deployments.foundation.http.callers import identify
from deployments.foundation.http.operations import Operation
from tests.template.waitlist.contract import (
    Buyer,
    InStock,
    ListFull,
    NoSuchItem,
    NotWaiting,
    Place,
    Sku,
    WaitingBuyer,
    WaitlistApi,
)

_STATUS = {NoSuchItem: 404, InStock: 409, ListFull: 409}


class JoinBody(BaseModel):
    """Who wants to wait, and for what."""

    model_config = ConfigDict(extra="ignore", strict=True, hide_input_in_errors=True)

    sku: Sku
    buyer: Buyer


class WaitlistRoutes:
    """The handlers, upon the service and the platforms' keys."""

    def __init__(self, service: WaitlistApi, keys: Mapping[str, str]) -> None:
        self._service, self._keys = service, keys

    def routes(self) -> list[Operation]:
        """All operations under `/waitlist`."""
        return [
            Operation(
                "POST",
                "/",
                self.join,
                id="join_waitlist",
                summary="Wait for what is sold out",
                bodies=(JoinBody,),
                answers={201: Place},
                errors={404: "The store does not sell this.", 409: "Nobody has to or may wait."},
                dialect="problem",
            ),
            Operation(
                "GET",
                "/{sku}/{buyer}",
                self.find,
                id="get_waitlist_place",
                summary="Show a buyer's place in the list",
                answers={200: Place},
                errors={404: "The buyer does not wait for this."},
                dialect="problem",
            ),
        ]

    async def join(self, request: Request) -> Response:
        """Put a buyer into a list; the same answer however often it is asked."""
        caller = identify(request, self._keys)
        body = parse(JoinBody, await read_body(request))
        wanted = WaitingBuyer(sku=body.sku, platform=caller.platform, buyer=body.buyer)
        try:
            place = await self._service.join(wanted)
        except (NoSuchItem, InStock, ListFull) as no:
            raise ProtocolError(_STATUS[type(no)], no.public_code, no.sentence) from no
        return answer(place.model_dump(), status=201)

    async def find(self, request: Request) -> Response:
        """Show a place; 404 for whoever is not in the list, and for what cannot be."""
        caller = identify(request, self._keys)
        try:
            wanted = WaitingBuyer(platform=caller.platform, **request.path_params)
            return answer((await self._service.find(wanted)).model_dump())
        except NotWaiting as no:
            raise ProtocolError(404, no.public_code, no.sentence) from no
        except ValidationError as impossible:
            raise ProtocolError(404, "not_found", "No such SKU or buyer.") from impossible
