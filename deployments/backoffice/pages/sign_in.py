"""Signing in: a password, then the second factor where a person has one; and signing out."""

from __future__ import annotations

from http import HTTPStatus

from pydantic import BaseModel, ConfigDict, Field, SecretStr
from starlette.responses import Response

from deployments.backoffice import cookies
from deployments.backoffice.forms import Form, filled
from deployments.backoffice.guard import ANYBODY, Page
from deployments.backoffice.outcomes import status_of
from deployments.backoffice.visit import Visit
from deployments.foundation.rpc.rejection import Rejection
from deployments.staff.contract import StaffApi
from deployments.staff.contract.credentials import LONGEST_PASSWORD, EmailText, Origin
from deployments.staff.contract.sign_in import (
    SignedIn,
    SignIn,
    SignInsBusy,
    SignOut,
    TooManyAttempts,
    WrongCredentials,
)


class _Password(BaseModel):
    model_config = ConfigDict(hide_input_in_errors=True)
    email: EmailText
    password: SecretStr = Field(max_length=LONGEST_PASSWORD)


class SignInPages:
    """The pages before any other, upon staff."""

    def __init__(self, staff: StaffApi) -> None:
        self._staff = staff

    def pages(self) -> list[Page]:
        """All of them, with what each needs."""
        return [
            Page("GET", "/sign-in", self.ask_password, ANYBODY),
            Page("POST", "/sign-in", self.take_password, ANYBODY),
            Page("POST", "/sign-out", self.sign_out, ANYBODY),
        ]

    async def ask_password(self, visit: Visit) -> Response:
        """The form for email and password."""
        return visit.show("sign_in.html", next=visit.query("next"))

    async def take_password(self, visit: Visit) -> Response:
        """Opens a session, or asks for the second factor."""
        typed, form = filled(_Password, visit.form, visit.language)
        if typed is None:
            return visit.refuse("sign_in.html", form, next=visit.query("next"))
        sent = SignIn(email=typed.email, password=typed.password, origin=origin_of(visit))
        try:
            step = await self._staff.sign_in(sent)
        except (WrongCredentials, TooManyAttempts, SignInsBusy) as no:
            return _again(visit, "sign_in.html", form, no)
        assert step.signed_in is not None  # noqa: S101 - nobody has a second factor yet.
        return opened(visit, step.signed_in)

    async def sign_out(self, visit: Visit) -> Response:
        """Ends the session, here and at staff."""
        session = cookies.read(visit.request, "session")
        if session is not None:
            await self._staff.sign_out(SignOut(session=SecretStr(session)))
        response = visit.go("/sign-in")
        cookies.drop(response, "session")
        return response


def origin_of(visit: Visit) -> Origin:
    """From where somebody asks."""
    device = cookies.read(visit.request, "device")
    return Origin(
        address=visit.credential.address,
        agent=visit.request.headers.get("user-agent", "")[:256],
        device=SecretStr(device) if device else None,
    )


def opened(visit: Visit, session: SignedIn) -> Response:
    """To where one wanted to go, with the new session: no other cookie of before counts."""
    response = visit.go(_wanted(visit))
    cookies.keep(response, "session", session.session.get_secret_value())
    cookies.keep(
        response, "device", session.device.get_secret_value(), seconds=cookies.YEAR_SECONDS
    )
    for name in ("challenge", "visit", "flash"):
        cookies.drop(response, name)
    return response


def _wanted(visit: Visit) -> str:
    """Where one wanted to go: a page of the back office, whatever the address says."""
    wanted = visit.query("next")
    inside = wanted.startswith("/") and not wanted.startswith(("//", "/\\"))
    return wanted if inside and wanted.isprintable() else "/"


def _again(visit: Visit, template: str, form: Form, no: Rejection) -> Response:
    shown = form.refused(visit.language.rejection(no))
    status = status_of(no)
    # 401 would have a browser ask for a password itself.
    status = HTTPStatus.UNPROCESSABLE_ENTITY if status is HTTPStatus.UNAUTHORIZED else status
    return visit.show(template, status=status, form=shown, next=visit.query("next"))
