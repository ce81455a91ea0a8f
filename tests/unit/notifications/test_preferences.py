"""Who opted out gets mail about his orders, and nothing else."""

from __future__ import annotations

import pytest

from deployments.notifications.contract import (
    Addressee,
    Link,
    LinkNotValid,
    SetPreferences,
)
from tests.unit.notifications.post_office import PostOffice
from tests.unit.notifications.sample_events import ADA, abandoned, placed
from tests.unit.notifications.world import LINKS, World


async def test_who_opted_out_gets_mail_about_orders_only(world: World, office: PostOffice) -> None:
    service = world.service()
    await service.set_preferences(SetPreferences(address=" Ada@Example.com", promotional=False))
    reminder = await world.publish(abandoned())
    await world.publish(abandoned(2, buyer="grace@example.com"))
    await world.publish(placed())
    async with world.consuming():
        await world.settled()
    assert sorted((str(mail["To"]), str(mail["Subject"])) for mail in office.mails()) == [
        (ADA, "Your order FH-100001"),
        ("grace@example.com", "You left something in your cart"),
    ]
    record = await world.store.record(reminder)
    assert (record["state"], record["why"]) == ("skipped", "opted out")


async def test_one_may_opt_in_again(world: World, office: PostOffice) -> None:
    service = world.service()
    assert (await service.preferences(Addressee(address=ADA))).promotional
    await service.set_preferences(SetPreferences(address=ADA, promotional=False))
    assert not (await service.preferences(Addressee(address=ADA))).promotional
    await service.set_preferences(SetPreferences(address=ADA, promotional=True))
    await world.publish(abandoned())
    async with world.consuming():
        await world.settled()
    assert len(office.taken) == 1


async def test_the_link_in_a_reminder_ends_reminders(world: World, office: PostOffice) -> None:
    await world.publish(abandoned())
    async with world.consuming():
        await world.settled()
        (mail,) = office.mails()
        token = mail["List-Unsubscribe"].strip("<>").removeprefix(f"{LINKS}/")
        answer = await world.service().unsubscribe(Link(token=token))
        assert not answer.promotional
        await world.publish(abandoned())
        await world.settled()
    assert len(office.taken) == 1
    assert not (await world.service().preferences(Addressee(address=ADA))).promotional


@pytest.mark.parametrize("token", ["", ".", "ü.ü", f"{'0' * 64}.{'0' * 64}"])
async def test_a_link_of_somebody_elses_making_does_nothing(world: World, token: str) -> None:
    with pytest.raises(LinkNotValid):
        await world.service().unsubscribe(Link(token=token))


async def test_redis_does_not_show_who_opted_out(world: World) -> None:
    await world.service().set_preferences(SetPreferences(address=ADA, promotional=False))
    redis = world.redis_of("notifications")
    keys = [key async for key in redis.scan_iter("*")]
    assert len(keys) == 2
    assert not any("ada" in key for key in keys)
