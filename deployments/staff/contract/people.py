"""The people who run the shop: who they are, and what each may do."""

from __future__ import annotations

from datetime import datetime
from typing import Literal

from pydantic import Field

from deployments.foundation.values.message import Message
from deployments.staff.contract.credentials import Locale
from deployments.staff.contract.permissions import ROLES, Role

MOST_PEOPLE = 1000
"""How many people may be known, disabled ones included."""
State = Literal["invited", "active", "disabled"]
"""An invited person has no password yet; a disabled one has no sessions, tokens or links."""
Roles = tuple[Role, ...]


class Person(Message):
    """Somebody who runs the shop. `email` names the person for good, in small letters.

    `version` grows with every change: whoever changes a person says which one he has seen.
    """

    email: str = Field(max_length=254)
    name: str = Field(max_length=128)
    roles: Roles = Field(max_length=len(ROLES))
    locale: Locale = "en"
    state: State = "active"
    second_factor: bool = False
    created_at: datetime
    version: int = Field(1, ge=1)
