"""A session as UCP's checkout, with the fulfillment and discount extensions."""

from __future__ import annotations

from collections.abc import Sequence

from deployments.checkout.contract import Session, SessionDelivery
from deployments.foundation.http.ucp import Json, Notice, envelope
from deployments.foundation.http.ucp_prices import discount_json, line_json, totals, totals_json
from deployments.foundation.values.dates import format_days
from deployments.foundation.values.settings import settings
from deployments.payments.contract import HANDLERS
from deployments.shipping.contract import ShippingOption

_CAPABILITIES = (
    "dev.ucp.shopping.checkout",
    "dev.ucp.shopping.fulfillment",
    "dev.ucp.shopping.discount",
)


def links() -> list[Json]:
    """The policies that the operator has published."""
    said = settings()
    policies = {"privacy_policy": said.privacy_url, "terms_of_service": said.terms_url}
    return [{"type": kind, "url": url} for kind, url in policies.items() if url is not None]


def checkout_json(session: Session, *more: Notice) -> Json:
    """The answer that shows a session, with further messages after its own."""
    body: Json = {
        "ucp": envelope(*_CAPABILITIES, handlers=HANDLERS),
        "id": session.id,
        "status": session.status,
        "currency": session.currency,
        "line_items": [
            line_json(line, price)
            for line, price in zip(session.lines, session.priced.lines, strict=True)
        ],
        "totals": totals_json(session.priced.totals, tax_name=session.priced.tax_name),
        "discounts": {
            "codes": list(session.codes),
            "applied": [discount_json(discount) for discount in session.priced.discounts],
        },
        "fulfillment": _fulfillment(session),
        "messages": [notice.to_json() for notice in (*session.notices, *more)],
        "links": links(),
        "expires_at": session.expires_at.isoformat(),
    }
    optional = {"buyer": session.buyer, "context": session.context, "order": _order(session)}
    return body | {name: value for name, value in optional.items() if value is not None}


def _fulfillment(session: Session) -> Json:
    """How it is delivered; and, where units are awaited, from when on (UCP's hint)."""
    shown: Json = {"methods": _methods(session.delivery, _line_ids(session))}
    awaited = [(line.id, line.awaited) for line in session.lines if line.awaited is not None]
    if awaited:
        shown["available_methods"] = [
            {
                "type": "shipping",
                "line_item_ids": [id_],
                "fulfillable_on": units.expected.isoformat(),
                "description": "Expected by " + format_days(units.expected, units.expected),
            }
            for id_, units in awaited
        ]
    return shown


def _line_ids(session: Session) -> list[str]:
    return [line.id for line in session.lines]


def _order(session: Session) -> Json | None:
    if session.order is None:
        return None
    placed = session.order
    return {"id": placed.order_id, "label": placed.label, "permalink_url": placed.permalink_url}


def _methods(delivery: SessionDelivery, line_ids: Sequence[str]) -> list[Json]:
    """One method with one group: everything is shipped together (UCP's default)."""
    group = {
        "id": "package_1",
        "line_item_ids": list(line_ids),
        "selected_option_id": delivery.option_id,
        "options": [_option(option) for option in delivery.options],
    }
    method: Json = {
        "id": "shipping",
        "type": "shipping",
        "line_item_ids": list(line_ids),
        "destinations": [place.model_dump(exclude_none=True) for place in delivery.destinations],
        "selected_destination_id": delivery.destination_id,
        "groups": [group] if delivery.options else [],
    }
    return [method]


def _option(option: ShippingOption) -> Json:
    return {
        "id": option.id,
        "title": option.title,
        "description": option.description,
        "carrier": option.carrier,
        "earliest_fulfillment_time": option.earliest.isoformat(),
        "latest_fulfillment_time": option.latest.isoformat(),
        "totals": totals(option.amount),
    }
