"""What an owner does about colleagues, and what nobody can do to the last owner."""

from __future__ import annotations

import asyncio

import pytest

from deployments.staff.contract.credentials import NotPermitted, Origin
from deployments.staff.contract.people import (
    ChangePerson,
    GetPerson,
    InvitePerson,
    LastOwner,
    ListPeople,
    Person,
    PersonChanged,
    PersonDisabled,
    PersonKnown,
    PersonNotDisabled,
    PersonNotFound,
)
from deployments.staff.contract.sign_in import AcceptLink, LinkInvalid, LookUpLink, WrongCredentials
from tests.unit.staff.composed_staff import HOME, OWNER, PASSWORD, ComposedStaff, secret

BOB = "bob@example.org"


async def find(shop: ComposedStaff, email: str) -> Person:
    return await shop.other.person(GetPerson(by=shop.owner, email=email))


async def change(shop: ComposedStaff, email: str, version: int, **values: object) -> Person:
    asked = {"by": shop.owner, "email": email, "version": version, **values}
    return await shop.staff.change_person(ChangePerson.model_validate(asked))


async def test_a_colleague_comes_in_by_an_invitation(owned: ComposedStaff) -> None:
    bob = await owned.employ(BOB, "warehouse")
    who = await owned.may(bob, "stock.change")
    assert (who.email, who.name, who.roles) == (BOB, "bob", ("warehouse",))
    with pytest.raises(NotPermitted) as no:
        await owned.may(bob, "prices.change")
    assert no.value.permission == "prices.change"
    listed = await owned.staff.people(ListPeople(by=owned.owner))
    assert [one.email for one in listed.people] == [OWNER, BOB]


async def test_nobody_is_invited_twice(owned: ComposedStaff) -> None:
    await owned.employ(BOB, "warehouse")
    with pytest.raises(PersonKnown):
        await owned.employ(" BOB@example.org", "owner")
    assert (await find(owned, BOB)).roles == ("warehouse",)


async def test_a_newer_invitation_replaces_the_older(owned: ComposedStaff) -> None:
    invited = await owned.staff.invite(
        InvitePerson(by=owned.owner, email=BOB, name="Bob", roles=("support",))
    )
    newer = await owned.staff.make_link(owned.act(BOB))
    with pytest.raises(LinkInvalid):
        await owned.staff.look_up_link(LookUpLink(link=invited.link))
    found = await owned.staff.look_up_link(LookUpLink(link=newer.link))
    assert (found.kind, found.email, found.name) == ("invitation", BOB, "Bob")
    with pytest.raises(WrongCredentials):
        await owned.sign_in(BOB, "")


async def test_other_roles_hold_at_once_and_end_sessions(owned: ComposedStaff) -> None:
    bob = await owned.employ(BOB, "warehouse")
    before = await find(owned, BOB)
    after = await change(owned, BOB, before.version, roles=("finance", "support", "finance"))
    assert after.roles == ("support", "finance")
    assert not await owned.is_open(bob)
    assert (await owned.may(await owned.enter(BOB), "refunds.make")).roles == after.roles


async def test_another_name_ends_no_session(owned: ComposedStaff) -> None:
    bob = await owned.employ(BOB, "warehouse")
    await change(owned, BOB, (await find(owned, BOB)).version, name="Robert", locale="de")
    who = await owned.may(bob)
    assert (who.name, who.locale) == ("Robert", "de")


async def test_of_two_who_change_a_person_at_once_one_is_told(owned: ComposedStaff) -> None:
    await owned.employ(BOB, "warehouse")
    version = (await find(owned, BOB)).version
    outcomes = await asyncio.gather(
        *(change(owned, BOB, version, name=f"Bob {n}") for n in range(6)), return_exceptions=True
    )
    assert sum(isinstance(one, Person) for one in outcomes) == 1
    refused = [one for one in outcomes if isinstance(one, PersonChanged)]
    assert [one.version for one in refused] == [version + 1] * 5


async def test_who_is_disabled_is_out_at_once_and_for_good(owned: ComposedStaff) -> None:
    bob = await owned.employ(BOB, "warehouse")
    link = await owned.staff.make_link(owned.act(BOB))
    for _ in range(2):
        assert (await owned.staff.disable(owned.act(BOB, "left"))).state == "disabled"
    assert not await owned.is_open(bob)
    with pytest.raises(WrongCredentials):
        await owned.sign_in(BOB)
    with pytest.raises(LinkInvalid):
        await owned.staff.look_up_link(LookUpLink(link=link.link))
    with pytest.raises(PersonDisabled):
        await owned.staff.make_link(owned.act(BOB))
    actions = [(one.action, one.reason) for one in await owned.log()]
    assert actions.count(("disabled", "left")) == 1


