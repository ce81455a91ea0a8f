"""What webhooks shows the other services: endpoints that platforms register for order events."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import ClassVar, Literal, Protocol

from pydantic import Field

from deployments.foundation.rpc.contracts import repeatable
from deployments.foundation.rpc.rejection import Rejection
from deployments.foundation.values.message import Message

LONGEST_URL = 2048
MOST_ENDPOINTS = 5
"""How many endpoints a platform may have."""

State = Literal["active", "failing", "gone"]
"""`failing` if the last attempt failed, `gone` once the endpoint itself answered 410."""


class RegisterEndpoint(Message):
    """A platform's URL, at which it takes UCP's order events."""

    platform: str
    url: str = Field(max_length=LONGEST_URL)


class WebhookEndpoint(Message):
    """A registered URL, and how it has been doing.

    `waiting` counts deliveries that are still to be made, `dead` those that were given up.
    """

    id: str
    url: str
    created_at: datetime
    state: State
    last_success_at: datetime | None = None
    failing_since: datetime | None = None
    last_error: str | None = None
    waiting: int = Field(ge=0)
    dead: int = Field(ge=0)


class ListEndpoints(Message):
    """Asks for all endpoints of a platform."""

    platform: str


class Endpoints(Message):
    """A platform's endpoints, the oldest first."""

    endpoints: tuple[WebhookEndpoint, ...]


class RemoveEndpoint(Message):
    """Ends an endpoint, and whatever is still to be delivered there."""

    platform: str
    endpoint_id: str


class Removed(Message):
    """There is no such endpoint any more."""


@dataclass(eq=False)
class UrlRefused(Rejection):
    """The store does not send to such a URL; the sentence says why."""

    code: ClassVar[str] = "webhooks.url_refused"


@dataclass(eq=False)
class TooManyEndpoints(Rejection):
    """The platform has `MOST_ENDPOINTS` already."""

    code: ClassVar[str] = "webhooks.too_many_endpoints"


@dataclass(eq=False)
class LookupsUnderWay(Rejection):
    """Hosts that the platform wants to register are still being looked up, as many as may be."""

    code: ClassVar[str] = "webhooks.lookups_under_way"


@dataclass(eq=False)
class NothingSigned(Rejection):
    """The store has no signing key, and sends nothing that it cannot sign."""

    code: ClassVar[str] = "webhooks.nothing_signed"


@dataclass(eq=False)
class EndpointNotFound(Rejection):
    """The platform has no such endpoint."""

    code: ClassVar[str] = "webhooks.not_found"


class WebhooksApi(Protocol):
    """Webhooks' contract."""

    @repeatable
    async def register(self, request: RegisterEndpoint) -> WebhookEndpoint:
        """Send the platform's order events there from now on; once, however often it is asked.

        Rejects with `UrlRefused`, `TooManyEndpoints`, `LookupsUnderWay` and `NothingSigned`.
        """
        ...

    @repeatable
    async def endpoints(self, request: ListEndpoints) -> Endpoints:
        """What a platform has registered."""
        ...

    @repeatable
    async def remove(self, request: RemoveEndpoint) -> Removed:
        """Send nothing there any more. Rejects with `EndpointNotFound`."""
        ...
