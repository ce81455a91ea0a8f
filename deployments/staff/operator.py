"""What an operator does at the command line, where no owner can do it."""

from __future__ import annotations

from pydantic import SecretStr

from deployments.foundation.values.authorship import Author, Change
from deployments.foundation.values.clock import Clock
from deployments.staff.contract.people import Person, PersonDisabled
from deployments.staff.contract.sign_in import LINK_PATH
from deployments.staff.domain.people import next_version, person_change
from deployments.staff.domain.secrets import new_secret
from deployments.staff.person_changes import PersonChanges, without_second_factor
from deployments.staff.store import PersonChange, StaffStore, kept_link

OPERATOR = Author(kind="system", id="operator", name="The command line")


class Operator:
    """Whoever may enter staff's Redis. All that he does is in the audit log."""

    def __init__(self, store: StaffStore, clock: Clock) -> None:
        self._store, self._changes, self._clock = store, PersonChanges(store, clock), clock

    async def owner_link(self) -> SecretStr | None:
        """A new link that makes the first owner, in place of any before; none if there is one."""
        secret, now = new_secret(), self._clock()
        change = Change(author=OPERATOR, subject="staff/link/owner", action="link_made", at=now)
        made = await self._store.make_owner_link(kept_link(secret, "owner", now), change)
        return secret if made else None

    async def reset(self, email: str) -> SecretStr:
        """A link by which a person sets another password, without the second factor from now on.

        His sessions end. Rejects with `PersonNotFound` and `PersonDisabled`.
        """
        secret = new_secret()

        def decide(person: Person) -> PersonChange:
            if person.state == "disabled":
                raise PersonDisabled("This person is disabled: an owner has to enable him.")
            after = next_version(person, second_factor=False)
            change = self._change("reset_link_made", person, after)
            link = kept_link(secret, "reset", self._clock(), person.email)
            return without_second_factor(after, change, new_link=link)

        await self._changes.change(email, decide)
        return secret

    async def end_sessions(self) -> int:
        """End all sessions of everybody, one person after another; of how many people."""
        people = await self._store.people()
        for one in people:
            await self._changes.change(one.email, self._ended)
        return len(people)

    def _ended(self, person: Person) -> PersonChange:
        after = next_version(person)
        change = self._change("sessions_ended", person, after)
        return PersonChange(person=after, change=change, end_sessions=True, end_devices=True)

    def _change(self, action: str, before: Person, after: Person) -> Change:
        return person_change(action, before, after, author=OPERATOR, at=self._clock())


def link_url(public_url: str, secret: SecretStr) -> str:
    """Where a link is used, for whoever may use it."""
    return f"{public_url}{LINK_PATH}{secret.get_secret_value()}"
