"""What belongs to no subject: the language, the files of pages, and what there is not."""

from __future__ import annotations

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from deployments.backoffice import cookies
from deployments.backoffice.guard import ANYBODY, PageRoute
from deployments.backoffice.language import LANGUAGES, message
from deployments.backoffice.renderer import static_file
from deployments.backoffice.visit import Visit
from deployments.foundation.http.answers import ProtocolError
from deployments.foundation.http.edge import allowed_methods


class HousePages:
    """The pages that need no service."""

    def pages(self) -> list[PageRoute]:
        """All of them but the last, with what each needs."""
        return [
            PageRoute("POST", "/language", self.choose_language, ANYBODY),
        ]

    def last(self) -> list[PageRoute]:
        """What answers where no other page does."""
        return [
            PageRoute("GET", "/{path:path}", self.nothing, "account.own"),
            PageRoute("POST", "/{path:path}", self.nothing, "account.own"),
        ]

    async def choose_language(self, visit: Visit) -> Response:
        """This browser reads the pages in that language from now on."""
        code = visit.form.value("language")
        response = visit.go(visit.query("next", "/account"))
        if code in LANGUAGES:
            cookies.keep_language(response, code)
        return response

    async def nothing(self, _visit: Visit) -> Response:
        """There is no such page."""
        raise ProtocolError(404, "not_found", message("There is no such page."))


async def nothing(request: Request) -> Response:
    """There is no such action of the API, or none of this method."""
    raise HTTPException(405 if allowed_methods(request) else 404)


async def asset(request: Request) -> Response:
    """A file of the pages, for anybody: it is the same for all, and kept for long."""
    found = static_file(request.path_params["name"])
    if found is None:
        raise HTTPException(404)
    return found
