"""How staff says who is asking, and what that allows: the form of every credential."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Annotated, ClassVar

from pydantic import Field, PlainSerializer, SecretStr

from deployments.foundation.rpc.rejection import Rejection
from deployments.foundation.values.authorship import Author
from deployments.foundation.values.message import Message
from deployments.staff.contract.permissions import Permission, Role

LONGEST_PASSWORD = 256
_LONGEST_SECRET = 256
_REVEAL = PlainSerializer(SecretStr.get_secret_value, return_type=str, when_used="json")

Secret = Annotated[SecretStr, Field(max_length=_LONGEST_SECRET), _REVEAL]
"""A random text that opens something: a session, a token, a link. It crosses to staff or to whom it
belongs; staff keeps only its hash. It never shows in a log or an error."""
Password = Annotated[SecretStr, Field(max_length=LONGEST_PASSWORD), _REVEAL]
EmailText = Annotated[str, Field(min_length=1, max_length=254)]
"""An email address as somebody wrote it; it need not be one."""
Locale = Annotated[str, Field(pattern=r"^[a-z]{2}(-[A-Z]{2})?$", description="Such as en or de.")]
Address = Annotated[str, Field(max_length=64)]
"""A network address; empty where it is not known, as behind a proxy that does not name it."""


class Origin(Message):
    """From where somebody acts: the network address, the browser as it names itself, and the
    secret of a device from which the person has signed in before."""

    address: Address = ""
    agent: str = Field("", max_length=256)
    device: Secret | None = None


class Credential(Message):
    """What a request of staff brings: a session or a token, and the address that it came from."""

    session: Secret | None = None
    token: Secret | None = None
    address: Address = ""


class Authorise(Message):
    """Asks whether somebody may do something; whoever asks does it only then."""

    by: Credential
    permission: Permission


class Authorised(Message):
    """Somebody who may do what was asked.

    `author` is what the services that change something are told. `permissions` is all that this
    session or token allows, `session_id` names the session among the person's own, `until` is when
    it ends at the latest.
    """

    author: Author
    email: str
    name: str
    roles: tuple[Role, ...]
    permissions: tuple[Permission, ...]
    locale: Locale
    second_factor: bool
    session_id: str | None = None
    until: datetime


@dataclass(eq=False)
class NotSignedIn(Rejection):
    """No session or token came, or it ended or was revoked (401)."""

    code: ClassVar[str] = "staff.not_signed_in"


@dataclass(eq=False)
class NotPermitted(Rejection):
    """Whoever asks may not do this (403): `permission` is what is missing."""

    permission: str
    code: ClassVar[str] = "staff.not_permitted"
