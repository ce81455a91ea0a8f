"""Buys with the generated client, and reads every error: `buyer.py buy|errors URL KEY`.

It is checked by mypy together with the client, which is generated and left as it is.
"""

from __future__ import annotations

import json
import sys
import uuid
from collections.abc import Callable, Mapping
from typing import Any, TypeVar, assert_type

from fieldhouse_client import AuthenticatedClient
from fieldhouse_client.api.carts import cancel_cart, create_cart, get_cart, update_cart
from fieldhouse_client.api.catalog import (
    get_picture,
    get_product,
    lookup_catalog,
    search_catalog,
)
from fieldhouse_client.api.checkout_sessions import (
    cancel_checkout,
    complete_checkout,
    create_checkout,
    get_checkout,
    update_checkout,
)
from fieldhouse_client.api.orders import get_order
from fieldhouse_client.api.webhooks import list_webhooks, register_webhook, remove_webhook
from fieldhouse_client.api.well_known import get_openapi, get_profile
from fieldhouse_client.models import (
    BuyerRequest,
    CartWithDiscount,
    CheckoutSession,
    CheckoutSessionStatus,
    CompleteRequest,
    ContentsRequest,
    CredentialRequest,
    DestinationRequest,
    DiscountsRequest,
    EndpointRequest,
    ErrorResponse,
    FromCartRequest,
    FulfillmentRequest,
    GetProductResponse,
    GroupRequest,
    InstrumentRequest,
    ItemRequest,
    LineItemRequest,
    LookupRequest,
    LookupResponse,
    MessageError,
    MethodRequest,
    Order,
    PaymentRequest,
    Problem,
    ProductRequest,
    ProtocolError,
    SearchRequest,
    SearchResponse,
    SessionRequest,
    UCPBusinessDiscoveryProfile,
)
from fieldhouse_client.types import Response

T = TypeVar("T")
STATUSES = [400, 401, 404, 408, 409, 412, 413, 415, 422, 429, 431, 500, 503]
WANTED = "X-Wanted-Status"
"""With which error a server answers that answers with nothing else."""
HOME = DestinationRequest(
    street_address="1 Main St",
    address_locality="Davis",
    address_region="CA",
    address_country="US",
    postal_code="95616",
)


def expect(kind: type[T], answer: Response[Any], status: int = 200) -> T:
    """What was answered, if it is of this kind."""
    shown = answer.parsed
    assert answer.status_code == status, (answer.status_code, shown)
    assert isinstance(shown, kind), shown
    return shown


def key() -> str:
    return str(uuid.uuid4())


def line(sku: str, quantity: int = 1) -> LineItemRequest:
    return LineItemRequest(item=ItemRequest(id=sku), quantity=quantity)


def browse(client: AuthenticatedClient) -> str:
    """A SKU that can be bought."""
    profile = expect(UCPBusinessDiscoveryProfile, get_profile.sync_detailed(client=client))
    assert profile.ucp.capabilities
    assert "dev.ucp.shopping.checkout" in profile.ucp.capabilities.additional_properties
    wanted = SearchRequest(query="mountain tire")
    found = expect(SearchResponse, search_catalog.sync_detailed(client=client, body=wanted))
    sku = found.products[0].variants[0].id
    named = LookupRequest(ids=[sku])
    looked_up = expect(LookupResponse, lookup_catalog.sync_detailed(client=client, body=named))
    assert looked_up.products[0].variants[0].inputs[0].id == sku
    one = ProductRequest(id=sku)
    product = expect(GetProductResponse, get_product.sync_detailed(client=client, body=one))
    assert product.product.variants[0].price.amount > 0
    return sku


def fill(client: AuthenticatedClient, sku: str) -> CartWithDiscount:
    """A cart of two."""
    codes = DiscountsRequest(codes=["WELCOME10"])
    wanted = ContentsRequest(line_items=[line(sku)], discounts=codes)
    made = create_cart.sync_detailed(client=client, body=wanted, idempotency_key=key())
    cart = expect(CartWithDiscount, made, 201)
    more = ContentsRequest(line_items=[line(sku, 2)], discounts=codes)
    changed = update_cart.sync_detailed(
        cart.id, client=client, body=more, idempotency_key=key(), if_match=made.headers["etag"]
    )
    assert expect(CartWithDiscount, changed).line_items[0].quantity == 2
    return expect(CartWithDiscount, get_cart.sync_detailed(cart.id, client=client))


def check_out(client: AuthenticatedClient, cart: CartWithDiscount, sku: str) -> CheckoutSession:
    """A session that can be completed."""
    body = FromCartRequest(cart_id=cart.id)
    opened = create_checkout.sync_detailed(client=client, body=body, idempotency_key=key())
    assert_type(opened.parsed, CheckoutSession | ErrorResponse | ProtocolError | None)
    session = expect(CheckoutSession, opened, 201)
    assert session.status is CheckoutSessionStatus.INCOMPLETE
    wanted = SessionRequest(
        line_items=[line(sku, 2)],
        buyer=BuyerRequest(email="ada@example.com"),
        fulfillment=FulfillmentRequest(
            methods=[MethodRequest(destinations=[HOME], groups=[GroupRequest("1")])]
        ),
    )
    changed = update_checkout.sync_detailed(
        session.id, client=client, body=wanted, idempotency_key=key()
    )
    assert_type(changed.parsed, CheckoutSession | ErrorResponse | ProtocolError | None)
    assert expect(CheckoutSession, changed).status is CheckoutSessionStatus.READY_FOR_COMPLETE
    return expect(CheckoutSession, get_checkout.sync_detailed(session.id, client=client))


