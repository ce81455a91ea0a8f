"""Where routes are made: each says what it needs, and none is made without.

A page's request is admitted in this order: who asks, what it needs, how often he asks, and for a
form that it is one of ours. Only then its handler runs. Whoever has not signed in is sent to do so;
whoever may not is told so.
"""

from __future__ import annotations

import logging
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, replace
from http import HTTPStatus
from typing import Literal
from urllib.parse import quote

from pydantic import SecretStr, ValidationError
from redis.exceptions import RedisError
from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response
from starlette.routing import Route

from deployments.backoffice import cookies
from deployments.backoffice.forms import CSRF_FIELD, Form, read_form
from deployments.backoffice.language import message, negotiated
from deployments.backoffice.outcomes import status_of
from deployments.backoffice.uploads import read_uploads
from deployments.backoffice.visit import Entry, Visit
from deployments.foundation.http.answers import ProtocolError
from deployments.foundation.http.rate_limits import RateLimits
from deployments.foundation.http.timeouts import UPLOAD, USUAL, SlowRoute
from deployments.foundation.redis.availability import is_unavailable
from deployments.foundation.rpc.calls import DependencyUnavailable
from deployments.foundation.rpc.rejection import Rejection
from deployments.staff.contract import StaffApi
from deployments.staff.contract.credentials import (
    Authorise,
    Authorised,
    Credential,
    NotPermitted,
    NotSignedIn,
)
from deployments.staff.contract.permissions import Permission

ANYBODY: Literal["anybody"] = "anybody"
Access = Permission | Literal["anybody"]
"""What a route needs: a permission, or nothing, which it has to say."""
PageHandler = Callable[[Visit], Awaitable[Response]]
_OWN: Permission = "account.own"
_SAME_SITE = {None, "same-origin", "none"}
_MOST_ADDRESS = 400
_log = logging.getLogger(__name__)


@dataclass(frozen=True)
class PageRoute:
    """A page, or what a form of one does: its path, its handler and what it needs.

    A form that takes files may take longer to arrive.
    """

    method: Literal["GET", "POST"]
    path: str
    handler: PageHandler
    needs: Access
    takes_files: bool = False


class Guard:
    """Admits requests of pages. `limits` counts people, and addresses before somebody is known."""

    def __init__(self, staff: StaffApi, limits: RateLimits, menu: Sequence[Entry]) -> None:
        self._staff, self._limits, self._menu = staff, limits, menu

    def route(self, page: PageRoute) -> Route:
        """The page, guarded."""

        async def handle(request: Request) -> Response:
            return await self._answer(page, request)

        route = SlowRoute(page.path, handle, methods=[page.method])
        route.timeouts = UPLOAD if page.takes_files else USUAL
        return route

    async def _answer(self, page: PageRoute, request: Request) -> Response:
        visit = self._stranger(request)
        try:
            visit = await self._admitted(page, visit)
            response = await page.handler(visit)
        except ClientDisconnect:
            raise
        except NotSignedIn:
            return _sign_in(visit)
        except NotPermitted as no:
            return _told(await self._known(visit), no)
        except Exception as failure:  # noqa: BLE001 - whatever it is, a person gets a page.
            return _told(visit, failure)
        return _remembered(visit, response)

    def _stranger(self, request: Request) -> Visit:
        """Nobody yet: what the reader sees if he is not admitted."""
        language = negotiated(
            cookies.read(request, "language"), request.headers.get("accept-language")
        )
        bound_to = cookies.read(request, "session") or cookies.read(request, "visit")
        address = self._limits.address(request.headers) or ""
        return Visit(
            request,
            language,
            bound_to or cookies.new_visit(),
            self._menu,
            credential=Credential(address=address),
        )

    async def _admitted(self, page: PageRoute, visit: Visit) -> Visit:
        if page.needs == ANYBODY:
            await self._count("address", visit.credential.address or None)
        else:
            visit = await self._authorised(visit, page.needs)
            rate = "staff_write" if page.method == "POST" else "staff_read"
            await self._count(rate, visit.who.email)
        if page.takes_files:
            return await _with_uploads(visit)
        return await _with_form(visit) if page.method == "POST" else visit

    async def _authorised(self, visit: Visit, permission: Permission) -> Visit:
        session = cookies.read(visit.request, "session")
        if session is None:
            raise NotSignedIn("Sign in first.")
        credential = Credential(session=SecretStr(session), address=visit.credential.address)
        who = await self._staff.authorise(Authorise(by=credential, permission=permission))
        return _as(visit, who, credential)

    async def _known(self, visit: Visit) -> Visit:
        """Whoever may not do what he asked, with his own menu; a stranger where he is none."""
        try:
            return await self._authorised(visit, _OWN)
        except (Rejection, DependencyUnavailable):
            return visit

    async def _count(self, rate: str, who: str | None) -> None:
        status = await self._limits.count_as(rate, who)
        if status is not None and status.exceeded:
            headers = {"Retry-After": str(status.renewed_in), **status.headers()}
            raise ProtocolError(
                429, "rate_limited", message("Too many requests. Wait a minute."), headers
            )


