"""Customer groups: platforms whose buyers get codes and prices of their own, such as resellers.

Who buys is known by the platform that he buys through, which proves with its key who it is. An
address that a buyer types proves nothing, so none makes anybody a member.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, ClassVar

from pydantic import Field, StringConstraints

from deployments.foundation.rpc.rejection import Rejection
from deployments.foundation.values.authorship import Author, Reason
from deployments.foundation.values.message import Message

MAX_GROUPS = 100
MAX_PLATFORMS = 200
GroupId = Annotated[
    str, StringConstraints(min_length=1, max_length=64, pattern=r"^[a-z0-9][a-z0-9_-]*$")
]
PlatformName = Annotated[
    str, StringConstraints(strip_whitespace=True, min_length=1, max_length=128)
]
RuleTitle = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=255)]
Groups = Annotated[frozenset[GroupId], Field(max_length=MAX_GROUPS)]


class CustomerGroup(Message):
    """Whoever buys through one of these platforms."""

    id: GroupId
    title: RuleTitle
    platforms: frozenset[PlatformName] = Field(default=frozenset(), max_length=MAX_PLATFORMS)


class GroupDocument(Message):
    """A group as staff see it, at one revision."""

    group: CustomerGroup
    revision: int


class ListGroups(Message):
    """Nothing to say: all groups."""


class GroupList(Message):
    """Every group, by id."""

    groups: tuple[GroupDocument, ...]


class SaveGroup(Message):
    """A group as it shall be. `revision` is the one that was seen; none makes a new group."""

    author: Author
    reason: Reason = ""
    group: CustomerGroup
    revision: Annotated[int, Field(ge=0)] | None = None


@dataclass(eq=False)
class StaleRule(Rejection):
    """Somebody changed it meanwhile: look at it again. Nothing was changed."""

    id: str
    code: ClassVar[str] = "pricing.stale_rule"
    public_code: ClassVar[str] = "stale_revision"


@dataclass(eq=False)
class UnknownRule(Rejection):
    """There is no such group or price list."""

    id: str
    code: ClassVar[str] = "pricing.unknown_rule"
    public_code: ClassVar[str] = "not_found"


@dataclass(eq=False)
class TooManyRules(Rejection):
    """There are as many of them as there may be."""

    limit: int
    code: ClassVar[str] = "pricing.too_many_rules"
