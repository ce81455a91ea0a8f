"""What an owner does about colleagues: invites, changes, disables them."""

from __future__ import annotations

from deployments.foundation.values.authorship import Author, Change
from deployments.foundation.values.clock import Clock
from deployments.staff.authority import Authority
from deployments.staff.contract.people import (
    ActOnPerson,
    ChangePerson,
    GetPerson,
    InvitePerson,
    ListPeople,
    People,
    Person,
    PersonDisabled,
    PersonKnown,
    PersonLink,
    PersonNotDisabled,
)
from deployments.staff.contract.sign_in import Confirmed, LinkKind
from deployments.staff.domain.people import checked_email, next_version, once, person_change
from deployments.staff.domain.secrets import new_secret
from deployments.staff.domain.sign_in import LINK_LASTS
from deployments.staff.person_changes import (
    PersonChanges,
    changed_since,
    without_second_factor,
)
from deployments.staff.session_store import SessionStore
from deployments.staff.store import PersonChange, StaffStore, kept_link


class Colleagues:
    """Every method asks the authority first."""

    def __init__(
        self,
        authority: Authority,
        changes: PersonChanges,
        store: StaffStore,
        sessions: SessionStore,
        clock: Clock,
    ) -> None:
        self._authority, self._changes, self._clock = authority, changes, clock
        self._store, self._sessions = store, sessions

    async def people(self, request: ListPeople) -> People:
        """See `StaffApi`."""
        await self._authority.authorise(request.by, "staff.read")
        return People(people=tuple(await self._store.people()))

    async def person(self, request: GetPerson) -> Person:
        """See `StaffApi`."""
        await self._authority.authorise(request.by, "staff.read")
        return await self._changes.find(request.email)

    async def invite(self, request: InvitePerson) -> PersonLink:
        """See `StaffApi`."""
        who = await self._authority.authorise(request.by, "staff.change")
        now = self._clock()
        person = Person(
            email=checked_email(request.email),
            name=request.name,
            roles=once(request.roles),
            locale=request.locale,
            state="invited",
            created_at=now,
        )
        secret = new_secret()
        change = self._change("invited", None, person, who.author, request.reason)
        new_link = kept_link(secret, "invitation", now, person.email)
        wanted = PersonChange(person=person, change=change, new_link=new_link)
        if await self._changes.write(wanted) == "stale":
            raise PersonKnown("Somebody is known under this address already: change him instead.")
        return PersonLink(person=person, link=secret, until=now + LINK_LASTS["invitation"])

    async def make_link(self, request: ActOnPerson) -> PersonLink:
        """See `StaffApi`."""
        who = await self._authority.authorise(request.by, "staff.change")
        secret, now = new_secret(), self._clock()

        def decide(person: Person) -> PersonChange:
            if person.state == "disabled":
                raise PersonDisabled("This person is disabled. Enable him first.")
            kind: LinkKind = "invitation" if person.state == "invited" else "reset"
            after = next_version(person)
            change = self._change(f"{kind}_link_made", person, after, who.author, request.reason)
            new_link = kept_link(secret, kind, now, person.email)
            return PersonChange(person=after, change=change, new_link=new_link)

        person = await self._changes.change(request.email, decide)
        kind: LinkKind = "invitation" if person.state == "invited" else "reset"
        return PersonLink(person=person, link=secret, until=now + LINK_LASTS[kind])

    async def enable(self, request: ActOnPerson) -> PersonLink:
        """See `StaffApi`."""
        who = await self._authority.authorise(request.by, "staff.change")
        secret, now = new_secret(), self._clock()

        def decide(person: Person) -> PersonChange:
            if person.state != "disabled":
                raise PersonNotDisabled("This person is not disabled.")
            after = next_version(person, state="invited")
            change = self._change("enabled", person, after, who.author, request.reason)
            new_link = kept_link(secret, "invitation", now, person.email)
            return PersonChange(person=after, change=change, new_link=new_link)

        person = await self._changes.change(request.email, decide)
        return PersonLink(person=person, link=secret, until=now + LINK_LASTS["invitation"])

    async def change(self, request: ChangePerson) -> Person:
        """See `StaffApi`."""
        who = await self._authority.authorise(request.by, "staff.change")
        wanted = {
            "name": request.name or None,
            "roles": None if request.roles is None else once(request.roles),
            "locale": request.locale,
        }
        values = {name: value for name, value in wanted.items() if value is not None}

        def decide(person: Person) -> PersonChange | None:
            if person.version != request.version:
                raise changed_since(person)
            after = next_version(person, **values)
            change = self._change("person_changed", person, after, who.author, request.reason)
            if not change.after:
                return None
            ended = after.roles != person.roles
            return PersonChange(person=after, change=change, end_sessions=ended)

        return await self._changes.change(request.email, decide)

    async def disable(self, request: ActOnPerson) -> Person:
        """See `StaffApi`."""
        who = await self._authority.authorise(request.by, "staff.change")

        def decide(person: Person) -> PersonChange | None:
            if person.state == "disabled":
                return None
            after = next_version(person, state="disabled")
            return PersonChange(
                person=after,
                change=self._change("disabled", person, after, who.author, request.reason),
                end_sessions=True,
                end_tokens=True,
                end_links=True,
                end_devices=True,
            )

        return await self._changes.change(request.email, decide)

    async def forget_second_factor(self, request: ActOnPerson) -> Person:
        """See `StaffApi`."""
        who = await self._authority.authorise(request.by, "staff.change")

        def decide(person: Person) -> PersonChange | None:
            if not person.second_factor:
                return None
            after = next_version(person, second_factor=False)
            change = self._change(
                "second_factor_removed", person, after, who.author, request.reason
            )
            return without_second_factor(after, change)

        return await self._changes.change(request.email, decide)

    async def end_sessions_of(self, request: ActOnPerson) -> Confirmed:
        """See `StaffApi`."""
        who = await self._authority.authorise(request.by, "staff.change")
        person = await self._changes.find(request.email)
        change = self._change("sessions_ended", person, person, who.author, request.reason)
        await self._sessions.end(person.email, change)
        return Confirmed()

    def _change(
        self, action: str, before: Person | None, after: Person, author: Author, reason: str
    ) -> Change:
        at = self._clock()
        return person_change(action, before, after, author=author, at=at, reason=reason)
