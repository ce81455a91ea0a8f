"""Checkout over HTTP: UCP's REST binding of the checkout capability, version 2026-04-08."""

from __future__ import annotations

from collections.abc import Mapping

import pydantic_core
from starlette.requests import Request
from starlette.responses import Response

from deployments.carts.contract import CartBought, CartNotFound
from deployments.carts.contract.contents import MixedCurrencies, NothingToBuy
from deployments.checkout.bodies import CompleteBody, FromCartBody, SessionBody
from deployments.checkout.contract import (
    CancelSession,
    CheckoutApi,
    CompleteSession,
    CreateSession,
    GetSession,
    ReplaceSession,
    Session,
    SessionBusy,
    SessionClosed,
    SessionNotFound,
)
from deployments.checkout.domain import closed_notice
from deployments.checkout.wire import checkout_json
from deployments.foundation.http.answers import ProtocolError, answer
from deployments.foundation.http.bodies import parse, path_id, read_body
from deployments.foundation.http.callers import etag, expected_version, idempotency, identify
from deployments.foundation.http.operations import Handler, Operation
from deployments.foundation.http.ucp import ERROR, error_body, not_found, rejection_body, ucp_schema

_SESSION = {
    "title": "Checkout Session",
    "allOf": [
        ucp_schema("discount.json#/$defs/dev.ucp.shopping.checkout"),
        ucp_schema("fulfillment.json#/$defs/dev.ucp.shopping.checkout"),
    ],
}
_SESSION_OR_ERROR = {"anyOf": [_SESSION, ERROR]}


class CheckoutRoutes:
    """The handlers, upon the service and the platforms' keys."""

    def __init__(self, service: CheckoutApi, keys: Mapping[str, str]) -> None:
        self._service, self._keys = service, keys

    def routes(self) -> list[Operation]:
        """All operations under `/checkout-sessions`."""
        return [
            Operation(
                "POST",
                "/",
                _outcomes(self.create),
                id="create_checkout",
                summary="Open a checkout session of line items or of a cart",
                bodies=(SessionBody, FromCartBody),
                answers={201: _SESSION, 200: _SESSION_OR_ERROR},
                writes=True,
            ),
            Operation(
                "GET",
                "/{id}",
                _outcomes(self.get),
                id="get_checkout",
                summary="Show a checkout session",
                answers={200: _SESSION_OR_ERROR},
            ),
            Operation(
                "PUT",
                "/{id}",
                _outcomes(self.replace),
                id="update_checkout",
                summary="Replace all of a checkout session's contents",
                bodies=(SessionBody,),
                answers={200: _SESSION_OR_ERROR},
                writes=True,
                versioned=True,
            ),
            Operation(
                "POST",
                "/{id}/complete",
                _outcomes(self.complete),
                id="complete_checkout",
                summary="Pay for a checkout session and place the order",
                bodies=(CompleteBody,),
                answers={200: _SESSION_OR_ERROR},
                writes=True,
                versioned=True,
            ),
            Operation(
                "POST",
                "/{id}/cancel",
                _outcomes(self.cancel),
                id="cancel_checkout",
                summary="Cancel a checkout session",
                answers={200: _SESSION_OR_ERROR},
                writes=True,
            ),
        ]

    async def create(self, request: Request) -> Response:
        """Create Checkout: 201, or 200 for the session that the cart already has."""
        caller = identify(request, self._keys)
        body = await read_body(request)
        parsed: FromCartBody | SessionBody = (
            parse(FromCartBody, body) if _names_cart(body) else parse(SessionBody, body)
        )
        created = await self._service.create(
            CreateSession(
                platform=caller.platform,
                contents=parsed.session_contents(),
                cart_id=parsed.cart_id if isinstance(parsed, FromCartBody) else None,
                request=idempotency(request, caller, body),
            )
        )
        return _show(created.session, status=201 if created.created else 200)

    async def get(self, request: Request) -> Response:
        """Get Checkout."""
        caller = identify(request, self._keys)
        session = await self._service.get(
            GetSession(session_id=path_id(request), platform=caller.platform)
        )
        return _show(session)

    async def replace(self, request: Request) -> Response:
        """Update Checkout: a full replacement."""
        caller = identify(request, self._keys)
        body = await read_body(request)
        parsed = parse(SessionBody, body)
        session = await self._service.replace(
            ReplaceSession(
                session_id=path_id(request, parsed.id),
                platform=caller.platform,
                contents=parsed.session_contents(),
                expected_version=expected_version(request),
                request=idempotency(request, caller, body),
            )
        )
        return _show(session)

    async def complete(self, request: Request) -> Response:
        """Complete Checkout: pay and place the order."""
        caller = identify(request, self._keys)
        body = await read_body(request)
        session = await self._service.complete(
            CompleteSession(
                session_id=path_id(request),
                platform=caller.platform,
                instrument=parse(CompleteBody, body).instrument(),
                expected_version=expected_version(request),
                request=idempotency(request, caller, body),
            )
        )
        return _show(session)

    async def cancel(self, request: Request) -> Response:
        """Cancel Checkout."""
        caller = identify(request, self._keys)
        body = await read_body(request)
        session = await self._service.cancel(
            CancelSession(
                session_id=path_id(request),
                platform=caller.platform,
                request=idempotency(request, caller, body),
            )
        )
        return _show(session)


def _show(session: Session, status: int = 200) -> Response:
    return answer(checkout_json(session), status=status, headers=etag(session.version))


def _names_cart(body: bytes) -> bool:
    try:
        parsed = pydantic_core.from_json(body)
    except ValueError:
        return False
    return isinstance(parsed, dict) and parsed.get("cart_id") is not None


def _outcomes(handler: Handler) -> Handler:
    """Answers what checkout's rejections become: business outcomes are 200 (UCP, REST binding)."""

    async def handle(request: Request) -> Response:
        try:
            return await handler(request)
        except SessionNotFound:
            return answer(not_found("Checkout session"))
        except CartNotFound:
            return answer(not_found("Cart"))
        except NothingToBuy as rejection:
            return answer(error_body(rejection.notices))
        except (CartBought, MixedCurrencies) as rejection:
            return answer(rejection_body(rejection))
        except SessionClosed as rejection:
            session = rejection.session
            body = checkout_json(session, closed_notice(session))
            return answer(body, headers=etag(session.version))
        except SessionBusy as rejection:
            raise ProtocolError(409, rejection.public_code, rejection.sentence) from rejection

    return handle
