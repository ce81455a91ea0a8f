"""What pricing does for staff: a part of its protocol."""

from __future__ import annotations

from typing import Protocol

from deployments.foundation.rpc.contracts import repeatable
from deployments.pricing.contract.codes import (
    CodeDocument,
    CodePage,
    GetCode,
    ListCodes,
    PreviewPrice,
    SaveCode,
)
from deployments.pricing.contract.groups import (
    GroupDocument,
    GroupList,
    ListGroups,
    SaveGroup,
)
from deployments.pricing.contract.price_lists import (
    ListOffers,
    ListPriceLists,
    OfferList,
    PriceListDocument,
    PriceListRemoved,
    PriceLists,
    RemovePriceList,
    SavePriceList,
)
from deployments.pricing.contract.prices import Priced


class PricingForStaff(Protocol):
    """What staff see and change of codes, groups and price lists.

    A change holds on every replica from its answer on.
    """

    @repeatable
    async def code(self, request: GetCode) -> CodeDocument:
        """A code as it is now. Rejects with `UnknownCode`."""
        ...

    @repeatable
    async def list_codes(self, request: ListCodes) -> CodePage:
        """A page of codes, by name."""
        ...

    async def save_code(self, request: SaveCode) -> CodeDocument:
        """Make or change a code; what is so already changes nothing.

        Rejects with `StaleRevision`, `UnknownCode`, `LimitTooLow` or `TooManyCodes`.
        """
        ...

    @repeatable
    async def preview(self, request: PreviewPrice) -> Priced:
        """Price a cart as of a moment, as `price` would then. Nothing is claimed."""
        ...

    @repeatable
    async def groups(self, request: ListGroups) -> GroupList:
        """All customer groups."""
        ...

    async def save_group(self, request: SaveGroup) -> GroupDocument:
        """Make or change a group; what is so already changes nothing.

        Rejects with `StaleRule`, `UnknownRule` or `TooManyRules`.
        """
        ...

    @repeatable
    async def price_lists(self, request: ListPriceLists) -> PriceLists:
        """All price lists."""
        ...

    async def save_price_list(self, request: SavePriceList) -> PriceListDocument:
        """Make or change a price list; what is so already changes nothing.

        Rejects with `StaleRule`, `UnknownRule` or `TooManyRules`.
        """
        ...

    async def remove_price_list(self, request: RemovePriceList) -> PriceListRemoved:
        """Remove a price list. Rejects with `StaleRule` or `UnknownRule`."""
        ...

    @repeatable
    async def offers(self, request: ListOffers) -> OfferList:
        """All automatic offers, which were imported."""
        ...
