"""The people who run the shop: who they are, and what each may do."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Annotated, ClassVar, Literal

from pydantic import Field

from deployments.foundation.rpc.rejection import Rejection
from deployments.foundation.values.authorship import Reason
from deployments.foundation.values.message import Message
from deployments.foundation.values.text import Text
from deployments.staff.contract.credentials import Credential, EmailText, Locale, Secret
from deployments.staff.contract.permissions import ROLES, Role

MOST_PEOPLE = 1000
"""How many people may be known, disabled ones included."""
State = Literal["invited", "active", "disabled"]
"""An invited person has no password yet; a disabled one has no sessions, tokens or links."""
Roles = Annotated[tuple[Role, ...], Field(max_length=len(ROLES))]


class Person(Message):
    """Somebody who runs the shop. `email` names the person for good, in small letters.

    `version` grows with every change: whoever changes a person says which one he has seen.
    """

    email: str = Field(max_length=254)
    name: str = Field(max_length=128)
    roles: Roles
    locale: Locale = "en"
    state: State = "active"
    second_factor: bool = False
    created_at: datetime
    version: int = Field(1, ge=1)


class ListPeople(Message):
    """Asks for everybody."""

    by: Credential


class People(Message):
    """Everybody, by email."""

    people: tuple[Person, ...]


class GetPerson(Message):
    """Asks for one person."""

    by: Credential
    email: EmailText


class InvitePerson(Message):
    """A colleague to be, and what he may do."""

    by: Credential
    email: EmailText
    name: Text
    roles: Roles
    locale: Locale = "en"
    reason: Reason = ""


class PersonLink(Message):
    """A person, and the link by which he sets a password: it is shown this once."""

    person: Person
    link: Secret
    until: datetime


class ChangePerson(Message):
    """Other values for a person whose `version` somebody has seen; none leaves one as it is."""

    by: Credential
    email: EmailText
    version: int = Field(ge=1)
    name: Text | None = None
    roles: Roles | None = None
    locale: Locale | None = None
    reason: Reason = ""


class ActOnPerson(Message):
    """One person, and why something is done about him."""

    by: Credential
    email: EmailText
    reason: Reason = ""


@dataclass(eq=False)
class PersonNotFound(Rejection):
    """Nobody is known under this address (404)."""

    code: ClassVar[str] = "staff.person_not_found"


@dataclass(eq=False)
class PersonKnown(Rejection):
    """Somebody is known under this address already (409)."""

    code: ClassVar[str] = "staff.person_known"


@dataclass(eq=False)
class PersonChanged(Rejection):
    """Somebody else changed the person since (409): `version` is the one that he has now."""

    version: int
    code: ClassVar[str] = "staff.person_changed"


@dataclass(eq=False)
class PersonDisabled(Rejection):
    """The person is disabled: enable him first (409)."""

    code: ClassVar[str] = "staff.person_disabled"


@dataclass(eq=False)
class PersonNotDisabled(Rejection):
    """The person is not disabled, so there is nothing to enable (409)."""

    code: ClassVar[str] = "staff.person_not_disabled"


@dataclass(eq=False)
class LastOwner(Rejection):
    """The shop would have no owner (409)."""

    code: ClassVar[str] = "staff.last_owner"


@dataclass(eq=False)
class TooManyPeople(Rejection):
    """`MOST_PEOPLE` are known (409)."""

    code: ClassVar[str] = "staff.too_many_people"