async def test_who_is_enabled_comes_in_with_a_new_password(owned: ComposedStaff) -> None:
    await owned.employ(BOB, "warehouse")
    with pytest.raises(PersonNotDisabled):
        await owned.staff.enable(owned.act(BOB))
    await owned.staff.disable(owned.act(BOB))
    link = (await owned.staff.enable(owned.act(BOB))).link
    with pytest.raises(WrongCredentials):
        await owned.sign_in(BOB)
    await owned.staff.accept_link(AcceptLink(link=link, password=secret("another long password")))
    assert await owned.is_open(await owned.enter(BOB, "another long password"))


async def test_a_lost_password_is_replaced_and_sessions_end(owned: ComposedStaff) -> None:
    bob = await owned.employ(BOB, "warehouse")
    link = (await owned.staff.make_link(owned.act(BOB))).link
    assert await owned.is_open(bob), "the link alone changes nothing"
    step = await owned.staff.accept_link(
        AcceptLink(link=link, password=secret("another long password"), origin=Origin(address=HOME))
    )
    assert step.signed_in is not None
    assert not await owned.is_open(bob)
    with pytest.raises(WrongCredentials):
        await owned.sign_in(BOB, PASSWORD)


async def test_all_sessions_of_a_person_are_ended(owned: ComposedStaff) -> None:
    bob = [await owned.employ(BOB, "warehouse"), await owned.enter(BOB)]
    await owned.staff.end_sessions_of(owned.act(BOB, "stolen laptop"))
    assert [await owned.is_open(one) for one in bob] == [False, False]
    assert await owned.is_open(owned.owner)


async def test_the_last_owner_stays(owned: ComposedStaff) -> None:
    version = (await find(owned, OWNER)).version
    with pytest.raises(LastOwner):
        await owned.staff.disable(owned.act(OWNER))
    with pytest.raises(LastOwner):
        await change(owned, OWNER, version, roles=("auditor",))
    assert await owned.is_open(owned.owner)


async def test_who_has_not_come_in_does_not_count_as_an_owner(owned: ComposedStaff) -> None:
    await owned.staff.invite(InvitePerson(by=owned.owner, email=BOB, name="Bob", roles=("owner",)))
    with pytest.raises(LastOwner):
        await owned.staff.disable(owned.act(OWNER))
    await owned.staff.disable(owned.act(BOB))
    await owned.staff.enable(owned.act(BOB))
    with pytest.raises(LastOwner):
        await owned.staff.disable(owned.act(OWNER))


async def test_two_owners_who_disable_each_other_leave_one(owned: ComposedStaff) -> None:
    bob = await owned.employ(BOB, "owner")
    outcomes = await asyncio.gather(
        owned.staff.disable(owned.act(BOB)),
        owned.other.disable(owned.act(OWNER).model_copy(update={"by": bob})),
        return_exceptions=True,
    )
    assert sum(isinstance(one, Person) for one in outcomes) == 1
    assert len(await owned.redis.smembers("{staff}:owners")) == 1


@pytest.mark.parametrize("method", ["disable", "enable", "make_link", "end_sessions_of"])
async def test_nobody_is_found_who_is_not_known(owned: ComposedStaff, method: str) -> None:
    with pytest.raises(PersonNotFound):
        await getattr(owned.staff, method)(owned.act(BOB))


async def test_only_an_owner_changes_people(owned: ComposedStaff) -> None:
    others = [
        await owned.employ(f"{role}@example.org", role)
        for role in ("catalogue", "warehouse", "support", "finance", "auditor")
    ]
    for by in others:
        asked = owned.act(OWNER).model_copy(update={"by": by})
        for method in (
            owned.staff.disable,
            owned.staff.enable,
            owned.staff.make_link,
            owned.staff.forget_second_factor,
            owned.staff.end_sessions_of,
        ):
            with pytest.raises(NotPermitted):
                await method(asked)
        with pytest.raises(NotPermitted):
            await owned.staff.invite(InvitePerson(by=by, email=BOB, name="Bob", roles=("owner",)))
        with pytest.raises(NotPermitted):
            await owned.staff.change_person(ChangePerson(by=by, email=OWNER, version=1))


async def test_looking_at_people_is_for_owners_and_auditors(owned: ComposedStaff) -> None:
    auditor = await owned.employ("eve@example.org", "auditor")
    assert len((await owned.staff.people(ListPeople(by=auditor))).people) == 2
    bob = await owned.employ(BOB, "support")
    with pytest.raises(NotPermitted):
        await owned.staff.people(ListPeople(by=bob))
