"""What webhooks' scripts and hashes answer, as deliveries and endpoints."""

from __future__ import annotations

from datetime import UTC, datetime

from deployments.webhooks.contract import State, WebhookEndpoint
from deployments.webhooks.domain import DeliverySource, WebhookDelivery


def milliseconds(at: datetime) -> int:
    """A moment as it is stored."""
    return round(at.timestamp() * 1000)


def moment(stored: str) -> datetime:
    """A moment that was stored."""
    return datetime.fromtimestamp(int(stored) / 1000, UTC)


def delivery_of(  # noqa: PLR0917 - as the script answers.
    id_: str,
    platform: str,
    endpoint: str,
    url: str,
    order: str,
    event: str,
    kind: str,
    at: str,
    body: str,
    attempts: str,
    ends_at: str,
    trace: str,
) -> WebhookDelivery:
    """A delivery that was claimed."""
    source = DeliverySource(event, kind, moment(at))
    return WebhookDelivery(
        *(id_, platform, endpoint, url, order, source, body.encode(), int(attempts)),
        moment(ends_at),
        trace or None,
    )


def endpoint_of(id_: str, fields: dict[str, str], waiting: int, dead: int) -> WebhookEndpoint:
    """An endpoint's hash, and how many deliveries wait for it and were given up."""
    moments = {
        name: moment(fields[name])
        for name in ("created_at", "last_success_at", "failing_since")
        if name in fields
    }
    return WebhookEndpoint(
        id=id_,
        url=fields["url"],
        state=_state(fields),
        last_error=fields.get("error"),
        waiting=waiting,
        dead=dead,
        **moments,
    )


def _state(fields: dict[str, str]) -> State:
    if "gone_at" in fields:
        return "gone"
    return "failing" if "failing_since" in fields else "active"
