"""Changes to people: decided upon what is there, and anew where somebody else was faster."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from deployments.foundation.values.authorship import Change
from deployments.foundation.values.clock import Clock
from deployments.staff.contract.people import (
    MOST_PEOPLE,
    LastOwner,
    Person,
    PersonChanged,
    PersonNotFound,
    TooManyPeople,
)
from deployments.staff.domain.people import fold
from deployments.staff.store import Outcome, PersonChange, StaffStore

_TRIES = 5
Decide = Callable[[Person], PersonChange | None]
"""What is to become of a person; none if he is that already."""


class PersonChanges:
    """Reads and writes people. A change takes two round trips."""

    def __init__(self, store: StaffStore, clock: Clock) -> None:
        self._store, self._clock = store, clock

    async def find(self, email: str) -> Person:
        """Who is known under an address. Rejects with `PersonNotFound`."""
        person = await self._store.person(fold(email))
        if person is None:
            raise PersonNotFound("Nobody is known under this address.")
        return person

    async def change(self, email: str, decide: Decide) -> Person:
        """The person as he is afterwards.

        Rejects with `PersonNotFound`, `LastOwner`, and `PersonChanged` if others keep changing him.
        """
        for _ in range(_TRIES):
            person = await self.find(email)
            wanted = decide(person)
            if wanted is None:
                return person
            if await self.write(wanted) != "stale":
                return wanted.person
        raise changed_since(await self.find(email))

    async def write(self, wanted: PersonChange) -> Outcome:
        """Write what was decided. Rejects with `LastOwner` and `TooManyPeople`."""
        outcome = await self._store.change(wanted, self._clock())
        if outcome == "last_owner":
            raise LastOwner("This is the last owner. Make somebody else an owner first.")
        if outcome == "full":
            raise TooManyPeople(f"{MOST_PEOPLE} people are known, which is as many as may be.")
        return outcome


def changed_since(person: Person) -> PersonChanged:
    """The rejection with its sentence."""
    return PersonChanged(
        "Somebody else has changed this person. Compare, and try again.", version=person.version
    )


def without_second_factor(
    person: Person,
    change: Change,
    *,
    kept_session: str | None = None,
    new_link: Mapping[str, str] | None = None,
) -> PersonChange:
    """Ends all sessions but the one that is kept: others may be of whoever has the factor."""
    return PersonChange(
        person=person,
        change=change,
        forgotten=("totp", "totp_step"),
        recovery_codes=(),
        new_link=new_link,
        end_sessions=True,
        kept_session=kept_session,
    )