def pay(client: AuthenticatedClient, session: CheckoutSession, token: str) -> CheckoutSession:
    credential = CredentialRequest(type_="token", token=token)
    instrument = InstrumentRequest("org.fieldhouse.sandbox", "card", credential)
    paying = CompleteRequest(payment=PaymentRequest(instruments=[instrument]))
    done = complete_checkout.sync_detailed(
        session.id, client=client, body=paying, idempotency_key=key()
    )
    assert_type(done.parsed, CheckoutSession | ErrorResponse | ProtocolError | None)
    return expect(CheckoutSession, done)


def buy(client: AuthenticatedClient) -> Mapping[str, object]:
    """What came of it: from search to order, a declined card and a cancelled cart on the way."""
    sku = browse(client)
    session = check_out(client, fill(client, sku), sku)
    declined = pay(client, session, "fail_token")
    assert declined.messages
    (error,) = declined.messages
    assert isinstance(error, MessageError)
    assert error.code == "payment_failed"
    completed = pay(client, session, "success_token")
    assert completed.status is CheckoutSessionStatus.COMPLETED
    assert completed.order
    order = expect(Order, get_order.sync_detailed(completed.order.id, client=client))
    other = fill(client, sku)
    cancelled = cancel_cart.sync_detailed(other.id, client=client, idempotency_key=key())
    expect(CartWithDiscount, cancelled)
    gone = expect(ErrorResponse, get_cart.sync_detailed(other.id, client=client))
    assert gone.messages[0].code == "not_found"
    return {"order": order.id, "sku": sku, "units": order.line_items[0].quantity.total}


Operation = Callable[[AuthenticatedClient], Response[Any]]
"""One operation, asked for anything: whatever is asked, the answer is the wanted error."""


def operations() -> Mapping[str, Operation]:
    """The operations by their ids in the document, but for pages that people read."""
    contents, named = ContentsRequest(line_items=[line("x")]), FromCartRequest(cart_id="x")
    session, paying = SessionRequest(line_items=[]), CompleteRequest(PaymentRequest([]))
    hook = EndpointRequest(url="https://example.org")
    return {
        "get_profile": lambda c: get_profile.sync_detailed(client=c),
        "get_openapi": lambda c: get_openapi.sync_detailed(client=c),
        "search_catalog": lambda c: search_catalog.sync_detailed(client=c, body=SearchRequest()),
        "lookup_catalog": lambda c: lookup_catalog.sync_detailed(client=c, body=LookupRequest([])),
        "get_product": lambda c: get_product.sync_detailed(client=c, body=ProductRequest("x")),
        "get_picture": lambda c: get_picture.sync_detailed("x", client=c),
        "create_cart": lambda c: create_cart.sync_detailed(
            client=c, body=contents, idempotency_key="k"
        ),
        "get_cart": lambda c: get_cart.sync_detailed("x", client=c),
        "update_cart": lambda c: update_cart.sync_detailed(
            "x", client=c, body=contents, idempotency_key="k"
        ),
        "cancel_cart": lambda c: cancel_cart.sync_detailed("x", client=c, idempotency_key="k"),
        "create_checkout": lambda c: create_checkout.sync_detailed(
            client=c, body=named, idempotency_key="k"
        ),
        "get_checkout": lambda c: get_checkout.sync_detailed("x", client=c),
        "update_checkout": lambda c: update_checkout.sync_detailed(
            "x", client=c, body=session, idempotency_key="k"
        ),
        "complete_checkout": lambda c: complete_checkout.sync_detailed(
            "x", client=c, body=paying, idempotency_key="k"
        ),
        "cancel_checkout": lambda c: cancel_checkout.sync_detailed(
            "x", client=c, idempotency_key="k"
        ),
        "get_order": lambda c: get_order.sync_detailed("x", client=c),
        "list_webhooks": lambda c: list_webhooks.sync_detailed(client=c),
        "register_webhook": lambda c: register_webhook.sync_detailed(client=c, body=hook),
        "remove_webhook": lambda c: remove_webhook.sync_detailed("x", client=c),
    }


def errors(client: AuthenticatedClient) -> Mapping[str, Mapping[int, str]]:
    """The codes that were read of each operation's errors, by status."""
    found: dict[str, dict[int, str]] = {name: {} for name in operations()}
    for status in STATUSES:
        asking = client.with_headers({WANTED: str(status)})
        for name, operation in operations().items():
            answer = operation(asking)
            assert answer.status_code == status
            if answer.parsed is not None:
                assert isinstance(answer.parsed, ProtocolError | Problem), answer.parsed
                found[name][status] = answer.parsed.code
    return found


if __name__ == "__main__":
    what, url, api_key = sys.argv[1:]
    connected = AuthenticatedClient(url, api_key, prefix="", auth_header_name="X-API-Key")
    print(json.dumps({"buy": buy, "errors": errors}[what](connected)))
