"""The JSON API: what a route of it is, and how a request with a token is admitted.

The same permissions hold as for pages. A token allows what its scopes do; errors are problem
details (RFC 9457).
"""

from __future__ import annotations

import logging
from collections.abc import Awaitable, Callable
from dataclasses import KW_ONLY, dataclass
from typing import Literal, TypeVar

from pydantic import BaseModel, SecretStr, ValidationError
from starlette.requests import Request
from starlette.responses import Response

from deployments.backoffice.outcomes import status_of
from deployments.foundation.http.answers import ProtocolError
from deployments.foundation.http.bodies import parse, read_body
from deployments.foundation.http.operations import Operation
from deployments.foundation.http.rate_limits import RateLimits
from deployments.foundation.http.timeouts import UPLOAD
from deployments.foundation.rpc.rejection import Rejection
from deployments.foundation.values.authorship import Author
from deployments.staff.contract import StaffApi
from deployments.staff.contract.credentials import Authorise, Credential, NotSignedIn
from deployments.staff.contract.permissions import Permission

_BEARER = "bearer "
_LONGEST_TOKEN = 256
_log = logging.getLogger(__name__)

M = TypeVar("M", bound=BaseModel)


@dataclass(frozen=True)
class TokenRequest:
    """A request with a token that allows it, and its author, whom services are told."""

    request: Request
    author: Author
    credential: Credential


ApiHandler = Callable[[TokenRequest], Awaitable[Response]]


@dataclass(frozen=True)
class Action:
    """An operation of the API, and the permission that its token needs.

    `answer` is what it answers, `query` and `body` are what it takes in the address and as JSON.
    `takes` and `gives` are the media types of files that it takes or answers with instead.
    """

    method: Literal["GET", "POST", "PUT"]
    path: str
    handler: ApiHandler
    needs: Permission
    _: KW_ONLY
    summary: str
    answer: type[BaseModel] | None
    query: type[BaseModel] | None = None
    body: type[BaseModel] | None = None
    takes: tuple[str, ...] = ()
    gives: tuple[str, ...] = ()


def shown(answer: BaseModel) -> Response:
    """An answer as JSON."""
    return Response(answer.model_dump_json(exclude_none=True), media_type="application/json")


def query_of(model: type[M], caller: TokenRequest) -> M:
    """The address's query as a model; 400 if it is none."""
    try:
        return model.model_validate(dict(caller.request.query_params))
    except ValidationError as mistakes:
        wrong = ", ".join(sorted({str(one["loc"][0]) for one in mistakes.errors() if one["loc"]}))
        raise ProtocolError(400, "invalid_request", f"Not valid in the query: {wrong}.") from None


async def body_of(model: type[M], caller: TokenRequest) -> M:
    """The body as a model; 400 if it is none."""
    return parse(model, await read_body(caller.request), strict=True)


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
            except ValidationError as mistakes:
                # A path or a body holds what no service's message takes.
                _log.info("a request makes no sense: %s", mistakes)
                sentence = "The request holds what the store does not take."
                raise ProtocolError(400, "invalid_request", sentence) from None

        # Counted here, by who holds the token, and not by the edge, which counts platforms.
        return Operation(
            action.method,
            action.path,
            handle,
            id=f"{action.method.lower()}_{action.path}",
            summary=action.summary,
            answers={200: action.answer},
            timeouts=UPLOAD if action.takes else None,
            dialect="problem",
            keyed=False,
            limited=False,
        )

    async def _admitted(self, action: Action, request: Request) -> TokenRequest:
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
        return TokenRequest(request, who.author, credential)


def _token(request: Request) -> SecretStr:
    header = request.headers.get("authorization", "")
    if not header.lower().startswith(_BEARER) or len(header) > _LONGEST_TOKEN:
        raise NotSignedIn("Send Authorization: Bearer with a token that you made in your account.")
    return SecretStr(header[len(_BEARER) :].strip())
