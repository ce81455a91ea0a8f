"""A postal address, as the Universal Commerce Protocol spells it."""

from __future__ import annotations

from deployments.foundation.values.message import Message


class PostalAddress(Message):
    """Where somebody lives or a parcel goes (UCP, `types/postal_address.json`).

    `address_country` is an ISO 3166-1 alpha-2 code; `address_region` a name or a code.
    """

    street_address: str | None = None
    extended_address: str | None = None
    address_locality: str | None = None
    address_region: str | None = None
    address_country: str | None = None
    postal_code: str | None = None
    first_name: str | None = None
    last_name: str | None = None
    phone_number: str | None = None
