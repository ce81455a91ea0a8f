"""What becomes of an attempt, whatever it was."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from deployments.webhooks.domain import (
    BACKOFF,
    LASTS,
    DeliveryAttempt,
    DeliverySource,
    WebhookDelivery,
    judge,
    pause,
    webhook_id,
)

NOON = datetime(2026, 6, 1, 12, tzinfo=UTC)
CHANCES = st.floats(0, 1)


def delivery(attempts: int = 0) -> WebhookDelivery:
    source = DeliverySource("event_1", "org.fieldhouse.orders.placed.v1", NOON)
    url = "https://hooks.example/"
    return WebhookDelivery(
        "1", "acme", "endpoint_1", url, "order_1", source, b"{}", attempts, NOON + LASTS
    )


@given(st.integers(0, 10_000), CHANCES)
def test_pauses_grow_to_an_hour_and_are_half_chance(attempts: int, chance: float) -> None:
    seconds = pause(attempts, chance)
    assert BACKOFF.first / 2 <= seconds <= BACKOFF.longest
    assert pause(attempts, 0) <= seconds <= pause(attempts, 1) == 2 * pause(attempts, 0)
    assert seconds <= pause(attempts + 1, chance)


def test_a_day_has_enough_attempts_and_not_too_many() -> None:
    now, attempts = NOON, 0
    while (outcome := judge(delivery(attempts), DeliveryAttempt(500), now, 0.5)).verdict == "retry":
        now, attempts = outcome.due, attempts + 1
    assert (outcome.verdict, now) == ("dead", NOON + LASTS)
    assert 30 <= attempts <= 60


@given(st.integers(200, 299), st.integers(-10, 100))
def test_any_success_is_one_however_late(status: int, hours: int) -> None:
    outcome = judge(delivery(), DeliveryAttempt(status), NOON + timedelta(hours=hours), 0.5)
    assert outcome.verdict == "sent"


@given(st.integers(100, 599) | st.none(), st.integers(0, 47), st.floats(0, 1e9), CHANCES)
def test_a_failure_is_tried_again_within_its_day(
    status: int | None, hours: int, asked: float, chance: float
) -> None:
    if status is not None and 200 <= status < 300:
        return
    now = NOON + timedelta(hours=hours)
    outcome = judge(delivery(), DeliveryAttempt(status, "no answer", asked), now, chance)
    if status == 410:
        assert outcome.verdict == "gone"
    elif hours >= 24:
        assert outcome.verdict == "dead"
    else:
        assert outcome.verdict == "retry"
        assert now < outcome.due <= min(NOON + LASTS, now + timedelta(hours=1))


def test_an_event_has_one_id_everywhere() -> None:
    assert webhook_id("event_1") == webhook_id("event_1") != webhook_id("event_2")
