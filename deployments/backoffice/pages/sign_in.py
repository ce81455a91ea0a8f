"""Signing in: a password, then the second factor where a person has one; and signing out."""

from __future__ import annotations

from http import HTTPStatus
from urllib.parse import quote

from pydantic import BaseModel, ConfigDict, Field, SecretStr
from starlette.responses import Response

from deployments.backoffice import cookies
from deployments.backoffice.forms import Form, filled
from deployments.backoffice.guard import ANYBODY, PageRoute
from deployments.backoffice.outcomes import status_of
from deployments.backoffice.visit import Visit
from deployments.foundation.rpc.rejection import Rejection
from deployments.staff.contract import StaffApi
from deployments.staff.contract.credentials import LONGEST_PASSWORD, EmailText, Origin
from deployments.staff.contract.sign_in import (
    AnswerChallenge,
    SignedIn,
    SignIn,
    SignInsBusy,
    SignOut,
    TooManyAttempts,
    WrongCredentials,
)

_CHALLENGE_SECONDS = 600
_LONGEST_CODE = 64


class _Password(BaseModel):
    model_config = ConfigDict(hide_input_in_errors=True)
    email: EmailText
    password: SecretStr = Field(max_length=LONGEST_PASSWORD)


class _Code(BaseModel):
    model_config = ConfigDict(hide_input_in_errors=True)
    code: SecretStr = Field(max_length=_LONGEST_CODE)


class SignInPages:
    """The pages before any other, upon staff."""

    def __init__(self, staff: StaffApi) -> None:
        self._staff = staff

    def pages(self) -> list[PageRoute]:
        """All of them, with what each needs."""
        return [
            PageRoute("GET", "/sign-in", self.ask_password, ANYBODY),
            PageRoute("POST", "/sign-in", self.take_password, ANYBODY),
            PageRoute("GET", "/sign-in/code", self.ask_code, ANYBODY),
            PageRoute("POST", "/sign-in/code", self.take_code, ANYBODY),
            PageRoute("POST", "/sign-out", self.sign_out, ANYBODY),
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
        if step.signed_in is not None:
            return opened(visit, step.signed_in)
        response = visit.go(f"/sign-in/code?next={quote(_wanted(visit))}")
        challenge = step.challenge.get_secret_value() if step.challenge else ""
        cookies.keep(response, "challenge", challenge, seconds=_CHALLENGE_SECONDS)
        return response

    async def ask_code(self, visit: Visit) -> Response:
        """The form for the second factor."""
        return visit.show("sign_in_code.html", next=visit.query("next"))

    async def take_code(self, visit: Visit) -> Response:
        """Opens a session, if the code is right."""
        typed, form = filled(_Code, visit.form, visit.language)
        challenge = cookies.read(visit.request, "challenge")
        if challenge is None:
            return visit.go("/sign-in", visit.text("That took too long. Sign in again."))
        if typed is None:
            return visit.refuse("sign_in_code.html", form, next=visit.query("next"))
        sent = AnswerChallenge(
            challenge=SecretStr(challenge), code=typed.code, origin=origin_of(visit)
        )
        try:
            return opened(visit, await self._staff.answer_challenge(sent))
        except (WrongCredentials, TooManyAttempts) as no:
            return _again(visit, "sign_in_code.html", form, no)

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
    """To where one wanted to go, with the new session."""
    return kept_open(visit.go(_wanted(visit)), session)


def kept_open(response: Response, session: SignedIn) -> Response:
    """An answer that gives the browser a new session: no other cookie of before counts."""
    cookies.keep(response, "session", session.session.get_secret_value())
    cookies.keep(
        response, "device", session.device.get_secret_value(), seconds=cookies.YEAR_SECONDS
    )
    cookies.drop(response, "challenge")
    cookies.drop(response, "visit")
    cookies.drop(response, "flash")
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
