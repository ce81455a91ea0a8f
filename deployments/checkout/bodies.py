"""The bodies of checkout's requests, as UCP spells them, and what they ask for.

Fields that UCP does not know, or lets the store decide, are ignored; what is known is checked.
"""

from __future__ import annotations

from typing import Annotated, Literal, Self

from pydantic import Field, SecretStr, model_validator

from deployments.carts.contract.bodies import ContentsBody, Id
from deployments.checkout.contract import DeliveryAddress, SessionContents, WantedDelivery
from deployments.foundation.values.address import PostalAddress
from deployments.foundation.values.message import Message
from deployments.foundation.values.text import BLANK_IS_NONE, Country, Text
from deployments.payments.contract import Instrument

MAX_DESTINATIONS = 10
Token = Annotated[SecretStr, Field(min_length=1, max_length=1024)]


class _Destination(PostalAddress):
    """An address, bounded; what is blank counts as left out, and what is missing is told later."""

    id: Id | None = None
    street_address: Annotated[Text | None, BLANK_IS_NONE] = None
    extended_address: Annotated[Text | None, BLANK_IS_NONE] = None
    address_locality: Annotated[Text | None, BLANK_IS_NONE] = None
    address_region: Annotated[Text | None, BLANK_IS_NONE] = None
    address_country: Annotated[Country | None, BLANK_IS_NONE] = None
    postal_code: Annotated[Text | None, BLANK_IS_NONE] = None
    first_name: Annotated[Text | None, BLANK_IS_NONE] = None
    last_name: Annotated[Text | None, BLANK_IS_NONE] = None
    phone_number: Annotated[Text | None, BLANK_IS_NONE] = None


class _Group(Message):
    selected_option_id: Id | None = None


class _Method(Message):
    type: Literal["shipping"] = "shipping"
    destinations: tuple[_Destination, ...] = Field(default=(), max_length=MAX_DESTINATIONS)
    selected_destination_id: Id | None = None
    groups: tuple[_Group, ...] = Field(default=(), max_length=1)

    def wanted(self) -> WantedDelivery:
        """The method as the contract's message; an address without an id gets one."""
        places = tuple(
            DeliveryAddress.model_validate(
                {**given.model_dump(), "id": given.id or f"dest_{number}"}
            )
            for number, given in enumerate(self.destinations, start=1)
        )
        return WantedDelivery(
            destinations=places,
            destination_id=self.selected_destination_id,
            option_id=self.groups[0].selected_option_id if self.groups else None,
        )

    @model_validator(mode="after")
    def _ids_are_unique(self) -> Self:
        ids = [place.id for place in self.wanted().destinations]
        if len(ids) != len(set(ids)):
            raise ValueError("destinations must have different ids")
        return self


class _Fulfillment(Message):
    methods: tuple[_Method, ...] = Field(default=(), max_length=1)


class SessionBody(ContentsBody):
    """A whole session, as it is created or replaced."""

    fulfillment: _Fulfillment = _Fulfillment()

    def session_contents(self) -> SessionContents:
        """The body as the contract's message."""
        methods = self.fulfillment.methods
        return SessionContents(
            **dict(self.contents()),
            delivery=methods[0].wanted() if methods else WantedDelivery(),
        )


class FromCartBody(Message):
    """A session made of a cart, whose contents take the place of the body's."""

    cart_id: Id
    fulfillment: _Fulfillment = _Fulfillment()

    def session_contents(self) -> SessionContents:
        """What the body adds to the cart."""
        methods = self.fulfillment.methods
        delivery = methods[0].wanted() if methods else WantedDelivery()
        return SessionContents(lines=(), delivery=delivery)


class _Credential(Message):
    type: Id
    token: Token


class _Instrument(Message):
    handler_id: Id
    type: Id
    credential: _Credential
    selected: bool = False


class _Payment(Message):
    instruments: tuple[_Instrument, ...] = Field(min_length=1, max_length=10)


class CompleteBody(Message):
    """The payment with which a session is completed."""

    payment: _Payment

    def instrument(self) -> Instrument:
        """The selected instrument, or the first."""
        instruments = self.payment.instruments
        chosen = next((one for one in instruments if one.selected), instruments[0])
        return Instrument(
            handler_id=chosen.handler_id,
            type=chosen.type,
            credential_type=chosen.credential.type,
            token=chosen.credential.token,
        )
