"""The rules of a session: what it still lacks, and what a failed step means for it. No I/O."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime, timedelta

from deployments.carts.contract.contents import CartLine, shortage_notices, unavailable_notices
from deployments.catalog.contract import ItemsUnavailable
from deployments.checkout.contract import (
    DeliveryAddress,
    Session,
    SessionDelivery,
    Status,
    WantedDelivery,
)
from deployments.checkout.events import CheckoutCompleted, CheckoutFailed, CheckoutStarted
from deployments.foundation.http.ucp import Notice, error
from deployments.foundation.rpc.rejection import Rejection
from deployments.foundation.values.places import WITHOUT_POSTAL_CODES, country_code, region_code
from deployments.foundation.values.text import is_email
from deployments.inventory.contract import OutOfStock
from deployments.orders.contract import PlacedOrder
from deployments.payments.contract import (
    InstrumentNotSupported,
    PaymentNotAuthorised,
    PaymentRefusedForRisk,
)
from deployments.pricing.contract import CodeUnavailable, fold
from deployments.shipping.contract import ShippingOptions

LIFETIME = timedelta(hours=6)
"""How long a session can be completed (UCP's default for `expires_at`)."""
UNAVAILABLE = "unavailable"
"""Why an attempt failed if not because a step was rejected."""
_METHOD = "$.fulfillment.methods[0]"
_NEEDED = {
    "street_address": "street and number",
    "address_locality": "town",
    "postal_code": "postal code",
    "address_country": "country",
}
"""What no parcel arrives without."""
_PAYMENT_REJECTIONS = (PaymentNotAuthorised, PaymentRefusedForRisk, InstrumentNotSupported)


def delivery_of(wanted: WantedDelivery, quoted: ShippingOptions | None) -> SessionDelivery:
    """The delivery with its options; a selected option that is not among them is no selection."""
    selected = selected_destination(wanted)
    options = quoted.options if quoted else ()
    known = any(option.id == wanted.option_id for option in options)
    return SessionDelivery(
        destinations=wanted.destinations,
        destination_id=selected,
        country=quoted.country if quoted else None,
        options=options,
        option_id=wanted.option_id if known else None,
    )


def when_all_is_here(
    delivery: SessionDelivery, lines: Sequence[CartLine], now: datetime
) -> SessionDelivery:
    """The delivery with the days that its options take counted from when every unit is here."""
    days = [line.awaited.expected for line in lines if line.awaited is not None]
    later = max(days, default=now.date()) - now.date()
    if later <= timedelta():
        return delivery
    options = tuple(
        option.model_copy(
            update={"earliest": option.earliest + later, "latest": option.latest + later}
        )
        for option in delivery.options
    )
    return delivery.model_copy(update={"options": options})


def selected_destination(wanted: WantedDelivery) -> str | None:
    """The id of the address to deliver to: the named one if it is there, else the first."""
    ids = [place.id for place in wanted.destinations]
    if wanted.destination_id in ids:
        return wanted.destination_id
    return ids[0] if ids and wanted.destination_id is None else None


def missing(
    buyer: Mapping[str, object] | None, delivery: SessionDelivery, *, taxed_by_region: bool
) -> tuple[Notice, ...]:
    """An error for everything without which the session cannot be completed.

    `taxed_by_region` says that the destination's region decides the tax.
    """
    place, notices = delivery.destination, list(_about_email((buyer or {}).get("email")))
    if place is None:
        path = f"{_METHOD}.destinations"
        return (*notices, _required(path, "Send a shipping address, and select it."))
    path = f"{_METHOD}.destinations[{delivery.destinations.index(place)}]"
    notices += _about_address(place, path, taxed_by_region=taxed_by_region)
    if delivery.options and delivery.option is None:
        path = f"{_METHOD}.groups[0].selected_option_id"
        notices.append(_required(path, "Select one of the shipping options."))
    return tuple(notices)


def _about_email(email: object) -> Iterator[Notice]:
    path = "$.buyer.email"
    if not email:
        yield _required(path, "Send the buyer's email, for the confirmation.")
    elif not is_email(str(email)):
        yield _invalid(path, "This is not an email address. Send one that the buyer reads.")


def _about_address(place: DeliveryAddress, path: str, *, taxed_by_region: bool) -> Iterator[Notice]:
    """What keeps a parcel from getting to an address, or its tax from being known."""
    given = {name: str(text).strip() for name, text in place if text}
    country = country_code(given.get("address_country", ""))
    if given.get("address_country") and country is None:
        sentence = "This is not a country. Send its ISO 3166-1 code, such as US."
        yield _invalid(f"{path}.address_country", sentence)
    for name, what in _NEEDED.items():
        if not given.get(name) and not (name == "postal_code" and country in WITHOUT_POSTAL_CODES):
            yield _required(f"{path}.{name}", f"Send the address's {what}.")
    if taxed_by_region and country is not None:
        yield from _about_region(given.get("address_region", ""), country, path)


def _about_region(region: str, country: str, path: str) -> Iterator[Notice]:
    path = f"{path}.address_region"
    if not region:
        yield _required(path, f"Send the region, by which {country} is taxed, such as CA.")
    elif region_code(country, region) is None:
        yield _invalid(path, f"{country} has no such region. Send its name or its code.")


def _required(path: str, sentence: str) -> Notice:
    return error("field_required", sentence, path=path, severity="recoverable")


def _invalid(path: str, sentence: str) -> Notice:
    return error("field_invalid", sentence, path=path, severity="recoverable")


def undeliverable(rejection: Rejection) -> Notice:
    """UCP's `address_undeliverable`, on the destinations."""
    path = f"{_METHOD}.destinations"
    return error(rejection.public_code, rejection.sentence, path=path, severity="recoverable")


def status_of(notices: Sequence[Notice]) -> Status:
    """Ready exactly when nothing is wrong."""
    wrong = any(notice.type == "error" for notice in notices)
    return "incomplete" if wrong else "ready_for_complete"


def after_rejection(session: Session, rejection: Rejection) -> Session:
    """The session after a step of its completion was rejected, open for another try.

    What the contents must mend leaves it incomplete; what another card or try can mend, ready.
    """
    mend_contents = isinstance(rejection, OutOfStock | CodeUnavailable | ItemsUnavailable)
    status: Status = "incomplete" if mend_contents else "ready_for_complete"
    kept = tuple(notice for notice in session.notices if notice.type != "error")
    notices = (*kept, *rejection_notices(session, rejection))
    return session.model_copy(update={"status": status, "notices": notices})


def rejection_notices(session: Session, rejection: Rejection) -> tuple[Notice, ...]:
    """What UCP's messages say of a rejected step."""
    if isinstance(rejection, OutOfStock):
        left = {shortage.sku: shortage.available for shortage in rejection.shortages}
        return shortage_notices(session.lines, left)
    if isinstance(rejection, ItemsUnavailable):
        return unavailable_notices([line.sku for line in session.lines], rejection.reasons)
    path = "$.payment.instruments[0]" if isinstance(rejection, _PAYMENT_REJECTIONS) else None
    if isinstance(rejection, CodeUnavailable):
        path = _path_of_code(session.codes, rejection.unavailable)
    return (error(rejection.public_code, rejection.sentence, path=path, severity="recoverable"),)


def _path_of_code(codes: Sequence[str], unavailable: str) -> str:
    """Where a code was sent; all codes if it was not, which is for pricing to explain."""
    folded = [fold(code) for code in codes]
    if fold(unavailable) not in folded:
        return "$.discounts.codes"
    return f"$.discounts.codes[{folded.index(fold(unavailable))}]"


def after_unforeseen(session: Session) -> Session:
    """The session after a rejection that nothing here can deal with: quoted anew, it may go."""
    sentence = "This could not be completed. Update the checkout, look at it, and try again."
    notice = error(Rejection.public_code, sentence, severity="recoverable")
    kept = tuple(notice for notice in session.notices if notice.type != "error")
    return session.model_copy(update={"status": "incomplete", "notices": (*kept, notice)})


def started_event(session: Session) -> CheckoutStarted:
    """What is published of a new session."""
    return CheckoutStarted(
        session_id=session.id,
        platform=session.platform,
        cart_id=session.cart_id,
        currency=session.currency,
        total=session.priced.totals.total,
    )


def completed_event(session: Session, order: PlacedOrder) -> CheckoutCompleted:
    """What is published of a session that became an order."""
    return CheckoutCompleted(
        session_id=session.id,
        platform=session.platform,
        cart_id=session.cart_id,
        order_id=order.order_id,
        currency=session.currency,
        total=session.priced.totals.total,
    )


def failed_event(session: Session, rejection: Rejection | None) -> CheckoutFailed:
    """What is published of an attempt that was undone, without a rejection for technical
    reasons."""
    return CheckoutFailed(
        session_id=session.id,
        platform=session.platform,
        cart_id=session.cart_id,
        reason=UNAVAILABLE if rejection is None else rejection.public_code,
    )


def closed_notice(session: Session) -> Notice:
    """Why a session that has ended cannot be changed or completed."""
    sentences = {
        "completed": "This checkout is completed. Get its order, or start a new checkout.",
        "canceled": "This checkout was cancelled or has expired. Start a new one.",
    }
    sentence = sentences.get(session.status, "This checkout is not ready. Resolve its messages.")
    return error("invalid_state", sentence, severity="unrecoverable")


def as_of(session: Session, now: datetime) -> Session:
    """The session as it reads at a moment: one that has expired is cancelled (UCP's life cycle)."""
    open_still = session.status in {"incomplete", "ready_for_complete"}
    if not open_still or now < session.expires_at:
        return session
    return session.model_copy(update={"status": "canceled"})
