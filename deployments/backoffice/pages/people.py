"""The people who run the shop: who they are, what each may do, and how they get in."""

from __future__ import annotations

from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, StringConstraints
from starlette.responses import Response

from deployments.backoffice.addresses import path_of
from deployments.backoffice.forms import Form, filled
from deployments.backoffice.guard import PageRoute
from deployments.backoffice.language import LANGUAGES
from deployments.backoffice.visit import Visit
from deployments.backoffice.wording import ROLE_NAMES
from deployments.foundation.values.authorship import Reason
from deployments.staff.contract import StaffApi
from deployments.staff.contract.credentials import EmailText, Locale
from deployments.staff.contract.people import (
    ChangePerson,
    GetPerson,
    InvitePerson,
    LastOwner,
    ListPeople,
    PersonChanged,
    PersonKnown,
    PersonLink,
    TooManyPeople,
)
from deployments.staff.contract.permissions import Role
from deployments.staff.contract.sign_in import NotAnEmail
from deployments.staff.contract.tokens import ListTokens


class _Invitation(BaseModel):
    model_config = ConfigDict(hide_input_in_errors=True)
    email: EmailText
    name: Annotated[str, StringConstraints(min_length=1, max_length=128)]
    roles: tuple[Role, ...] = Field(min_length=1)
    locale: Locale
    reason: Reason = ""


class _Changed(BaseModel):
    name: Annotated[str, StringConstraints(min_length=1, max_length=128)]
    roles: tuple[Role, ...] = Field(min_length=1)
    version: int = Field(ge=1)
    reason: Annotated[str, StringConstraints(min_length=1, max_length=500)]


class PeoplePages:
    """Seeing, inviting and changing people, upon staff."""

    def __init__(self, staff: StaffApi) -> None:
        self._staff = staff

    def pages(self) -> list[PageRoute]:
        """All of them, with what each needs."""
        return [
            PageRoute("GET", "/people", self.list, "staff.read"),
            PageRoute("GET", "/people/invite", self.ask, "staff.change"),
            PageRoute("POST", "/people/invite", self.invite, "staff.change"),
            PageRoute("GET", "/people/{email}", self.show, "staff.read"),
            PageRoute("POST", "/people/{email}", self.change, "staff.change"),
        ]

    async def list(self, visit: Visit) -> Response:
        """Everybody, or those with a part of a name, and in a role."""
        found = await self._staff.people(ListPeople(by=visit.credential))
        wanted, role = visit.query("q").casefold(), visit.query("role")
        people = [
            one
            for one in found.people
            if wanted in f"{one.name} {one.email}".casefold() and (not role or role in one.roles)
        ]
        return visit.show("people.html", people=people, total=len(found.people))

    async def ask(self, visit: Visit) -> Response:
        """The form for an invitation."""
        return visit.show("invite.html", roles=_roles(visit), languages=list(LANGUAGES.items()))

    async def invite(self, visit: Visit) -> Response:
        """Somebody new; the link is shown this once."""
        typed, form = filled(_Invitation, visit.form, visit.language)
        shown = {"roles": _roles(visit), "languages": list(LANGUAGES.items())}
        if typed is None:
            return visit.refuse("invite.html", form, **shown)
        sent = InvitePerson(by=visit.credential, **dict(typed))
        try:
            return link_page(visit, await self._staff.invite(sent))
        except (NotAnEmail, PersonKnown, TooManyPeople) as no:
            at = None if isinstance(no, TooManyPeople) else "email"
            refused = form.refused(visit.language.rejection(no), at=at)
            return visit.refuse("invite.html", refused, **shown)

    async def show(self, visit: Visit) -> Response:
        """A person."""
        return await self.page(visit, Form())

    async def page(self, visit: Visit, form: Form, *, stale: bool = False) -> Response:
        """A person's page, with a form that was refused if one was; `stale` if he was changed."""
        email = email_of(visit)
        person = await self._staff.person(GetPerson(by=visit.credential, email=email))
        tokens = await self._staff.tokens(ListTokens(by=visit.credential, of=email))
        return visit.show(
            "person.html",
            status=422 if form.values else 200,
            form=form,
            person=person,
            tokens=tokens.tokens,
            roles=_roles(visit),
            stale=stale,
        )

    async def change(self, visit: Visit) -> Response:
        """Another name or other roles."""
        typed, form = filled(_Changed, visit.form, visit.language)
        if typed is None:
            return await self.page(visit, form)
        sent = ChangePerson(by=visit.credential, email=email_of(visit), **dict(typed))
        try:
            await self._staff.change_person(sent)
        except PersonChanged:
            return await self.page(visit, form, stale=True)
        except LastOwner as no:
            return await self.page(visit, form.refused(visit.language.rejection(no), at="roles"))
        return visit.go(path_of("people", email_of(visit)), visit.text("The person is changed."))


def email_of(visit: Visit) -> str:
    """The person in the page's address."""
    return str(visit.request.path_params["email"])[:254] or "-"


def link_page(visit: Visit, made: PersonLink) -> Response:
    """The link for a person, which is shown this once."""
    root = str(visit.public_address(f"/link/{made.link.get_secret_value()}"))
    return visit.show(
        "person_link.html", form=Form(), person=made.person, link=root, until=made.until
    )


def _roles(visit: Visit) -> list[tuple[Role, str, str]]:
    named = ROLE_NAMES.items()
    return [(role, visit.text(name), visit.text(about)) for role, (name, about) in named]
