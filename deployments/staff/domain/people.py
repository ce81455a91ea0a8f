"""The rules about people: how they are named, what makes a password weak, what a change tells."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from pydantic import JsonValue, SecretStr

from deployments.foundation.values.authorship import Author, Change
from deployments.foundation.values.text import is_email
from deployments.staff.contract.credentials import LONGEST_PASSWORD
from deployments.staff.contract.people import Person
from deployments.staff.contract.permissions import ROLES, Role
from deployments.staff.contract.sign_in import NotAnEmail, WeakPassword

SHORTEST_PASSWORD = 12
_FEWEST_CHARACTERS = 5
_SHORTEST_PART = 4
_TOLD = ("name", "roles", "locale", "state", "second_factor")


def fold(email: str) -> str:
    """The spelling under which a person is known, however the address was written."""
    return email.strip().casefold()


def checked_email(email: str) -> str:
    """An address, folded. Rejects with `NotAnEmail`."""
    if not is_email(email.strip()):
        raise NotAnEmail("This is no email address. Write it as name@example.org.")
    return fold(email)


def check_password(password: SecretStr, email: str) -> None:
    """Rejects with `WeakPassword` what is short, has few characters, or tells the address."""
    text = password.get_secret_value()
    if not SHORTEST_PASSWORD <= len(text) <= LONGEST_PASSWORD:
        raise WeakPassword(f"Take a password of {SHORTEST_PASSWORD} to {LONGEST_PASSWORD} letters.")
    if len(set(text)) < _FEWEST_CHARACTERS:
        raise WeakPassword("Take a password of more different letters.")
    folded = text.casefold()
    parts = (part for part in (email, email.partition("@")[0]) if len(part) >= _SHORTEST_PART)
    if any(part in folded for part in parts):
        raise WeakPassword("Take a password that does not contain the email address.")


def once(roles: Iterable[Role]) -> tuple[Role, ...]:
    """Each role once, in the order in which they are declared."""
    held = frozenset(roles)
    return tuple(role for role in ROLES if role in held)


def next_version(person: Person, **values: object) -> Person:
    """A person with other values, as he is after the next change."""
    return person.model_copy(update={**values, "version": person.version + 1})


def author_of(person: Person, address: str) -> Author:
    """A person as whoever did something."""
    return Author(kind="person", id=person.email, name=person.name, address=address)


def person_change(
    action: str,
    before: Person | None,
    after: Person,
    *,
    author: Author,
    at: datetime,
    reason: str = "",
) -> Change:
    """What became of a person: the fields that differ."""
    was, now = _told(before), _told(after)
    changed = [name for name in _TOLD if was.get(name) != now[name]]
    return Change(
        author=author,
        subject=f"staff/person/{after.email}",
        action=action,
        before={name: was[name] for name in changed if name in was},
        after={name: now[name] for name in changed},
        reason=reason,
        at=at,
    )


def _told(person: Person | None) -> dict[str, JsonValue]:
    return {} if person is None else person.model_dump(mode="json", include=set(_TOLD))
