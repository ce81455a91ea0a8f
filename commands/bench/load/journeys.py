"""What is asked of the store again and again; one journey is one unit of a row of the table.

A journey of several requests says in `spent` how long each took.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from typing import Any

from commands.bench.load import vendure_journeys
from commands.bench.load.shopper import Json, Shopper, UnexpectedAnswerError
from commands.bench.stores.ceiling_routes import PREFIX
from deployments.payments.contract import CARD, SANDBOX_HANDLER, TOKEN

Journey = Callable[[Shopper], Awaitable[None]]

LOOKED_UP = 20
PURCHASE_STEPS = ("cart", "session", "address", "option", "complete")
CEILING_PATH, CALL_PATH = f"{PREFIX}/empty", f"{PREFIX}/call"
_BUYER = {"email": "ada@example.com"}
_ADDRESS = {
    "street_address": "1 Main St",
    "address_locality": "Davis",
    "address_region": "CA",
    "address_country": "US",
    "postal_code": "95616",
}
_SHIPPED = {"type": "shipping", "destinations": [_ADDRESS]}


class NothingLeftError(Exception):
    """What the journey needs has been used up."""


async def ceiling(shopper: Shopper) -> None:
    """An empty route."""
    await shopper.read(CEILING_PATH, None, b"")


async def call(shopper: Shopper) -> None:
    """A route that makes one empty call over a handle."""
    await shopper.read(CALL_PATH, None, b"")


async def product(shopper: Shopper) -> None:
    """One product."""
    body = {"id": shopper.pick(shopper.workload.products)}
    await shopper.read("/catalog/product", body, b'"product":')


async def lookup(shopper: Shopper) -> None:
    """Twenty variants by id."""
    body = {"ids": shopper.pick_several(shopper.workload.skus, LOOKED_UP)}
    await shopper.read("/catalog/lookup", body, b'"products":[{')


async def search(shopper: Shopper) -> None:
    """Ten products by words."""
    body = {"query": shopper.pick(shopper.workload.queries)}
    await shopper.read("/catalog/search", body, b'"products":[{')


async def create_cart(shopper: Shopper) -> None:
    """A new cart."""
    cart = await shopper.write("cart", "POST", "/carts", {"line_items": _lines(shopper)})
    shopper.pool.carts.append(cart["id"])


async def replace_cart(shopper: Shopper) -> None:
    """Other contents for a cart that is there."""
    cart = _next(shopper.pool.carts)
    body = {"id": cart, "line_items": _lines(shopper, quantity=2)}
    await shopper.write("cart", "PUT", f"/carts/{cart}", body)
    shopper.pool.carts.append(cart)


async def create_session(shopper: Shopper) -> None:
    """A new session that could be completed at once."""
    session = await shopper.write("session", "POST", "/checkout-sessions", _whole(shopper))
    shopper.pool.sessions.append(_ready(session)["id"])


async def replace_session(shopper: Shopper) -> None:
    """Other contents for a session that is there."""
    known = _next(shopper.pool.sessions)
    body = {"id": known, **_whole(shopper)}
    session = await shopper.write("session", "PUT", f"/checkout-sessions/{known}", body)
    shopper.pool.sessions.append(_ready(session)["id"])


async def complete(shopper: Shopper) -> None:
    """Payment for a session that is ready."""
    await _complete(shopper, _next(shopper.pool.sessions))


async def sale(shopper: Shopper) -> None:
    """An order in as few requests as there can be: a session, and payment."""
    await create_session(shopper)
    await complete(shopper)


async def read_order(shopper: Shopper) -> None:
    """An order that was placed."""
    order = _next(shopper.pool.orders)
    shopper.pool.orders.append(order)
    await shopper.read(f"/orders/{order}", None, b'"line_items":[{')


async def purchase(shopper: Shopper) -> None:
    """A cart, a session of it, an address, a shipping option, and payment: five requests."""
    cart = await shopper.write("cart", "POST", "/carts", {"line_items": _lines(shopper)})
    body: Json = {"cart_id": cart["id"]}
    session = await shopper.write("session", "POST", "/checkout-sessions", body)
    session = await _deliver(shopper, session, "address", _SHIPPED)
    group = session["fulfillment"]["methods"][0]["groups"][0]["id"]
    chosen = {"id": group, "selected_option_id": shopper.workload.option}
    session = await _deliver(shopper, session, "option", {**_SHIPPED, "groups": [chosen]})
    await _complete(shopper, _ready(session)["id"])


async def _deliver(shopper: Shopper, session: Json, what: str, method: Mapping[str, Any]) -> Json:
    """The whole session again, with this delivery."""
    body = {
        "id": session["id"],
        "line_items": session["line_items"],
        "buyer": _BUYER,
        "fulfillment": {"methods": [method]},
    }
    return await shopper.write(what, "PUT", f"/checkout-sessions/{session['id']}", body)


async def _complete(shopper: Shopper, session: str) -> None:
    done = await shopper.write(
        "complete", "POST", f"/checkout-sessions/{session}/complete", _PAYMENT
    )
    if done["status"] != "completed":
        raise UnexpectedAnswerError(f"the session is {done['status']}")
    shopper.pool.orders.append(done["order"]["id"])


def _lines(shopper: Shopper, quantity: int = 1) -> list[Json]:
    skus = shopper.pick_several(shopper.workload.skus, shopper.workload.lines)
    return [{"item": {"id": sku}, "quantity": quantity} for sku in skus]


def _whole(shopper: Shopper) -> Json:
    group = {"id": "package_1", "selected_option_id": shopper.workload.option}
    method = {**_SHIPPED, "groups": [group]}
    return {
        "line_items": _lines(shopper),
        "buyer": _BUYER,
        "fulfillment": {"methods": [method]},
    }


_PAYMENT: Json = {
    "payment": {
        "instruments": [
            {
                "id": "card-1",
                "handler_id": SANDBOX_HANDLER,
                "type": CARD,
                "selected": True,
                "credential": {"type": TOKEN, "token": "success_token"},
            }
        ]
    }
}


def _ready(session: Json) -> Json:
    if session["status"] != "ready_for_complete":
        codes = sorted({str(each["code"]) for each in session.get("messages", ())})
        raise UnexpectedAnswerError(" ".join(["the session is", session["status"], *codes]))
    return session


def _next(made: Any) -> str:  # noqa: ANN401 - a deque of ids.
    if not made:
        raise NothingLeftError
    return str(made.popleft())


JOURNEYS: Mapping[str, Journey] = {
    "ceiling": ceiling,
    "call": call,
    "product": product,
    "lookup": lookup,
    "search": search,
    "cart create": create_cart,
    "cart replace": replace_cart,
    "session create": create_session,
    "session replace": replace_session,
    "complete": complete,
    "order": read_order,
    "sale": sale,
    "vendure product": vendure_journeys.product,
    "vendure purchase": vendure_journeys.purchase,
    "purchase": purchase,
}
