"""Every fact is told once, to whom it concerns, in text and HTML."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from deployments.foundation.events import Event
from deployments.orders.service import OrdersService
from deployments.orders.store import OrdersStore
from tests.unit.consuming.toys import eventually
from tests.unit.notifications.facts import ADA, abandoned, cancelled, placed, refunded
from tests.unit.notifications.post_office import PostOffice, part
from tests.unit.notifications.world import World
from tests.unit.orders.world import PUBLIC_URL, order, undo


async def tell(world: World, *facts: Event) -> list[str]:
    """Announce facts one after another, each when the one before is settled."""
    events = []
    async with world.consuming():
        for fact in facts:
            events.append(await world.announce(fact))
            await world.settled()
    return events


async def test_an_order_is_confirmed(world: World, office: PostOffice) -> None:
    (event,) = await tell(world, placed())
    (mail,) = office.mails()
    assert mail["To"] == ADA
    assert mail["From"] == "Fieldhouse <store@fieldhouse.example>"
    assert mail["Subject"] == "Your order FH-100001"
    assert mail["Message-ID"] == f"<{event}@fieldhouse.example>"
    assert mail["Auto-Submitted"] == "auto-generated"
    assert mail["List-Unsubscribe"] is None
    assert "2 x Helmet: $69.98" in part(mail, "plain")
    for kind in ("plain", "html"):
        assert "$81.00" in part(mail, kind)
        assert "Ground by Overland, arrives 3 June to 5 June 2026." in part(mail, kind)
    assert (await world.store.record(event))["state"] == "sent"


async def test_an_order_is_confirmed_as_orders_announces_it(
    world: World, office: PostOffice
) -> None:
    orders = OrdersService(OrdersStore(world.redis_of("orders")), PUBLIC_URL)
    async with world.consuming():
        label = (await orders.place(order())).label
        await eventually(lambda: office.has(1))
        await orders.withdraw(undo())
        await world.settled()
    confirmed, withdrawn = office.mails()
    assert confirmed["Subject"] == f"Your order {label}"
    assert "2 x Thing 1" in part(confirmed, "plain")
    assert withdrawn["Subject"] == f"Your order {label} was cancelled"


async def test_what_an_event_says_is_text_and_no_markup(world: World, office: PostOffice) -> None:
    await tell(world, placed(title='<script>"&'))
    (mail,) = office.mails()
    assert '2 x <script>"&: $69.98' in part(mail, "plain")
    assert "<script>" not in part(mail, "html")
    assert "&lt;script&gt;&#34;&amp;" in part(mail, "html")


async def test_a_refund_is_told_to_whom_the_order_was_confirmed(
    world: World, office: PostOffice
) -> None:
    await tell(world, placed(), refunded(refund=500, altogether=500), refunded(1, 300, 800))
    _, first, second = office.mails()
    assert second["To"] == ADA
    assert second["Subject"] == "A refund for your order FH-100001"
    assert "We have given back $5.00" in part(first, "plain")
    assert "earlier" not in part(first, "plain")
    for kind in ("plain", "html"):
        assert "With earlier refunds that is $8.00 of $81.00." in part(second, kind)


async def test_a_refund_waits_until_its_order_is_known(world: World, office: PostOffice) -> None:
    async with world.consuming():
        await world.announce(refunded())
        await world.announce(placed())
        await world.settled()
    assert sorted(str(mail["Subject"]) for mail in office.mails()) == [
        "A refund for your order FH-100001",
        "Your order FH-100001",
    ]


async def test_an_order_that_was_withdrawn_is_said_to_be_none(
    world: World, office: PostOffice
) -> None:
    await tell(world, placed(), cancelled())
    assert [mail["Subject"] for mail in office.mails()] == [
        "Your order FH-100001",
        "Your order FH-100001 was cancelled",
    ]


async def test_without_an_address_nobody_is_told(world: World, office: PostOffice) -> None:
    facts = placed(buyer=None), refunded(), cancelled(), abandoned(buyer=None)
    events = await tell(world, *facts)
    assert office.taken == []
    assert await world.letters.count() == 0
    for event in events:
        record = await world.store.record(event)
        assert (record["state"], record["why"]) == ("skipped", "no address")


async def test_a_reminder_says_how_to_get_no_more(world: World, office: PostOffice) -> None:
    await tell(world, abandoned())
    (mail,) = office.mails()
    link = mail["List-Unsubscribe"].strip("<>")
    assert link.startswith("https://store.example/mail/unsubscribe/")
    assert mail["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    assert link in part(mail, "plain").replace("\n", "")
    assert f'<a href="{link}">' in part(mail, "html")
    assert "2 x Helmet: $69.98" in part(mail, "plain")


async def test_without_a_page_for_it_a_reminder_has_no_link(
    world: World, office: PostOffice
) -> None:
    world.links = None
    await tell(world, abandoned())
    (mail,) = office.mails()
    assert mail["List-Unsubscribe"] is None
    assert "reminders" not in part(mail, "plain") + part(mail, "html")


async def test_a_reminder_that_comes_too_late_does_not_come(
    world: World, office: PostOffice
) -> None:
    world.clock = lambda: datetime.now(UTC) + timedelta(days=3)
    late, _ = await tell(world, abandoned(), placed())
    assert [mail["Subject"] for mail in office.mails()] == ["Your order FH-100001"]
    assert (await world.store.record(late))["why"] == "too late"


@pytest.mark.parametrize("other", ["Grace <grace@example.com>", "no address", "a@b\nBcc: x@y.z"])
async def test_what_is_no_address_gets_no_mail(
    world: World, office: PostOffice, other: str
) -> None:
    await tell(world, placed(buyer=other), placed(2))
    assert [mail["To"] for mail in office.mails()] == [ADA]
    (letter,) = await world.letters.oldest()
    assert letter.attempts == 12
