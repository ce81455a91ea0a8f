"""API tokens: what a program does in the name of the person who made its token."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Annotated, ClassVar

from pydantic import Field

from deployments.foundation.rpc.rejection import Rejection
from deployments.foundation.values.authorship import Reason
from deployments.foundation.values.message import Message
from deployments.foundation.values.text import Text
from deployments.staff.contract.credentials import Credential, EmailText, Secret
from deployments.staff.contract.permissions import PERMISSIONS, Permission

MOST_TOKENS = 20
"""How many tokens a person may have."""
LONGEST_DAYS = 365
"""How long a token may last."""
TOKEN_PREFIX = "fieldhouse_"  # noqa: S105 - so that scanners can tell what was found.
Scopes = Annotated[tuple[Permission, ...], Field(max_length=len(PERMISSIONS))]


class CreateToken(Message):
    """A token that allows `scopes`, as far as its maker's roles do, for so many days."""

    by: Credential
    name: Text
    scopes: Scopes
    days: int = Field(90, ge=1, le=LONGEST_DAYS)
    reason: Reason = ""


class Token(Message):
    """What is known of a token; `used_at` is right to the minute."""

    id: str
    name: str
    person: str
    scopes: Scopes
    created_at: datetime
    until: datetime
    used_at: datetime | None = None


class NewToken(Message):
    """A token with its secret, which is shown this once."""

    token: Token
    secret: Secret


class ListTokens(Message):
    """Asks for one's own tokens, or for another person's, which needs `staff.read`."""

    by: Credential
    of: EmailText | None = None


class Tokens(Message):
    """A person's tokens, the newest first."""

    tokens: tuple[Token, ...]


class RevokeToken(Message):
    """Ends a token of one's own, or of another person, which needs `staff.change`."""

    by: Credential
    token_id: str = Field(max_length=64)
    of: EmailText | None = None
    reason: Reason = ""


@dataclass(eq=False)
class ScopeRefused(Rejection):
    """A token cannot be made for this, or not by its maker (422)."""

    code: ClassVar[str] = "staff.scope_refused"


@dataclass(eq=False)
class TooManyTokens(Rejection):
    """The person has `MOST_TOKENS` (409)."""

    code: ClassVar[str] = "staff.too_many_tokens"


@dataclass(eq=False)
class TokenNotFound(Rejection):
    """The person has no such token; it may have ended (404)."""

    code: ClassVar[str] = "staff.token_not_found"
