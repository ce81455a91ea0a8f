"""One-time links: who has one sets a password, and so becomes an owner or a colleague."""

from __future__ import annotations

from collections.abc import Mapping

from deployments.foundation.values.clock import Clock
from deployments.staff.contract.people import Person
from deployments.staff.contract.sign_in import (
    AcceptLink,
    Link,
    LinkInvalid,
    LinkKind,
    LookUpLink,
    OwnerExists,
    SignInStep,
)
from deployments.staff.domain.people import (
    author_of,
    check_password,
    checked_email,
    next_version,
    person_change,
)
from deployments.staff.domain.secrets import hashed
from deployments.staff.passwords import Passwords
from deployments.staff.signing_in import Opened
from deployments.staff.store import PersonChange, StaffStore

_ACTIONS: Mapping[LinkKind, str] = {
    "owner": "owner_made",
    "invitation": "invitation_accepted",
    "reset": "password_reset",
}
_TRIES = 5


class Links:
    """Looks at links and uses them up."""

    def __init__(self, store: StaffStore, passwords: Passwords, clock: Clock) -> None:
        self._store, self._passwords, self._clock = store, passwords, clock

    async def look_up(self, request: LookUpLink) -> Link:
        """See `StaffApi`."""
        found = await self._store.link(hashed(request.link), self._clock())
        if found is None:
            raise _invalid()
        person = None if found.email is None else await self._store.person(found.email)
        return found if person is None else found.model_copy(update={"name": person.name})

    async def accept(self, request: AcceptLink) -> SignInStep:
        """See `StaffApi`."""
        link = await self.look_up(LookUpLink(link=request.link))
        email = checked_email(request.email or "") if link.email is None else link.email
        check_password(request.password, email)
        password = await self._passwords.hash(request.password)
        for _ in range(_TRIES):
            step = await self._try(request, link.kind, email, password)
            if step is not None:
                return step
        raise _invalid()

    async def _try(
        self, request: AcceptLink, kind: LinkKind, email: str, password: str
    ) -> SignInStep | None:
        """None if the person was changed meanwhile."""
        before = await self._store.person(email)
        person = self._person(request, kind, email, before)
        opened = self._opened(person, request)
        author, now = author_of(person, request.origin.address), self._clock()
        wanted = PersonChange(
            person=person,
            change=person_change(_ACTIONS[kind], before, person, author=author, at=now),
            credentials={"password": password},
            link=hashed(request.link),
            first_owner=kind == "owner",
            end_sessions=True,
            end_devices=True,
            opening=opened.opening if opened else None,
        )
        outcome = await self._store.change(wanted, now)
        if outcome == "has_owner":
            raise OwnerExists("This shop has an owner, who can invite you.")
        if outcome == "stale":
            return None
        if outcome != "done":
            raise _invalid()
        return SignInStep(signed_in=opened.answer if opened else None)

    def _opened(self, person: Person, request: AcceptLink) -> Opened | None:
        """A session, unless the person has a second factor, for which a link does not stand."""
        if person.second_factor:
            return None
        return Opened(person, request.origin, self._clock(), second_factor=False)

    def _person(
        self, request: AcceptLink, kind: LinkKind, email: str, before: Person | None
    ) -> Person:
        if kind == "owner" and before is None:
            return Person(
                email=email,
                name=request.name or email,
                roles=("owner",),
                locale=request.locale,
                created_at=self._clock(),
            )
        if kind == "owner" or before is None or before.state == "disabled":
            raise _invalid()
        return next_version(before, name=request.name or before.name, state="active")


def _invalid() -> LinkInvalid:
    return LinkInvalid("This link was used, replaced, or its time is over. Ask for a new one.")
