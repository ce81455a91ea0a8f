"""What a browser without scripts does: keeps cookies, and sends the forms of pages."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from html.parser import HTMLParser
from typing import Any, cast
from urllib.parse import urljoin

import httpx
from starlette.types import ASGIApp

PREFIX = "/admin"
OWNER = "ada@example.org"
PASSWORD = "correct horse battery staple"  # noqa: S105 - it opens nothing.
Fields = Mapping[str, str | Sequence[str]]


class SentForm:
    """A form of a page: where it goes, and what it holds before anybody types."""

    def __init__(self, action: str, method: str) -> None:
        self.action, self.method = action, method
        self.fields: dict[str, str] = {}


class _Forms(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.forms: list[SentForm] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Begin a form, or note a field of the one that was begun."""
        said = {name: value or "" for name, value in attrs}
        if tag == "form":
            self.forms.append(SentForm(said.get("action", ""), said.get("method", "get")))
        elif tag == "input" and self.forms and "name" in said:
            ticked = said.get("type") not in {"checkbox", "radio"} or "checked" in said
            if ticked:
                self.forms[-1].fields[said["name"]] = said.get("value", "")


def forms_of(page: httpx.Response) -> list[SentForm]:
    """The forms of a page."""
    parser = _Forms()
    parser.feed(page.text)
    return parser.forms


class Browser:
    """One browser, in nobody's name until somebody signs in, of an application or a URL."""

    def __init__(self, app: ASGIApp | str, **headers: str) -> None:
        served = isinstance(app, str)
        self.http = httpx.AsyncClient(
            transport=None if isinstance(app, str) else httpx.ASGITransport(app),
            base_url=app if isinstance(app, str) else "http://store",
            timeout=60 if served else 5,
            headers={"Accept-Language": "en", **headers},
        )

    async def get(self, path: str) -> httpx.Response:
        """A page, without following where it leads."""
        return await self.http.get(f"{PREFIX}{path}")

    async def open(self, path: str) -> httpx.Response:
        """A page, or the one that it leads to."""
        return await self.http.get(f"{PREFIX}{path}", follow_redirects=True)

    async def become_owner(self, link: str) -> None:
        """Use the path of the link that makes the first owner."""
        typed = {"email": OWNER, "name": "Ada", "password": PASSWORD, "password_again": PASSWORD}
        page = await self.submit(link, typed)
        assert page.status_code == 200, page.text

    async def token(self) -> str:
        """What every form of this browser's session carries."""
        return forms_of(await self.get("/account"))[0].fields["csrf"]

    async def post(self, path: str, fields: Fields) -> httpx.Response:
        """What a form would send, whether a page has it or not."""
        return await self.http.post(f"{PREFIX}{path}", data=cast(dict[str, Any], dict(fields)))

    async def upload(self, path: str, fields: Fields, name: str, content: bytes) -> httpx.Response:
        """What a form with a file would send; the fields stand before the file."""
        file = {"file": (name, content, "text/csv")}
        return await self.http.post(f"{PREFIX}{path}", data=dict(fields), files=file)

    async def hand_in(self, path: str, name: str, content: bytes, **typed: str) -> httpx.Response:
        """Send a file by the form of a page, and see where that leads."""
        fields = {"csrf": await self.token(), **typed}
        return await self.follow(await self.upload(path, fields, name, content))

    async def send(self, page: httpx.Response, ending: str, typed: Fields) -> httpx.Response:
        """The form of a page whose address ends so, with what somebody typed."""
        form = next(one for one in forms_of(page) if self._target(page, one).endswith(ending))
        fields: dict[str, Any] = {**form.fields, **typed}
        return await self.http.post(self._target(page, form), data=fields)

    async def submit(self, path: str, typed: Fields, *, at: str | None = None) -> httpx.Response:
        """Open a page, fill in its form, send it, and see where that leads."""
        answer = await self.send(await self.get(path), at or path, typed)
        return await self.follow(answer)

    async def follow(self, answer: httpx.Response) -> httpx.Response:
        """The page that an answer leads to, or the answer itself."""
        if answer.next_request is None:
            return answer
        return await self.http.send(answer.next_request, follow_redirects=True)

    def _target(self, page: httpx.Response, form: SentForm) -> str:
        return urljoin(str(page.url), form.action or str(page.url))
