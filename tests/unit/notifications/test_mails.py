"""Every event is told once, to whom it concerns, in text and HTML."""

from __future__ import annotations

from collections import Counter
from datetime import UTC, datetime, timedelta

import pytest
from aiosmtplib.email import extract_recipients
from hypothesis import example, given, settings
from hypothesis import strategies as st
from redis.asyncio import Redis

from deployments.foundation.events.publishing import Event
from deployments.foundation.events.subscriptions import NonRetryableError
from deployments.foundation.placement.host import nowhere
from deployments.foundation.values.text import as_email
from deployments.notifications.domain import MailSource, order_placed
from deployments.notifications.renderer import MailRenderer
from deployments.notifications.store import ORDER_KEPT_SECONDS
from deployments.orders.deployment import compose
from deployments.orders.events import OrderDelivered, OrderShipped
from deployments.orders.service import OrdersService
from tests.composing import service_of
from tests.eventually import eventually
from tests.unit.notifications.composed_notifications import SENDER, ComposedNotifications
from tests.unit.notifications.sample_events import (
    ADA,
    abandoned,
    cancelled,
    delivered,
    placed,
    refund_followed,
    refunded,
    shipped,
)
from tests.unit.notifications.smtp_server import SmtpServer, part
from tests.unit.orders.sample_events import captured, consume, shipment, told
from tests.unit.orders.sample_orders import PUBLIC_URL, order, undo

RENDERER = MailRenderer(SENDER)


async def tell(notifications: ComposedNotifications, *events: Event) -> list[str]:
    """Publish events one after another, each when the one before is settled."""
    ids = []
    async with notifications.consuming():
        for event in events:
            ids.append(await notifications.publish(event))
            await notifications.settled()
    return ids


async def tell_all(notifications: ComposedNotifications, *events: Event) -> list[str]:
    """Publish events at once, and see all of them settled."""
    async with notifications.consuming():
        ids = [await notifications.publish(event) for event in events]
        await notifications.settled()
    return ids


def orders_of(notifications: ComposedNotifications) -> OrdersService:
    composed = compose(notifications.redis_of("orders"), nowhere, url=PUBLIC_URL)
    return service_of(composed, OrdersService)


async def test_an_order_is_confirmed(
    notifications: ComposedNotifications, smtp: SmtpServer
) -> None:
    (event,) = await tell(notifications, placed())
    (mail,) = smtp.mails()
    assert mail["To"] == ADA
    assert mail["From"] == "Fieldhouse <store@fieldhouse.example>"
    assert mail["Subject"] == "Your order FH-100001"
    assert mail["Message-ID"] == f"<{event}@fieldhouse.example>"
    assert mail["Auto-Submitted"] == "auto-generated"
    assert mail["List-Unsubscribe"] is None
    assert "2 x Helmet: $69.98" in part(mail, "plain")
    for kind in ("plain", "html"):
        assert "$81.00" in part(mail, kind)
        assert "Ground by Overland, arrives Jun 3 \u2013 5, 2026." in part(mail, kind)
    assert (await notifications.store.record(event))["state"] == "sent"


async def test_an_order_is_confirmed_as_orders_publishes_it(
    notifications: ComposedNotifications, smtp: SmtpServer
) -> None:
    orders = orders_of(notifications)
    async with notifications.consuming():
        label = (await orders.place(order())).label
        await eventually(lambda: smtp.has(1))
        await orders.withdraw(undo())
        await notifications.settled()
    confirmed, withdrawn = smtp.mails()
    assert confirmed["Subject"] == f"Your order {label}"
    assert "2 x Thing 1" in part(confirmed, "plain")
    assert withdrawn["Subject"] == f"Your order {label} was cancelled"


async def test_each_parcel_is_told_of_as_orders_publishes_it(
    notifications: ComposedNotifications, smtp: SmtpServer
) -> None:
    orders = orders_of(notifications)
    async with notifications.consuming():
        label = (await orders.place(order())).label
        first, second = shipment("shipment_1", {"line_1": 2}), shipment("shipment_2", {"line_2": 1})
        await consume(orders, told(captured()), *first, *second)
        await eventually(lambda: smtp.has(5))
        await notifications.settled()
    _, *parcels = smtp.mails()
    assert [mail["Subject"] for mail in parcels] == [
        f"A part of your order {label} is on its way",
        f"A part of your order {label} has arrived",
        f"Your order {label} is on its way",
        f"Your order {label} has arrived",
    ]
    assert [mail["To"] for mail in parcels] == [ADA] * 4
    for mail, title, number in zip(parcels, (1, 1, 2, 2), (1, 1, 2, 2), strict=True):
        assert f"Thing {title}\n" in part(mail, "plain")
        assert f"Tracking number: OV-shipment_{number}\n" in part(mail, "plain")


