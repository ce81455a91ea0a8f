"""Who opted out gets mail about his orders, and nothing else."""

from __future__ import annotations

import pytest

from deployments.notifications.contract import (
    Addressee,
    LinkNotValid,
    OptOutLink,
    SetPreferences,
)
from tests.unit.notifications.composed_notifications import LINKS, ComposedNotifications
from tests.unit.notifications.sample_events import ADA, abandoned, placed
from tests.unit.notifications.smtp_server import SmtpServer


async def test_who_opted_out_gets_mail_about_orders_only(
    notifications: ComposedNotifications, smtp: SmtpServer
) -> None:
    service = notifications.service()
    await service.set_preferences(SetPreferences(address=" Ada@Example.com", promotional=False))
    reminder = await notifications.publish(abandoned())
    await notifications.publish(abandoned(2, buyer="grace@example.com"))
    await notifications.publish(placed())
    async with notifications.consuming():
        await notifications.settled()
    assert sorted((str(mail["To"]), str(mail["Subject"])) for mail in smtp.mails()) == [
        (ADA, "Your order FH-100001"),
        ("grace@example.com", "You left something in your cart"),
    ]
    record = await notifications.store.record(reminder)
    assert (record["state"], record["why"]) == ("skipped", "opted out")


async def test_one_may_opt_in_again(notifications: ComposedNotifications, smtp: SmtpServer) -> None:
    service = notifications.service()
    assert (await service.preferences(Addressee(address=ADA))).promotional
    await service.set_preferences(SetPreferences(address=ADA, promotional=False))
    assert not (await service.preferences(Addressee(address=ADA))).promotional
    await service.set_preferences(SetPreferences(address=ADA, promotional=True))
    await notifications.publish(abandoned())
    async with notifications.consuming():
        await notifications.settled()
    assert len(smtp.taken) == 1


async def test_the_link_in_a_reminder_ends_reminders(
    notifications: ComposedNotifications, smtp: SmtpServer
) -> None:
    await notifications.publish(abandoned())
    async with notifications.consuming():
        await notifications.settled()
        (mail,) = smtp.mails()
        token = mail["List-Unsubscribe"].strip("<>").removeprefix(f"{LINKS}/")
        answer = await notifications.service().unsubscribe(OptOutLink(token=token))
        assert not answer.promotional
        await notifications.publish(abandoned())
        await notifications.settled()
    assert len(smtp.taken) == 1
    assert not (await notifications.service().preferences(Addressee(address=ADA))).promotional


@pytest.mark.parametrize("token", ["", ".", "ü.ü", f"{'0' * 64}.{'0' * 64}"])
async def test_a_link_of_somebody_elses_making_does_nothing(
    notifications: ComposedNotifications, token: str
) -> None:
    with pytest.raises(LinkNotValid):
        await notifications.service().unsubscribe(OptOutLink(token=token))


async def test_redis_does_not_show_who_opted_out(notifications: ComposedNotifications) -> None:
    await notifications.service().set_preferences(SetPreferences(address=ADA, promotional=False))
    redis = notifications.redis_of("notifications")
    keys = [key async for key in redis.scan_iter("*")]
    assert len(keys) == 2
    assert not any("ada" in key for key in keys)
