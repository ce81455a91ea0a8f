"""What is done about a person at once: a new link, disabling, forgetting a lost second factor.

What takes something away is asked for once more, and says in numbers what it takes.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Annotated

from pydantic import BaseModel, StringConstraints
from starlette.responses import Response

from deployments.backoffice.addresses import path_of
from deployments.backoffice.forms import Form, filled
from deployments.backoffice.guard import PageRoute
from deployments.backoffice.language import message
from deployments.backoffice.pages.people import PeoplePages, email_of, link_page
from deployments.backoffice.visit import Visit
from deployments.staff.contract import StaffApi
from deployments.staff.contract.people import (
    ActOnPerson,
    GetPerson,
    LastOwner,
    PersonDisabled,
    PersonNotDisabled,
)
from deployments.staff.contract.tokens import ListTokens


class _Why(BaseModel):
    reason: Annotated[str, StringConstraints(min_length=1, max_length=500)]


Act = Callable[[ActOnPerson], Awaitable[object]]


class PersonActPages:
    """The buttons of a person's page, upon staff."""

    def __init__(self, staff: StaffApi, people: PeoplePages) -> None:
        self._staff, self._people = staff, people

    def pages(self) -> list[PageRoute]:
        """All of them, with what each needs."""
        root = "/people/{email}"
        return [
            PageRoute("POST", f"{root}/link", self.make_link, "staff.change"),
            PageRoute("POST", f"{root}/enable", self.enable, "staff.change"),
            PageRoute("GET", f"{root}/disable", self.ask_disable, "staff.change"),
            PageRoute("POST", f"{root}/disable", self.disable, "staff.change"),
            PageRoute("POST", f"{root}/second-factor", self.forget_second_factor, "staff.change"),
            PageRoute("POST", f"{root}/sessions", self.end_sessions, "staff.change"),
        ]

    async def make_link(self, visit: Visit) -> Response:
        """A link for a person to come in, or to set another password."""
        try:
            return link_page(visit, await self._staff.make_link(_about(visit)))
        except PersonDisabled as no:
            return await self._people.page(visit, Form().refused(visit.language.rejection(no)))

    async def enable(self, visit: Visit) -> Response:
        """A disabled person is invited again."""
        try:
            return link_page(visit, await self._staff.enable(_about(visit)))
        except PersonNotDisabled as no:
            return await self._people.page(visit, Form().refused(visit.language.rejection(no)))

    async def ask_disable(self, visit: Visit) -> Response:
        """What disabling a person takes away."""
        return await self._disable_page(visit, Form())

    async def disable(self, visit: Visit) -> Response:
        """Lets a person in no more."""
        typed, form = filled(_Why, visit.form, visit.language)
        if typed is None:
            return await self._disable_page(visit, form)
        try:
            await self._staff.disable(_about(visit, typed.reason))
        except LastOwner as no:
            return await self._disable_page(visit, form.refused(visit.language.rejection(no)))
        return _back(visit, visit.text("The person is disabled."))

    async def _disable_page(self, visit: Visit, form: Form) -> Response:
        email = email_of(visit)
        person = await self._staff.person(GetPerson(by=visit.credential, email=email))
        tokens = await self._staff.tokens(ListTokens(by=visit.credential, of=email))
        status = 422 if form.values else 200
        return visit.show(
            "disable_person.html",
            status=status,
            form=form,
            person=person,
            tokens=len(tokens.tokens),
        )

    async def forget_second_factor(self, visit: Visit) -> Response:
        """Lets a person in without the second factor that he has lost."""
        said = message("The second factor is forgotten, and the person's sessions have ended.")
        return await self._act(visit, self._staff.forget_second_factor, said)

    async def end_sessions(self, visit: Visit) -> Response:
        """The person signs in again."""
        said = message("The person's sessions have ended.")
        return await self._act(visit, self._staff.end_sessions_of, said)

    async def _act(self, visit: Visit, act: Act, said: str) -> Response:
        await act(_about(visit))
        return _back(visit, visit.text(said))


def _about(visit: Visit, reason: str = "") -> ActOnPerson:
    return ActOnPerson(by=visit.credential, email=email_of(visit), reason=reason)


def _back(visit: Visit, said: str) -> Response:
    return visit.go(path_of("people", email_of(visit)), said)