@pytest.mark.parametrize(
    ("event", "says"),
    [
        (shipped(complete=False), "the rest will follow:\n\n2 x Helmet\n"),
        (shipped(), "all of your order FH-100001 is on its way:\n\n2 x Helmet\n"),
        (delivered(complete=False), "the rest is still to come:\n\n2 x Helmet\n"),
        (delivered(), "all of your order FH-100001 has arrived:\n\n2 x Helmet\n"),
    ],
)
async def test_a_parcel_is_said_to_be_all_or_a_part(
    notifications: ComposedNotifications,
    smtp: SmtpServer,
    event: OrderShipped | OrderDelivered,
    says: str,
) -> None:
    await tell(notifications, placed(), event)
    _, mail = smtp.mails()
    assert says in part(mail, "plain")
    assert "Where it is: https://track.example/OV-1?lang=en&full=1\n" in part(mail, "plain")
    html = part(mail, "html")
    assert "2 \N{MULTIPLICATION SIGN} Helmet" in html
    assert "Tracking number: OV-1" in html
    assert '<a href="https://track.example/OV-1?lang=en&amp;full=1">' in html
    assert ("rest" in html) is not event.complete
    assert mail["List-Unsubscribe"] is None


async def test_a_parcel_without_a_number_to_track_is_told_of_without(
    notifications: ComposedNotifications, smtp: SmtpServer
) -> None:
    untracked = {"tracking_number": "", "tracking_url": ""}
    await tell(notifications, placed(), shipped().model_copy(update=untracked))
    _, mail = smtp.mails()
    for kind in ("plain", "html"):
        assert "Overland" in part(mail, kind)
        assert "racking" not in part(mail, kind)
        assert "Where it is" not in part(mail, kind)


@pytest.mark.parametrize("event", [shipped(), delivered()])
async def test_a_parcel_waits_until_its_order_is_known(
    notifications: ComposedNotifications, smtp: SmtpServer, event: Event
) -> None:
    id_ = await notifications.publish(event)
    async with notifications.consuming():
        await notifications.settled()
        (letter,) = await notifications.dead_letters.oldest()
        assert letter.error.startswith("OrderNotKnownError: order_1")
        await notifications.publish(placed())
        await notifications.settled()
        await notifications.dead_letters.replay([letter.id])
        await eventually(lambda: smtp.has(2))
    assert smtp.mails()[1]["Message-ID"] == f"<{id_}@fieldhouse.example>"


async def test_a_refund_that_both_services_publish_is_one_mail(
    notifications: ComposedNotifications, smtp: SmtpServer
) -> None:
    await tell(notifications, placed(), refunded(), refund_followed())
    assert [mail["Subject"] for mail in smtp.mails()] == [
        "Your order FH-100001",
        "A refund for your order FH-100001",
    ]


async def test_what_an_event_says_is_text_and_no_markup(
    notifications: ComposedNotifications, smtp: SmtpServer
) -> None:
    await tell(notifications, placed(title='<script>"&'))
    (mail,) = smtp.mails()
    assert '2 x <script>"&: $69.98' in part(mail, "plain")
    assert "<script>" not in part(mail, "html")
    assert "&lt;script&gt;&#34;&amp;" in part(mail, "html")


async def test_a_refund_is_told_to_whom_the_order_was_confirmed(
    notifications: ComposedNotifications, smtp: SmtpServer
) -> None:
    await tell(notifications, placed(), refunded(refund=500, altogether=500), refunded(1, 300, 800))
    _, first, second = smtp.mails()
    assert second["To"] == ADA
    assert second["Subject"] == "A refund for your order FH-100001"
    assert "We have given back $5.00" in part(first, "plain")
    assert "earlier" not in part(first, "plain")
    for kind in ("plain", "html"):
        assert "With earlier refunds that is $8.00 of $81.00." in part(second, kind)


async def test_a_refund_waits_until_its_order_is_known(
    notifications: ComposedNotifications, smtp: SmtpServer
) -> None:
    async with notifications.consuming():
        await notifications.publish(refunded())
        await notifications.publish(placed())
        await notifications.settled()
    assert sorted(str(mail["Subject"]) for mail in smtp.mails()) == [
        "A refund for your order FH-100001",
        "Your order FH-100001",
    ]


async def test_an_order_that_was_withdrawn_is_said_to_be_none(
    notifications: ComposedNotifications, smtp: SmtpServer
) -> None:
    await tell(notifications, placed(), cancelled())
    assert [mail["Subject"] for mail in smtp.mails()] == [
        "Your order FH-100001",
        "Your order FH-100001 was cancelled",
    ]


async def test_without_an_address_nobody_is_told(
    notifications: ComposedNotifications, smtp: SmtpServer
) -> None:
    events = placed(buyer=None), refunded(), cancelled(), abandoned(buyer=None)
    ids = await tell(notifications, *events)
    assert smtp.taken == []
    assert await notifications.dead_letters.count() == 0
    for id_ in ids:
        record = await notifications.store.record(id_)
        assert (record["state"], record["why"]) == ("skipped", "no address")


