"""What waitlist shows the other services: a buyer's place in the list of a SKU."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, ClassVar, Protocol

from pydantic import Field

from deployments.foundation.rpc.contracts import repeatable
from deployments.foundation.rpc.rejection import Rejection
from deployments.foundation.values.message import Message

Sku = Annotated[str, Field(min_length=1, max_length=64)]
Buyer = Annotated[
    str, Field(pattern=r"^[\w.-]{1,64}$", description="The platform's own name for a buyer.")
]


class WaitingBuyer(Message):
    """A buyer of a platform, and the SKU that the buyer waits for."""

    sku: Sku
    platform: str
    buyer: Buyer


class Place(Message):
    """Where in the list a buyer is: 1 is called first."""

    sku: str
    place: int


@dataclass(eq=False)
class NoSuchItem(Rejection):
    """The catalogue does not sell this SKU."""

    code: ClassVar[str] = "waitlist.no_such_item"


@dataclass(eq=False)
class InStock(Rejection):
    """There is some: nobody has to wait."""

    code: ClassVar[str] = "waitlist.in_stock"


@dataclass(eq=False)
class ListFull(Rejection):
    """As many wait as a list may hold."""

    code: ClassVar[str] = "waitlist.list_full"


@dataclass(eq=False)
class NotWaiting(Rejection):
    """The buyer is not in the list: never was, or was called."""

    code: ClassVar[str] = "waitlist.not_waiting"


class WaitlistApi(Protocol):
    """Waitlist's contract."""

    @repeatable
    async def join(self, request: WaitingBuyer) -> Place:
        """Wait for a SKU that is sold out; a buyer who waits already keeps the place.

        Rejects with `NoSuchItem`, `InStock` or `ListFull`.
        """
        ...

    @repeatable
    async def find(self, request: WaitingBuyer) -> Place:
        """A buyer's place. Rejects with `NotWaiting`."""
        ...
