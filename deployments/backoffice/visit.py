"""One request of a page, for whoever answers it: who asks, in which language, and what to show."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import NamedTuple

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from deployments.backoffice import cookies
from deployments.backoffice.addresses import path_of, picture_url
from deployments.backoffice.cookies import Flash
from deployments.backoffice.forms import CSRF_FIELD, Form
from deployments.backoffice.language import Language
from deployments.backoffice.renderer import page_headers, rendered, static_version, with_query
from deployments.backoffice.uploads import Upload
from deployments.backoffice.wording import PERMISSION_NAMES, ROLE_NAMES, STATE_NAMES
from deployments.foundation.values.authorship import Author
from deployments.foundation.values.settings import settings
from deployments.staff.contract.credentials import Authorised, Credential
from deployments.staff.contract.permissions import Permission

SEE_OTHER = 303
_BLANK = Form()
UNPROCESSABLE = 422


class Entry(NamedTuple):
    """A line of the menu: where it leads, what it is called, what one does there, who sees it."""

    path: str
    label: str
    lead: str
    needs: Permission


@dataclass(frozen=True)
class Visit:
    """A request that may be answered: its permission, its form and its limits were checked.

    `bound_to` is the secret of the session, or of the visit before one. `credential` is what is
    passed on to staff, where a person asks.
    """

    request: Request
    language: Language
    bound_to: str
    menu: Sequence[Entry]
    somebody: Authorised | None = None
    credential: Credential = field(default_factory=Credential)
    form: Form = field(default_factory=Form)
    uploads: AsyncGenerator[Upload] | None = None

    @property
    def who(self) -> Authorised:
        """Who asks. Only a page that anybody may see has nobody."""
        assert self.somebody is not None  # noqa: S101 - the guard lets nobody else through.
        return self.somebody

    @property
    def author(self) -> Author:
        """Who asks, as services that change something are told."""
        return self.who.author

    def can(self, permission: Permission) -> bool:
        """Whether whoever asks may do this."""
        return self.somebody is not None and permission in self.somebody.permissions

    def query(self, name: str, default: str = "") -> str:
        """A value of the address's query, as one short line."""
        return self.request.query_params.get(name, default).strip()[:200]

    def url(self, path: str, /, **query: object) -> str:
        """The address of a page of the back office."""
        return with_query(f"{self.request.scope.get('root_path', '')}{path}", query)

    def public_address(self, path: str) -> str:
        """The same with the store's public address before it, to be sent to somebody."""
        return f"{settings().public_url}{self.url(path)}"

    def text(self, message: str, /, **values: object) -> str:
        """A sentence in the reader's language."""
        return self.language.text(message, **values)

    def with_form(self, form: Form) -> Visit:
        """The same with a form in which something is wrong."""
        return replace(self, form=form)

    def show(self, template: str, /, *, status: int = 200, **values: object) -> Response:
        """A page; 422 if its form was refused."""
        flash = cookies.read_flash(self.request, self.bound_to)
        response = rendered(template, status, {**self._every_page(), "flash": flash, **values})
        if flash is not None:
            cookies.drop(response, "flash")
        return response

    def refuse(self, template: str, form: Form, /, **values: object) -> Response:
        """The page of a form again, with what is wrong beside its fields and what was typed."""
        return self.show(template, status=UNPROCESSABLE, form=form, **values)

    def go(self, path: str, said: str | None = None, *, kind: str = "done") -> Response:
        """Another page after something was done, which says so once: a reload repeats nothing."""
        response = RedirectResponse(self.url(path), SEE_OTHER, page_headers())
        if said is not None:
            flash = Flash.model_validate({"kind": kind, "text": said})
            cookies.keep_flash(response, flash, self.bound_to)
        return response

    def _every_page(self) -> Mapping[str, object]:
        return {
            "_": self.language.text,
            "ngettext": self.language.texts,
            "language": self.language,
            "url": self.url,
            "asset": lambda name: self.url(f"/static/{name}", v=static_version()),
            "csrf": cookies.csrf_token(self.bound_to),
            "csrf_field": CSRF_FIELD,
            "menu": [one for one in self.menu if self.can(one.needs)],
            "can": self.can,
            "who": self.somebody,
            "path": self.request.scope["path"].removeprefix(
                self.request.scope.get("root_path", "")
            ),
            "query": self.query,
            "path_of": path_of,
            "picture_url": picture_url,
            "role_names": ROLE_NAMES,
            "permission_names": PERMISSION_NAMES,
            "state_names": STATE_NAMES,
            "form": self.form,
            "blank": _BLANK,
        }
