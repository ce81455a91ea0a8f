"""What a program sends: a contract's message without its author, who is known by the token."""

from __future__ import annotations

from datetime import date
from typing import Annotated

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, StringConstraints

from deployments.catalog.contract.documents import Revision, State
from deployments.catalog.contract.products import Id, Price, Product
from deployments.foundation.values.authorship import Reason
from deployments.inventory.contract.ahead import AheadKind
from deployments.inventory.contract.changes import (
    AdjustedUnits,
    CountedUnits,
    LocationName,
    ReceivedUnits,
)
from deployments.inventory.contract.levels import (
    MAX_ROWS,
    MAX_UNITS,
    ChangeKey,
    LocationId,
    Sku,
    TransferLine,
)
from deployments.pricing.contract.codes import DiscountCode
from deployments.pricing.contract.groups import CustomerGroup
from deployments.pricing.contract.price_lists import PriceList


class Body(BaseModel):
    """What all have in common: why, for the audit log."""

    model_config = ConfigDict(extra="forbid", hide_input_in_errors=True)
    reason: Reason = ""


class EditedProductBody(Body):
    """A product as it shall be; `revision` is the one that was seen, none makes a new product."""

    product: Product
    state: State
    revision: Revision | None = None


class PriceBody(Body):
    """A new price in cents; `revision` is the product's that was seen, none takes any."""

    sku: Id
    price: Price
    revision: Revision | None = None


class PlannedPriceBody(Body):
    """A price in cents from a moment on; none takes back what was planned."""

    sku: Id
    price: Price | None
    starts: AwareDatetime
    revision: Revision | None = None


class ReceiptBody(Body):
    """Units that arrived; the key names the change, which takes effect once."""

    key: ChangeKey
    rows: tuple[ReceivedUnits, ...] = Field(min_length=1, max_length=MAX_ROWS)


class AdjustmentBody(Body):
    """Corrections; the key names the change, which takes effect once."""

    key: ChangeKey
    rows: tuple[AdjustedUnits, ...] = Field(min_length=1, max_length=MAX_ROWS)


class CountBody(Body):
    """Counts; the key names the change, which takes effect once."""

    key: ChangeKey
    rows: tuple[CountedUnits, ...] = Field(min_length=1, max_length=MAX_ROWS)


class AheadBody(Body):
    """Units of a SKU in all that may be sold before they are here; the key names the change."""

    key: ChangeKey
    sku: Sku
    kind: AheadKind
    units: int = Field(ge=0, le=MAX_UNITS)
    expected: date


class TransferBody(Body):
    """Units that leave a location for another; the key is the transfer's id."""

    key: ChangeKey
    source_id: LocationId
    target_id: LocationId
    lines: tuple[TransferLine, ...] = Field(min_length=1, max_length=MAX_ROWS)


class ArrivalBody(Body):
    """A transfer has arrived; the key names the change, which takes effect once."""

    key: ChangeKey
    transfer_id: ChangeKey


class LocationBody(Body):
    """A new location, or another name for one."""

    id: LocationId
    name: LocationName


class CodeBody(Body):
    """A code as it shall be; `revision` is the one that was seen, none makes a new code."""

    code: DiscountCode
    revision: Annotated[int, Field(ge=0)] | None = None


class RemovalBody(Body):
    """What is in the path shall not be there any more; `revision` is the one that was seen."""

    revision: Annotated[int, Field(ge=0)]


class PriceListBody(Body):
    """A price list as it shall be; `revision` is the one that was seen, none makes a new list."""

    price_list: PriceList
    revision: Annotated[int, Field(ge=0)] | None = None


class GroupBody(Body):
    """A group as it shall be; `revision` is the one that was seen, none makes a new group."""

    group: CustomerGroup
    revision: Annotated[int, Field(ge=0)] | None = None


class RefundBody(Body):
    """Money to be given back, in cents; the key names the refund, which takes effect once."""

    key: Annotated[str, StringConstraints(min_length=1, max_length=64, pattern=r"^[\w.-]+$")]
    amount: int = Field(ge=1, le=10**12)
    reason: Annotated[str, StringConstraints(min_length=1, max_length=500)]
