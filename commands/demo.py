"""`fieldhouse demo`: buys something in the running store and tells the story step by step."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass

from commands.exit_status import OK
from commands.offerings import (
    buyable,
    category,
    delivery_of,
    first_variant,
    option_row,
    option_total,
    price_span,
    stock,
    values,
)
from commands.page import ConsolePage
from commands.receipt import amounts, show_messages, show_receipt
from commands.storefront import Answer, Json, StoreError, Storefront, connect
from deployments.foundation.values.money import format_money

QUERY = "mountan bike tire"
BIKE = "mountain bike"
BOTTLE = "water bottle"
CODE = "WELCOME10"
BUYER = {"first_name": "Ada", "last_name": "Lovelace", "email": "ada@example.com"}
ADDRESS = {
    "street_address": "1 Main St",
    "address_locality": "Davis",
    "address_region": "CA",
    "address_country": "US",
    "postal_code": "95616",
}


@dataclass(frozen=True)
class Demo:
    """One purchase in one store, written to one page."""

    store: Storefront
    page: ConsolePage

    async def run(self) -> None:
        """The whole story. Raises `StoreError` where it cannot go on."""
        await self.store.reach()
        self.page.say(f"Shopping at {self.store.url}")
        await self.discover()
        tire = await self.search()
        bike = await self.look_closer()
        bottle = first_variant(await self._find(BOTTLE))
        cart = await self.fill_cart([(tire, 2), (bike, 1), (bottle, 1)])
        session = await self.check_out(cart)
        session = await self.deliver(session)
        session = await self.choose_shipping(session)
        session = await self.pay_with_a_bad_card(session)
        done = await self.pay(session)
        await self.see_order(done)

    async def discover(self) -> None:
        """What the store can do, from its profile."""
        self.page.step("Discover what the store can do")
        profile = (await self.store.get("/.well-known/ucp")).body["ucp"]
        self.page.say(f"UCP {profile['version']} with {', '.join(sorted(profile['capabilities']))}")
        self.page.say(f"Payment handlers: {', '.join(profile['payment_handlers'])}")

    async def search(self) -> Json:
        """A search with a typo; gives the variant to buy."""
        self.page.step(f"Search for {QUERY!r}, typo included")
        products = await self._find(QUERY)
        self.page.table(
            ["Product", "Category", "Price>", "In stock"],
            [[p["title"], category(p), price_span(p), stock(p["variants"])] for p in products],
        )
        return first_variant(products)

    async def look_closer(self) -> Json:
        """A product with options, narrowed to the one to buy."""
        self.page.step("Look at a product with options")
        products = await self._find(BIKE)
        chosen = max(products, key=lambda product: len(product.get("options", [])))
        product = (await self.store.post("/catalog/product", {"id": chosen["id"]})).body["product"]
        self.page.say(f"{product['title']}: {product['description']['plain']}")
        options = product.get("options", [])
        self.page.table(
            ["Option", "Values"], [[option["name"], values(option)] for option in options]
        )
        wanted = [{"name": option["name"], "label": buyable(option)} for option in options]
        body = {"id": product["id"], "selected": wanted}
        narrowed = (await self.store.post("/catalog/product", body)).body["product"]
        variant = first_variant([narrowed])
        price = format_money(variant["price"]["amount"], variant["price"]["currency"])
        choice = ", ".join(f"{o['name']} {o['label']}" for o in variant.get("options", []))
        self.page.say(f"Choosing {choice or variant['title']}: {variant['sku']} at {price}")
        return variant

    async def fill_cart(self, wanted: list[tuple[Json, int]]) -> Json:
        """A cart with a discount code."""
        self.page.step(f"Put {len(wanted)} lines and the code {CODE} into a cart")
        lines = [{"item": {"id": variant["id"]}, "quantity": units} for variant, units in wanted]
        body = {"line_items": lines, "discounts": {"codes": [CODE]}}
        cart = (await self.store.post("/carts", body)).body
        show_receipt(self.page, cart)
        for discount in cart["discounts"]["applied"]:
            amount = format_money(-discount["amount"], cart["currency"])
            self.page.say(f"{discount['title']}: {amount}")
        show_messages(self.page, cart)
        return cart

    async def check_out(self, cart: Json) -> Answer:
        """A checkout session made of the cart, which says what it still needs."""
        self.page.step("Check out")
        session = await self.store.post("/checkout-sessions", {"cart_id": cart["id"]})
        self.page.say(f"The session is {session.body['status']}; it says what it still needs:")
        show_messages(self.page, session.body)
        return session

    async def deliver(self, session: Answer) -> Answer:
        """Buyer and address; the store answers with shipping options and tax."""
        self.page.step("Say who buys and where to deliver")
        shown = await self._replace(session, {"type": "shipping", "destinations": [ADDRESS]})
        options = delivery_of(shown.body)["groups"][0]["options"]
        self.page.table(
            ["Shipping", "Carrier", "Arrives", "Price>"],
            [option_row(option, shown.body["currency"]) for option in options],
        )
        show_messages(self.page, shown.body)
        return shown

    async def choose_shipping(self, session: Answer) -> Answer:
        """The cheapest option; now the total is final."""
        method = delivery_of(session.body)
        group = method["groups"][0]
        cheapest = min(group["options"], key=option_total)
        self.page.step(f"Choose {cheapest['title']}")
        group = {"id": group["id"], "selected_option_id": cheapest["id"]}
        session = await self._replace(session, {**method, "groups": [group]})
        show_receipt(self.page, session.body)
        show_messages(self.page, session.body)
        if session.body["status"] != "ready_for_complete":
            raise StoreError("The checkout is not ready to be paid; its messages say why.")
        return session

    async def _replace(self, session: Answer, method: Json) -> Answer:
        """The whole session again, with this delivery, unless another has changed it meanwhile."""
        shown = session.body
        body = {
            "id": shown["id"],
            "line_items": shown["line_items"],
            "discounts": {"codes": shown["discounts"]["codes"]},
            "buyer": BUYER,
            "fulfillment": {"methods": [method]},
        }
        return await self.store.put(f"/checkout-sessions/{shown['id']}", body, session.etag)

    async def pay_with_a_bad_card(self, session: Answer) -> Answer:
        """A card that is declined; the session stays open."""
        self.page.step("Pay with a card that is declined")
        declined = await self._complete(session, "fail_token")
        show_messages(self.page, declined.body)
        self.page.say(f"Nothing is held or sold. The session is {declined.body['status']}.")
        if declined.body["status"] != "ready_for_complete":
            raise StoreError("The session should have stayed open after the declined card.")
        return declined

    async def pay(self, session: Answer) -> Json:
        """A card that pays; the session becomes an order."""
        self.page.step("Pay with another card")
        done = (await self._complete(session, "success_token")).body
        show_messages(self.page, done)
        if done["status"] != "completed":
            raise StoreError(f"The checkout is {done['status']}; its messages say why.")
        self.page.say(f"The session is completed: order {done['order']['label']}.", "bold green")
        return done

    async def _complete(self, session: Answer, token: str) -> Answer:
        shown = session.body
        (handler,) = next(iter(shown["ucp"]["payment_handlers"].values()))
        instrument = {
            "id": "card-1",
            "handler_id": handler["id"],
            "type": "card",
            "selected": True,
            "credential": {"type": "token", "token": token},
        }
        path = f"/checkout-sessions/{shown['id']}/complete"
        return await self.store.post(path, {"payment": {"instruments": [instrument]}})

    async def see_order(self, done: Json) -> None:
        """The order, which must come to what was paid."""
        self.page.step("See the order")
        order = (await self.store.get(f"/orders/{done['order']['id']}")).body
        show_receipt(self.page, order)
        for expectation in order["fulfillment"]["expectations"]:
            self.page.say(expectation["description"])
        if amounts(order) != amounts(done):
            raise StoreError("The order's totals are not those of the checkout.")
        self.page.say("Every total above adds up to the cent, and the order's are the checkout's.")

    async def _find(self, query: str) -> list[Json]:
        body = {"query": query, "pagination": {"limit": 5}}
        products = (await self.store.post("/catalog/search", body)).body["products"]
        if not products:
            raise StoreError(f"Nothing is found for {query!r}: is the catalogue loaded yet?")
        return list(products)


async def shop(page: ConsolePage) -> None:
    """Buy something, and tell of it."""
    async with connect() as client:
        await Demo(Storefront(client, page.call), page).run()


def demo() -> int:
    """Buy something in the running store."""
    asyncio.run(shop(ConsolePage()))
    return OK