async def test_a_reminder_says_how_to_get_no_more(
    notifications: ComposedNotifications, smtp: SmtpServer
) -> None:
    await tell(notifications, abandoned())
    (mail,) = smtp.mails()
    link = mail["List-Unsubscribe"].strip("<>")
    assert link.startswith("https://store.example/mail/unsubscribe/")
    assert f"\r\nList-Unsubscribe: <{link}>\r\n".encode() in smtp.taken[0]
    assert mail["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    assert link in part(mail, "plain").replace("\n", "")
    assert f'<a href="{link}">' in part(mail, "html")
    assert "2 x Helmet: $69.98" in part(mail, "plain")


async def test_without_a_page_for_it_a_reminder_has_no_link(
    notifications: ComposedNotifications, smtp: SmtpServer
) -> None:
    notifications.links = None
    await tell(notifications, abandoned())
    (mail,) = smtp.mails()
    assert mail["List-Unsubscribe"] is None
    assert "reminders" not in part(mail, "plain") + part(mail, "html")


async def test_a_reminder_that_comes_too_late_does_not_come(
    notifications: ComposedNotifications, smtp: SmtpServer
) -> None:
    notifications.clock = lambda: datetime.now(UTC) + timedelta(days=3)
    late, _ = await tell(notifications, abandoned(), placed())
    assert [mail["Subject"] for mail in smtp.mails()] == ["Your order FH-100001"]
    assert (await notifications.store.record(late))["why"] == "too late"


async def test_an_address_gets_one_reminder_a_day(
    notifications: ComposedNotifications, smtp: SmtpServer, admin: Redis
) -> None:
    """However many carts name it, in whatever spelling; orders are confirmed all the same."""
    carts = [abandoned(n, buyer=ADA.upper() if n % 2 else ADA) for n in range(50)]
    other = abandoned(50, buyer="grace@example.com")
    first, *further = await tell_all(notifications, *carts, placed(), other)
    subjects = Counter((mail["To"], mail["Subject"]) for mail in smtp.mails())
    assert sorted(subjects.values()) == [1, 1, 1]
    skipped = [await notifications.store.record(event) for event in (first, *further)]
    assert Counter(record.get("why") for record in skipped) == {"had one today": 49, None: 3}

    async for key in admin.scan_iter("{notifications}:promotion:*"):
        assert 0 < await admin.ttl(key) <= 24 * 3600
        await admin.delete(key)  # A day later.
    await tell(notifications, abandoned(51))
    assert len(smtp.mails()) == 4


async def test_a_reminder_that_fails_is_tried_again_though_it_counts(
    notifications: ComposedNotifications, smtp: SmtpServer
) -> None:
    smtp.rejections["mail"] = "451 later"

    async def was_refused() -> bool:
        return smtp.refused > 0

    async with notifications.consuming():
        await notifications.publish(abandoned())
        await eventually(was_refused)
        smtp.rejections.clear()
        await notifications.settled()
    assert len(smtp.mails()) == 1


@pytest.mark.parametrize(
    "other",
    [
        *("Grace <grace@example.com>", "no address", "a@b\nBcc: x@y.z", "a@[", "@", "a@", "x y@z"),
        *("a@b.c\r\nBcc: d@e.f", "ada@example.com,grace@example.com"),
    ],
)
async def test_what_is_no_address_gets_no_mail_and_is_no_dead_letter(
    notifications: ComposedNotifications, smtp: SmtpServer, other: str
) -> None:
    event, _ = await tell(notifications, placed(buyer=other), placed(2))
    assert [mail["To"] for mail in smtp.mails()] == [ADA]
    record = await notifications.store.record(event)
    assert (record["state"], record["why"]) == ("skipped", "not an address")
    assert await notifications.dead_letters.count() == 0


async def test_what_is_kept_of_an_order_for_later_mails_expires(
    notifications: ComposedNotifications, admin: Redis
) -> None:
    await tell(notifications, placed())
    await notifications.store.cancel("of_another_process")
    kept = [
        key
        for kind in ("order", "payment")
        async for key in admin.scan_iter(f"{{notifications}}:{kind}:*")
    ]
    assert len(kept) == 3
    for key in kept:
        assert 0 < await admin.ttl(key) <= ORDER_KEPT_SECONDS


@settings(deadline=None)
@example("a@b\x85.co")
@example("a@b\xad.co")
@given(st.one_of(st.text(), st.text('a"\\@. <>()[],;:=?\r\nü\0'), st.from_regex(".{1,5}@.{1,5}")))
def test_an_address_is_written_to_alone_or_is_none(address: str) -> None:
    source = MailSource("event_1", datetime(2026, 6, 1, tzinfo=UTC))
    try:
        mail = RENDERER.write(order_placed(source, placed(buyer=address)))
    except NonRetryableError:
        return
    (recipient,) = extract_recipients(mail)
    # Letters that a domain does not tell apart are spelled in one way.
    assert recipient == as_email(address.strip())
    assert mail.as_bytes().count(b"\r\nTo: ") == 1
    assert b"\r\nBcc: " not in mail.as_bytes()
