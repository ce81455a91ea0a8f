"""One's own account: name and language, password, sessions. Tokens and the second factor have
files of their own, and stand on the same page."""

from __future__ import annotations

from typing import Annotated, Self

from pydantic import BaseModel, ConfigDict, Field, SecretStr, StringConstraints, model_validator
from starlette.responses import Response

from deployments.backoffice import cookies
from deployments.backoffice.forms import Form, filled
from deployments.backoffice.guard import PageRoute
from deployments.backoffice.language import LANGUAGES
from deployments.backoffice.pages.sign_in import kept_open, origin_of
from deployments.backoffice.visit import Visit
from deployments.backoffice.wording import PERMISSION_NAMES
from deployments.foundation.rpc.rejection import Rejection
from deployments.staff.contract import StaffApi
from deployments.staff.contract.account import ChangePassword, ChangeProfile
from deployments.staff.contract.credentials import LONGEST_PASSWORD, Locale
from deployments.staff.contract.permissions import ListRoles
from deployments.staff.contract.sign_in import (
    EndSessions,
    ListSessions,
    SignInsBusy,
    StaffSessionNotFound,
    TooManyAttempts,
    WeakPassword,
    WrongCredentials,
)
from deployments.staff.contract.tokens import ListTokens

PASSWORD_REFUSED = (WrongCredentials, TooManyAttempts, SignInsBusy)
"""What whoever checks a password may answer."""


class _Profile(BaseModel):
    name: Annotated[str, StringConstraints(min_length=1, max_length=128)]
    locale: Locale


class _Password(BaseModel):
    model_config = ConfigDict(hide_input_in_errors=True)
    current_password: SecretStr = Field(max_length=LONGEST_PASSWORD)
    password: SecretStr = Field(max_length=LONGEST_PASSWORD)
    password_again: SecretStr = Field(max_length=LONGEST_PASSWORD)

    @model_validator(mode="after")
    def _typed_twice(self) -> Self:
        if self.password != self.password_again:
            raise ValueError("The two passwords are not the same.")
        return self


class _Session(BaseModel):
    session_id: Annotated[str, StringConstraints(max_length=64)] | None = None


class AccountPages:
    """The account's page and its first forms, upon staff."""

    def __init__(self, staff: StaffApi) -> None:
        self._staff = staff

    def pages(self) -> list[PageRoute]:
        """All of them, with what each needs."""
        return [
            PageRoute("GET", "/account", self.show, "account.own"),
            PageRoute("POST", "/account/profile", self.change_profile, "account.own"),
            PageRoute("POST", "/account/password", self.change_password, "account.own"),
            PageRoute("POST", "/account/sessions/end", self.end_sessions, "account.own"),
        ]

    async def show(self, visit: Visit) -> Response:
        """One's own account."""
        return await self.page(visit, Form())

    async def page(self, visit: Visit, form: Form, no: Rejection | None = None) -> Response:
        """The page, with a form that was refused, if one was, and why."""
        sessions = await self._staff.sessions(ListSessions(by=visit.credential))
        tokens = await self._staff.tokens(ListTokens(by=visit.credential))
        roles = await self._staff.roles(ListRoles())
        mine = [
            (one, visit.text(PERMISSION_NAMES[one]), "")
            for one in roles.token_scopes
            if visit.can(one)
        ]
        return visit.show(
            "account.html",
            status=422 if form.values else 200,
            form=form if no is None else form.refused(visit.language.rejection(no)),
            sessions=sessions.sessions,
            tokens=tokens.tokens,
            scopes=mine,
            languages=list(LANGUAGES.items()),
        )

    async def change_profile(self, visit: Visit) -> Response:
        """Another name or language."""
        typed, form = filled(_Profile, visit.form, visit.language)
        if typed is None:
            return await self.page(visit, form)
        sent = ChangeProfile(by=visit.credential, name=typed.name, locale=typed.locale)
        person = await self._staff.change_profile(sent)
        response = visit.go("/account", visit.text("Your account is changed."))
        cookies.keep_language(response, person.locale)
        return response

    async def change_password(self, visit: Visit) -> Response:
        """A new password, and with it a new session in place of all others."""
        typed, form = filled(_Password, visit.form, visit.language)
        if typed is None:
            return await self.page(visit, form)
        sent = ChangePassword(
            by=visit.credential,
            current=typed.current_password,
            new=typed.password,
            origin=origin_of(visit),
        )
        try:
            session = await self._staff.change_password(sent)
        except (*PASSWORD_REFUSED, WeakPassword) as no:
            return await self.page(visit, form, no)
        return kept_open(visit.go("/account"), session)

    async def end_sessions(self, visit: Visit) -> Response:
        """Ends one of one's sessions, or all others."""
        typed, _ = filled(_Session, visit.form, visit.language)
        session_id = typed.session_id if typed else None
        try:
            await self._staff.end_sessions(EndSessions(by=visit.credential, session_id=session_id))
        except StaffSessionNotFound:
            return visit.go("/account", visit.text("That session had ended already."))
        return visit.go("/account", visit.text("Ended."))
