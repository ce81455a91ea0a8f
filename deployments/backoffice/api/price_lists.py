"""Customer groups and price lists, for programs."""

from __future__ import annotations

from starlette.responses import Response

from deployments.backoffice.api.bodies import GroupBody, PriceListBody, RemovalBody
from deployments.backoffice.tokens import Action, TokenRequest, body_of, shown
from deployments.pricing.contract import PricingApi
from deployments.pricing.contract.groups import GroupDocument, GroupList, ListGroups, SaveGroup
from deployments.pricing.contract.price_lists import (
    ListPriceLists,
    PriceListDocument,
    PriceListRemoved,
    PriceLists,
    RemovePriceList,
    SavePriceList,
)


class PriceListActions:
    """The actions, upon pricing."""

    def __init__(self, pricing: PricingApi) -> None:
        self._pricing = pricing

    def actions(self) -> list[Action]:
        """All of them, with what each needs."""
        return [
            Action(
                "GET",
                "/api/groups",
                self.groups,
                "promotions.read",
                summary="All customer groups",
                answer=GroupList,
            ),
            Action(
                "PUT",
                "/api/groups",
                self.save_group,
                "promotions.change",
                summary="Make or change a customer group",
                answer=GroupDocument,
                body=GroupBody,
            ),
            Action(
                "GET",
                "/api/price-lists",
                self.price_lists,
                "promotions.read",
                summary="All price lists",
                answer=PriceLists,
            ),
            Action(
                "PUT",
                "/api/price-lists",
                self.save_price_list,
                "promotions.change",
                summary="Make or change a price list",
                answer=PriceListDocument,
                body=PriceListBody,
            ),
            Action(
                "POST",
                "/api/price-lists/{id}/removal",
                self.remove_price_list,
                "promotions.change",
                summary="Remove a price list",
                answer=PriceListRemoved,
                body=RemovalBody,
            ),
        ]

    async def groups(self, caller: TokenRequest) -> Response:  # noqa: ARG002 - all of them.
        """All groups."""
        return shown(await self._pricing.groups(ListGroups()))

    async def save_group(self, caller: TokenRequest) -> Response:
        """A group as it shall be."""
        body = await body_of(GroupBody, caller)
        return shown(await self._pricing.save_group(SaveGroup(author=caller.author, **dict(body))))

    async def price_lists(self, caller: TokenRequest) -> Response:  # noqa: ARG002 - all of them.
        """All lists."""
        return shown(await self._pricing.price_lists(ListPriceLists()))

    async def save_price_list(self, caller: TokenRequest) -> Response:
        """A list as it shall be."""
        body = await body_of(PriceListBody, caller)
        sent = SavePriceList(author=caller.author, **dict(body))
        return shown(await self._pricing.save_price_list(sent))

    async def remove_price_list(self, caller: TokenRequest) -> Response:
        """A list that is not there any more."""
        body, id_ = await body_of(RemovalBody, caller), caller.request.path_params["id"]
        sent = RemovePriceList(author=caller.author, id=id_, **dict(body))
        return shown(await self._pricing.remove_price_list(sent))
