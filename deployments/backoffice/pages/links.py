"""One-time links: they make the owner, let in whoever was invited, and give a new password."""

from __future__ import annotations

from typing import Annotated, Self

from pydantic import BaseModel, ConfigDict, Field, SecretStr, StringConstraints, model_validator
from starlette.responses import Response

from deployments.backoffice.forms import Form, filled
from deployments.backoffice.guard import ANYBODY, PageRoute
from deployments.backoffice.pages.sign_in import opened, origin_of
from deployments.backoffice.visit import Visit
from deployments.staff.contract import StaffApi
from deployments.staff.contract.credentials import LONGEST_PASSWORD
from deployments.staff.contract.sign_in import (
    AcceptLink,
    Link,
    LookUpLink,
    NotAnEmail,
    SignInsBusy,
    WeakPassword,
)

LONGEST_LINK = 256


class _NewPassword(BaseModel):
    model_config = ConfigDict(hide_input_in_errors=True)
    email: Annotated[str, StringConstraints(max_length=254)] | None = None
    name: Annotated[str, StringConstraints(max_length=128)] = ""
    password: SecretStr = Field(max_length=LONGEST_PASSWORD)
    password_again: SecretStr = Field(max_length=LONGEST_PASSWORD)

    @model_validator(mode="after")
    def _typed_twice(self) -> Self:
        if self.password != self.password_again:
            raise ValueError("The two passwords are not the same.")
        return self


class LinkPages:
    """What a link leads to, upon staff. Only the form uses it up: programs follow links, too."""

    def __init__(self, staff: StaffApi) -> None:
        self._staff = staff

    def pages(self) -> list[PageRoute]:
        """All of them, with what each needs."""
        return [
            PageRoute("GET", "/link/{secret}", self.show, ANYBODY),
            PageRoute("POST", "/link/{secret}", self.accept, ANYBODY),
        ]

    async def show(self, visit: Visit) -> Response:
        """The form that the link is for."""
        return visit.show("link.html", link=await self._link(visit))

    async def accept(self, visit: Visit) -> Response:
        """Sets the password, uses the link up, and signs in."""
        link = await self._link(visit)
        typed, form = filled(_NewPassword, visit.form, visit.language)
        if typed is None:
            return visit.refuse("link.html", form, link=link)
        sent = AcceptLink(
            link=_secret(visit),
            password=typed.password,
            email=typed.email if link.email is None else None,
            name=typed.name,
            locale=visit.language.code,
            origin=origin_of(visit),
        )
        try:
            step = await self._staff.accept_link(sent)
        except (WeakPassword, NotAnEmail, SignInsBusy) as no:
            return visit.refuse("link.html", _refused(form, visit, no), link=link)
        if step.signed_in is not None:
            return opened(visit, step.signed_in)
        return visit.go("/sign-in", visit.text("The password is set. Sign in with it."))

    async def _link(self, visit: Visit) -> Link:
        return await self._staff.look_up_link(LookUpLink(link=_secret(visit)))


def _secret(visit: Visit) -> SecretStr:
    return SecretStr(visit.request.path_params["secret"][:LONGEST_LINK])


def _refused(form: Form, visit: Visit, no: WeakPassword | NotAnEmail | SignInsBusy) -> Form:
    places: dict[type, str] = {WeakPassword: "password", NotAnEmail: "email"}
    return form.refused(visit.language.rejection(no), at=places.get(type(no)))
