"""Carts over HTTP: UCP's REST binding of the cart capability, version 2026-04-08."""

from __future__ import annotations

from collections.abc import Mapping

from starlette.requests import Request
from starlette.responses import Response

from deployments.carts.contract import (
    CancelCart,
    Cart,
    CartBought,
    CartNotFound,
    CartsApi,
    CreateCart,
    GetCart,
    ReplaceCart,
)
from deployments.carts.contract.bodies import ContentsBody
from deployments.carts.contract.contents import MixedCurrencies, NothingToBuy
from deployments.carts.wire import cart_json
from deployments.foundation.http.answers import answer
from deployments.foundation.http.bodies import parse, path_id, read_body
from deployments.foundation.http.callers import etag, expected_version, idempotency, identify
from deployments.foundation.http.operations import Handler, Operation
from deployments.foundation.http.ucp import ERROR, error_body, not_found, rejection_body, ucp_schema

_CART = ucp_schema("discount.json#/$defs/dev.ucp.shopping.cart")
_CART_OR_ERROR = {"anyOf": [_CART, ERROR]}


class CartsRoutes:
    """The handlers, upon the service and the platforms' keys."""

    def __init__(self, service: CartsApi, keys: Mapping[str, str]) -> None:
        self._service, self._keys = service, keys

    def routes(self) -> list[Operation]:
        """All operations under `/carts`."""
        return [
            Operation(
                "POST",
                "/",
                _outcomes(self.create),
                id="create_cart",
                summary="Create a cart",
                bodies=(ContentsBody,),
                answers={201: _CART, 200: ERROR},
                writes=True,
            ),
            Operation(
                "GET",
                "/{id}",
                _outcomes(self.get),
                id="get_cart",
                summary="Show a cart as it was last priced",
                answers={200: _CART_OR_ERROR},
            ),
            Operation(
                "PUT",
                "/{id}",
                _outcomes(self.replace),
                id="update_cart",
                summary="Replace all of a cart's contents",
                bodies=(ContentsBody,),
                answers={200: _CART_OR_ERROR},
                writes=True,
                versioned=True,
            ),
            Operation(
                "POST",
                "/{id}/cancel",
                _outcomes(self.cancel),
                id="cancel_cart",
                summary="End a cart, and show it as it was",
                answers={200: _CART_OR_ERROR},
                writes=True,
            ),
        ]

    async def create(self, request: Request) -> Response:
        """Create Cart: 201."""
        caller = identify(request, self._keys)
        body = await read_body(request)
        cart = await self._service.create(
            CreateCart(
                platform=caller.platform,
                contents=parse(ContentsBody, body).contents(),
                request=idempotency(request, caller, body),
            )
        )
        return _show(cart, status=201)

    async def get(self, request: Request) -> Response:
        """Get Cart, as it was last priced."""
        caller = identify(request, self._keys)
        cart = await self._service.get(GetCart(cart_id=path_id(request), platform=caller.platform))
        return _show(cart)

    async def replace(self, request: Request) -> Response:
        """Update Cart: a full replacement."""
        caller = identify(request, self._keys)
        body = await read_body(request)
        parsed = parse(ContentsBody, body)
        cart = await self._service.replace(
            ReplaceCart(
                cart_id=path_id(request, parsed.id),
                platform=caller.platform,
                contents=parsed.contents(),
                expected_version=expected_version(request),
                request=idempotency(request, caller, body),
            )
        )
        return _show(cart)

    async def cancel(self, request: Request) -> Response:
        """Cancel Cart: the cart as it was. UCP's body for this is `{}`; whatever it says, goes."""
        caller = identify(request, self._keys)
        body = await read_body(request)
        cart = await self._service.cancel(
            CancelCart(
                cart_id=path_id(request),
                platform=caller.platform,
                request=idempotency(request, caller, body),
            )
        )
        return _show(cart)


def _show(cart: Cart, status: int = 200) -> Response:
    return answer(cart_json(cart), status=status, headers=etag(cart.version))


def _outcomes(handler: Handler) -> Handler:
    """Answers what carts' rejections become: business outcomes are 200 (UCP, REST binding)."""

    async def handle(request: Request) -> Response:
        try:
            return await handler(request)
        except CartNotFound:
            return answer(not_found("Cart"))
        except NothingToBuy as rejection:
            return answer(error_body(rejection.notices))
        except (CartBought, MixedCurrencies) as rejection:
            return answer(rejection_body(rejection))

    return handle
