"""A purchase and a product of Vendure, as its own storefront asks for them, over GraphQL.

Of a peer a workload's `products` are slugs, its `skus` variants' ids, and `option` is how it
ships.
"""

from __future__ import annotations

import itertools
import json
from collections.abc import Mapping
from typing import Any

from commands.bench.load.shopper import Json, Shopper, UnexpectedAnswerError

_PATH = "/shop-api"
_TOKEN = b"vendure-auth-token: "
_PAYMENT = "standard-payment"
_ORDER = (
    "...on Order{id code state totalWithTax totalQuantity} ...on ErrorResult{errorCode message}"
)
_PRODUCT = """query($slug:String!){product(slug:$slug){id name slug description
 optionGroups{id code name options{id code name}} facetValues{id code name facet{id name}}
 collections{id slug name}
 variants{id sku name price priceWithTax currencyCode stockLevel options{id code name}}}}"""
_ADD = "mutation($v:ID!){r:addItemToOrder(productVariantId:$v,quantity:1){%s}}" % _ORDER  # noqa: UP031
_CUSTOMER = """mutation($i:CreateCustomerInput!){r:setCustomerForOrder(input:$i){
 ...on Order{id} ...on ErrorResult{errorCode message}}}"""
_ADDRESS = "mutation($i:CreateAddressInput!){r:setOrderShippingAddress(input:$i){%s}}" % _ORDER  # noqa: UP031
_SHIPPING = "mutation($m:[ID!]!){r:setOrderShippingMethod(shippingMethodId:$m){%s}}" % _ORDER  # noqa: UP031
_ARRANGE = """mutation{r:transitionOrderToState(state:"ArrangingPayment"){
 ...on Order{id state} ...on OrderStateTransitionError{errorCode message transitionError}}}"""
_PAY = "mutation($m:String!){r:addPaymentToOrder(input:{method:$m,metadata:{}}){%s}}" % _ORDER  # noqa: UP031
_WHERE = {
    "fullName": "Ada Lovelace",
    "streetLine1": "1 Main St",
    "city": "London",
    "postalCode": "N1 1AA",
    "countryCode": "GB",
}
_PAID = ("PaymentAuthorized", "PaymentSettled")
_buyers = itertools.count()


class VendureVisitor:
    """One visitor, who is known by the token of the first answer."""

    def __init__(self, shopper: Shopper) -> None:
        self._shopper, self._token = shopper, ""

    async def ask(self, query: str, **variables: object) -> Json:
        """What a query gives. Raises `UnexpectedAnswerError`."""
        body = json.dumps({"query": query, "variables": variables}).encode()
        bearer = f"Authorization: Bearer {self._token}\r\n" if self._token else ""
        answer = await self._shopper.client.ask("POST", _PATH, body, bearer)
        if found := answer.header(_TOKEN):
            self._token = found.decode()
        said: Json = json.loads(answer.body)
        data = said.get("data") or {}
        result = data.get("r")
        if said.get("errors") or (isinstance(result, Mapping) and result.get("errorCode")):
            raise UnexpectedAnswerError(_told(said, result))
        return data


def _told(said: Json, result: Any) -> str:  # noqa: ANN401 - whatever GraphQL sent.
    if said.get("errors"):
        return str(said["errors"][0]["message"])
    return str(result["errorCode"])


async def product(shopper: Shopper) -> None:
    """One product with all that its page shows."""
    found = await VendureVisitor(shopper).ask(
        _PRODUCT, slug=shopper.pick(shopper.workload.products)
    )
    if not found.get("product"):
        raise UnexpectedAnswerError("no product")


async def purchase(shopper: Shopper) -> None:
    """Lines, customer, address, shipping, and payment."""
    visit, workload = VendureVisitor(shopper), shopper.workload
    for variant in shopper.pick_several(workload.skus, workload.lines):
        await visit.ask(_ADD, v=variant)
    address = f"buyer{next(_buyers)}-{id(shopper)}@example.com"
    buyer = {"firstName": "Ada", "lastName": "Lovelace", "emailAddress": address}
    await visit.ask(_CUSTOMER, i=buyer)
    await visit.ask(_ADDRESS, i=_WHERE)
    await visit.ask(_SHIPPING, m=[workload.option])
    await visit.ask(_ARRANGE)
    paid = (await visit.ask(_PAY, m=_PAYMENT))["r"]
    if paid["state"] not in _PAID:
        raise UnexpectedAnswerError(f"the order is {paid['state']}")


async def shipping_method(shopper: Shopper) -> str:
    """The id of the first way to ship that there is."""
    visit = VendureVisitor(shopper)
    await visit.ask(_ADD, v=shopper.workload.skus[0])
    await visit.ask(_ADDRESS, i=_WHERE)
    methods = await visit.ask("{eligibleShippingMethods{id}}")
    return str(methods["eligibleShippingMethods"][0]["id"])


async def offered(shopper: Shopper) -> tuple[list[str], list[str]]:
    """Slugs of products, and for each the id of a variant."""
    found = await VendureVisitor(shopper).ask(
        "{products(options:{take:100}){items{slug variants{id}}}}"
    )
    items = found["products"]["items"]
    return [one["slug"] for one in items], [str(one["variants"][0]["id"]) for one in items]
