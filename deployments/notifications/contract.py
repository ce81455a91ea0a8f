"""What notifications shows the other services: which mail a buyer wants."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar, Protocol

from pydantic import Field

from deployments.foundation.rpc.contracts import repeatable
from deployments.foundation.rpc.rejection import Rejection
from deployments.foundation.values.message import Message

LONGEST_ADDRESS = 320


class Addressee(Message):
    """An email address. Case does not matter."""

    address: str = Field(min_length=3, max_length=LONGEST_ADDRESS)


class SetPreferences(Addressee):
    """What to send to an address from now on."""

    promotional: bool


class Preferences(Message):
    """What is sent to an address.

    Mail about what a buyer has ordered is always sent; `promotional` is everything else.
    """

    promotional: bool


class OptOutLink(Message):
    """The token of a link in a mail, which stands for the address that it was sent to."""

    token: str


@dataclass(eq=False)
class LinkNotValid(Rejection):
    """This store has not made the link."""

    code: ClassVar[str] = "notifications.link_not_valid"


class NotificationsApi(Protocol):
    """Notifications' contract."""

    @repeatable
    async def preferences(self, request: Addressee) -> Preferences:
        """What an address gets; everything, unless somebody said otherwise."""
        ...

    @repeatable
    async def set_preferences(self, request: SetPreferences) -> Preferences:
        """Change what an address gets."""
        ...

    @repeatable
    async def preferences_of(self, request: OptOutLink) -> Preferences:
        """What the address gets that a link was sent to. Rejects with `LinkNotValid`."""
        ...

    @repeatable
    async def unsubscribe(self, request: OptOutLink) -> Preferences:
        """Send no more promotional mail to whom the link was sent. Rejects with `LinkNotValid`."""
        ...

    @repeatable
    async def resubscribe(self, request: OptOutLink) -> Preferences:
        """Send promotional mail again to whom the link was sent. Rejects with `LinkNotValid`."""
        ...
