"""Notifications over HTTP: where the link in a mail leads, which ends reminders (RFC 8058).

Programs follow links, to see where they lead: so only a POST changes anything. What it has for a
body does not matter, be it `List-Unsubscribe=One-Click`, a form's or none.
"""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import Response

from deployments.foundation.http.operations import HTML, Handler, Operation
from deployments.notifications.contract import (
    LinkNotValid,
    NotificationsApi,
    OptOutLink,
    Preferences,
)
from deployments.notifications.pages import Button, page

_ANSWERS = {200: HTML, 404: HTML}


class NotificationsRoutes:
    """The handlers, upon the service. Who has a link needs no key."""

    def __init__(self, service: NotificationsApi) -> None:
        self._service = service

    def routes(self) -> list[Operation]:
        """All operations under `/mail`."""
        return [
            Operation(
                "GET",
                "/unsubscribe/{token}",
                _outcomes(self.show),
                id="show_mail_preferences",
                summary="Show what is mailed to whom the link was sent, with a button to change it",
                answers=_ANSWERS,
                dialect="problem",
                keyed=False,
            ),
            Operation(
                "POST",
                "/unsubscribe/{token}",
                _outcomes(self.unsubscribe),
                id="unsubscribe",
                summary="Send no more reminders to whom the link was sent, whatever the body says",
                answers=_ANSWERS,
                dialect="problem",
                keyed=False,
            ),
            Operation(
                "POST",
                "/resubscribe/{token}",
                _outcomes(self.resubscribe),
                id="resubscribe",
                summary="Send reminders again to whom the link was sent, whatever the body says",
                answers=_ANSWERS,
                dialect="problem",
                keyed=False,
            ),
        ]

    async def show(self, request: Request) -> Response:
        """The page that the link leads to. Changes nothing."""
        link = _link(request)
        return _show(await self._service.preferences_of(link), link)

    async def unsubscribe(self, request: Request) -> Response:
        """What the button does, and a mail program's own."""
        link = _link(request)
        return _show(await self._service.unsubscribe(link), link)

    async def resubscribe(self, request: Request) -> Response:
        """What the button does that is shown then."""
        link = _link(request)
        return _show(await self._service.resubscribe(link), link)


def _link(request: Request) -> OptOutLink:
    return OptOutLink(token=request.path_params["token"])


def _show(preferences: Preferences, link: OptOutLink) -> Response:
    if preferences.promotional:
        text = "You get mail about your orders, and a reminder of what you leave in a cart."
        button = Button(f"../unsubscribe/{link.token}", "No more reminders, please")
        return page("Your mail from us", text, button)
    text = "You get mail about your orders, and nothing else."
    return page(
        "You get no more reminders",
        text,
        Button(f"../resubscribe/{link.token}", "Send me reminders again"),
    )


def _outcomes(handler: Handler) -> Handler:
    """Answers what notifications' rejection becomes."""

    async def handle(request: Request) -> Response:
        try:
            return await handler(request)
        except LinkNotValid as rejection:
            return page("This link does not work", rejection.sentence, status=404)

    return handle