def _as(visit: Visit, who: Authorised, credential: Credential) -> Visit:
    """The visit of somebody known, in his language unless this browser has one of its own."""
    chosen = cookies.read(visit.request, "language") or who.locale
    language = negotiated(chosen, visit.request.headers.get("accept-language"))
    return replace(visit, language=language, somebody=who, credential=credential)


def _remembered(visit: Visit, response: Response) -> Response:
    """The answer, with the cookie that a stranger's form will be bound to."""
    held = (cookies.read(visit.request, name) for name in ("session", "visit"))
    if visit.bound_to not in held:
        cookies.keep(response, "visit", visit.bound_to)
    return response


async def _with_form(visit: Visit) -> Visit:
    """The visit with its form; 403 for one that no page of this session sent."""
    form = await read_form(visit.request)
    _check_sender(visit, form)
    return replace(visit, form=form.without(CSRF_FIELD))


async def _with_uploads(visit: Visit) -> Visit:
    """The same with a form that carries files, of which nothing was kept yet."""
    form, uploads = await read_uploads(visit.request)
    _check_sender(visit, form)
    return replace(visit, form=form.without(CSRF_FIELD), uploads=uploads)


def _check_sender(visit: Visit, form: Form) -> None:
    elsewhere = visit.request.headers.get("sec-fetch-site") not in _SAME_SITE
    if elsewhere or not cookies.is_csrf_token(form.value(CSRF_FIELD), visit.bound_to):
        sentence = message(
            "This form is out of date. Go back, load the page again, and send it once more."
        )
        raise ProtocolError(HTTPStatus.FORBIDDEN, "stale_form", sentence)


def _sign_in(visit: Visit) -> Response:
    """To the page that lets one in, which leads back to where one wanted to go."""
    path = visit.request.scope["path"].removeprefix(visit.request.scope.get("root_path", ""))
    wanted = path if visit.request.method in {"GET", "HEAD"} else "/"
    response = visit.go(f"/sign-in?next={quote(wanted[:_MOST_ADDRESS])}")
    cookies.drop(response, "session")
    return response


def _trouble(visit: Visit, status: int, sentence: str, headers: object = None) -> Response:
    """A page that says what is wrong and what to do."""
    template = "trouble.html" if visit.somebody is not None else "trouble_outside.html"
    response = visit.show(template, status=status, number=int(status), sentence=sentence)
    if isinstance(headers, dict):
        response.headers.update(headers)
    return response


def _told(visit: Visit, failure: Exception) -> Response:
    """The page that says what has gone wrong."""
    if isinstance(failure, Rejection):
        return _trouble(visit, status_of(failure), visit.language.rejection(failure))
    if isinstance(failure, ProtocolError):
        return _trouble(visit, failure.status, visit.text(failure.content), failure.headers)
    if isinstance(failure, ValidationError):
        # An address holds what no service's message takes: a form was checked before.
        _log.info("an address makes no sense: %s", failure)
        return _trouble(visit, HTTPStatus.BAD_REQUEST, visit.text("This address makes no sense."))
    return _failed(visit, failure)


def _failed(visit: Visit, failure: Exception) -> Response:
    away = isinstance(failure, (DependencyUnavailable, TimeoutError)) or (
        isinstance(failure, RedisError) and is_unavailable(failure)
    )
    if away:
        _log.warning("%s", failure)
        sentence = message("A service that this needs does not answer. Nothing is lost: try again.")
        return _trouble(visit, 503, visit.text(sentence), {"Retry-After": "1"})
    _log.error("a page failed", exc_info=failure)
    sentence = message("Something is wrong on our side and has been logged. Try again later.")
    return _trouble(visit, 500, visit.text(sentence))
