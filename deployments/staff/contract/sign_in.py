"""Signing in and out: passwords, the second factor, sessions and one-time links."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import ClassVar, Literal

from pydantic import Field

from deployments.foundation.rpc.rejection import Rejection
from deployments.foundation.values.message import Message
from deployments.foundation.values.text import Text
from deployments.staff.contract.credentials import (
    Credential,
    EmailText,
    Locale,
    Origin,
    Password,
    Secret,
)

LINK_PATH = "/admin/link/"
"""Where the back office takes a one-time link: the secret follows."""
LinkKind = Literal["owner", "invitation", "reset"]
"""A link makes the first owner, a colleague who was invited, or a new password for a person."""


class SignIn(Message):
    """An email address and a password, and from where they come."""

    email: EmailText
    password: Password
    origin: Origin = Origin()


class SignedIn(Message):
    """A new session. `device` marks where it was opened: keep it there for `SignIn`s to come.

    A session ends `idle_seconds` after it was used last, and at `until` in any case.
    """

    session: Secret
    device: Secret
    email: str
    idle_seconds: int
    until: datetime


class SignInStep(Message):
    """What the password led to: a session, or a challenge to be answered with the second factor."""

    signed_in: SignedIn | None = None
    challenge: Secret | None = None


class AnswerChallenge(Message):
    """The second factor: six digits of the authenticator, or one of the recovery codes."""

    challenge: Secret
    code: Secret
    origin: Origin = Origin()


class SignOut(Message):
    """Ends a session."""

    session: Secret


class Confirmed(Message):
    """It is so."""


class LookUpLink(Message):
    """Asks what a one-time link is for."""

    link: Secret


class Link(Message):
    """A link that can still be used; an owner's has no email yet."""

    kind: LinkKind
    email: str | None = None
    name: str = ""
    until: datetime


class AcceptLink(Message):
    """Uses a link up: sets the password, and whose it is where the link makes an owner."""

    link: Secret
    password: Password
    email: EmailText | None = None
    name: Text = ""
    locale: Locale = "en"
    origin: Origin = Origin()


class ListSessions(Message):
    """Asks for one's own sessions."""

    by: Credential


class StaffSession(Message):
    """One of a person's sessions; `current` is the one that asks."""

    id: str
    opened_at: datetime
    used_at: datetime
    until: datetime
    address: str
    agent: str
    second_factor: bool
    current: bool


class Sessions(Message):
    """A person's sessions, the one used last first."""

    sessions: tuple[StaffSession, ...]


class EndSessions(Message):
    """Ends one's own sessions: one by its id, or all but the one that asks."""

    by: Credential
    session_id: str | None = Field(None, max_length=64)


@dataclass(eq=False)
class WrongCredentials(Rejection):
    """Email and password do not belong together, or the code is wrong or was used before (401)."""

    code: ClassVar[str] = "staff.wrong_credentials"


@dataclass(eq=False)
class TooManyAttempts(Rejection):
    """There were too many wrong attempts (429): the next counts after `seconds`."""

    seconds: int
    code: ClassVar[str] = "staff.too_many_attempts"


@dataclass(eq=False)
class SignInsBusy(Rejection):
    """Too many passwords are being checked at once (503)."""

    code: ClassVar[str] = "staff.sign_ins_busy"


@dataclass(eq=False)
class LinkInvalid(Rejection):
    """There is no such link, it was used, or its time is over (404)."""

    code: ClassVar[str] = "staff.link_invalid"


@dataclass(eq=False)
class WeakPassword(Rejection):
    """The password would be guessed too easily; the sentence says why (422)."""

    code: ClassVar[str] = "staff.weak_password"


@dataclass(eq=False)
class NotAnEmail(Rejection):
    """The text is no email address (422)."""

    code: ClassVar[str] = "staff.not_an_email"


@dataclass(eq=False)
class StaffSessionNotFound(Rejection):
    """The person has no such session (404)."""

    code: ClassVar[str] = "staff.session_not_found"


@dataclass(eq=False)
class OwnerExists(Rejection):
    """The link would make the first owner, and there is one (409)."""

    code: ClassVar[str] = "staff.owner_exists"
