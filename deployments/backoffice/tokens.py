"""The JSON API: what a route of it is, and how a request with a token is admitted.

The same permissions hold as for pages. A token allows what its scopes do; errors are problem
details (RFC 9457).
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Literal

from pydantic import BaseModel, SecretStr
from starlette.requests import Request
from starlette.responses import Response

from deployments.backoffice.outcomes import status_of
from deployments.foundation.http.answers import ProtocolError
from deployments.foundation.http.operations import Content, Operation
from deployments.foundation.http.rate_limits import RateLimits
from deployments.foundation.rpc.rejection import Rejection
from deployments.foundation.values.authorship import Author
from deployments.staff.contract import StaffApi
from deployments.staff.contract.credentials import Authorise, Credential, NotSignedIn
from deployments.staff.contract.permissions import Permission

_BEARER = "bearer "
_LONGEST_TOKEN = 256


@dataclass(frozen=True)
class Caller:
    """A request with a token that allows it, and its author, whom services are told."""

    request: Request
    author: Author
    credential: Credential


ApiHandler = Callable[[Caller], Awaitable[Response]]


@dataclass(frozen=True)
class Action:
    """An operation of the API, and the permission that its token needs."""

    method: Literal["GET", "POST", "PUT", "DELETE"]
    path: str
    handler: ApiHandler
    needs: Permission
    id: str
    summary: str
    answers: Mapping[int, Content]
    errors: Mapping[int, str] = MappingProxyType({})
    bodies: tuple[type[BaseModel], ...] = ()


class TokenGuard:
    """Admits requests of the API."""

    def __init__(self, staff: StaffApi, limits: RateLimits) -> None:
        self._staff, self._limits = staff, limits

    def operation(self, action: Action) -> Operation:
        """The operation, guarded."""

        async def handle(request: Request) -> Response:
            try:
                return await action.handler(await self._admitted(action, request))
            except Rejection as no:
                headers = {"WWW-Authenticate": "Bearer"} if isinstance(no, NotSignedIn) else None
                raise ProtocolError(status_of(no), no.public_code, no.sentence, headers) from no

        return Operation(
            action.method,
            action.path,
            handle,
            id=action.id,
            summary=action.summary,
            answers=action.answers,
            errors=action.errors,
            dialect="problem",
            bodies=action.bodies,
            keyed=False,
            writes=action.method != "GET",
            # Counted here, by who holds the token; the edge counts platforms.
            limited=False,
        )

    async def _admitted(self, action: Action, request: Request) -> Caller:
        credential = Credential(
            token=_token(request), address=self._limits.address(request.headers) or ""
        )
        asked = Authorise(by=credential, permission=action.needs)
        who = await self._staff.authorise(asked)
        rate = "staff_read" if action.method == "GET" else "staff_write"
        status = await self._limits.count_as(rate, who.author.id)
        if status is not None and status.exceeded:
            headers = {"Retry-After": str(status.renewed_in), **status.headers()}
            sentence = f"Too many requests. Repeat it in {status.renewed_in} s."
            raise ProtocolError(429, "rate_limited", sentence, headers)
        return Caller(request, who.author, credential)


def _token(request: Request) -> SecretStr:
    header = request.headers.get("authorization", "")
    if not header.lower().startswith(_BEARER) or len(header) > _LONGEST_TOKEN:
        raise NotSignedIn("Send Authorization: Bearer with a token that you made in your account.")
    return SecretStr(header[len(_BEARER) :].strip())
