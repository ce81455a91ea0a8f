"""One's own second factor: an authenticator, shown as a picture, and codes for when it is lost."""

from __future__ import annotations

from typing import Annotated

import segno
from pydantic import BaseModel, ConfigDict, Field, SecretStr, StringConstraints
from starlette.responses import Response

from deployments.backoffice.forms import Form, filled
from deployments.backoffice.guard import PageRoute
from deployments.backoffice.pages.account import PASSWORD_REFUSED, AccountPages
from deployments.backoffice.pages.sign_in import kept_open, origin_of
from deployments.backoffice.visit import Visit
from deployments.staff.contract import StaffApi
from deployments.staff.contract.account import (
    ConfirmSecondFactor,
    NoSecondFactor,
    RemoveSecondFactor,
    RenewRecoveryCodes,
    StartSecondFactor,
    WrongCode,
)
from deployments.staff.contract.credentials import LONGEST_PASSWORD

_LONGEST_URI = 512


class _Password(BaseModel):
    model_config = ConfigDict(hide_input_in_errors=True)
    password: SecretStr = Field(max_length=LONGEST_PASSWORD)


class _Code(BaseModel):
    model_config = ConfigDict(hide_input_in_errors=True)
    code: SecretStr = Field(max_length=64)
    shown_secret: Annotated[str, StringConstraints(max_length=128)]
    shown_uri: Annotated[
        str, StringConstraints(max_length=_LONGEST_URI, pattern=r"^otpauth://totp/")
    ]


class SecondFactorPages:
    """The forms of the second factor, upon staff."""

    def __init__(self, staff: StaffApi, account: AccountPages) -> None:
        self._staff, self._account = staff, account

    def pages(self) -> list[PageRoute]:
        """All of them, with what each needs."""
        root = "/account/second-factor"
        return [
            PageRoute("POST", f"{root}/start", self.start, "account.own"),
            PageRoute("POST", f"{root}/confirm", self.confirm, "account.own"),
            PageRoute("POST", f"{root}/codes", self.renew_codes, "account.own"),
            PageRoute("POST", f"{root}/remove", self.remove, "account.own"),
        ]

    async def start(self, visit: Visit) -> Response:
        """Shows the secret, as a picture and as text."""
        typed, form = filled(_Password, visit.form, visit.language)
        if typed is None:
            return await self._account.page(visit, form)
        sent = StartSecondFactor(by=visit.credential, password=typed.password)
        try:
            secret = await self._staff.start_second_factor(sent)
        except PASSWORD_REFUSED as no:
            return await self._account.page(visit, form, no)
        shown = secret.secret.get_secret_value(), secret.uri.get_secret_value()
        return _picture(visit, Form(), *shown)

    async def confirm(self, visit: Visit) -> Response:
        """Holds from now on, if the code is right; shows the recovery codes."""
        typed, form = filled(_Code, visit.form, visit.language)
        if typed is None:
            shown = form.value("shown_secret"), form.value("shown_uri")
            return _picture(visit, form, *shown)
        sent = ConfirmSecondFactor(by=visit.credential, code=typed.code, origin=origin_of(visit))
        try:
            holds = await self._staff.confirm_second_factor(sent)
        except WrongCode as no:
            refused = form.refused(visit.language.rejection(no), at="code")
            return _picture(visit, refused, typed.shown_secret, typed.shown_uri)
        return kept_open(_codes(visit, holds.recovery_codes), holds.signed_in)

    async def renew_codes(self, visit: Visit) -> Response:
        """New recovery codes; those before open nothing any more."""
        typed, form = filled(_Password, visit.form, visit.language)
        if typed is None:
            return await self._account.page(visit, form)
        sent = RenewRecoveryCodes(by=visit.credential, password=typed.password)
        try:
            renewed = await self._staff.renew_recovery_codes(sent)
        except (*PASSWORD_REFUSED, NoSecondFactor) as no:
            return await self._account.page(visit, form, no)
        return _codes(visit, renewed.recovery_codes)

    async def remove(self, visit: Visit) -> Response:
        """The password alone from now on."""
        typed, form = filled(_Password, visit.form, visit.language)
        if typed is None:
            return await self._account.page(visit, form)
        sent = RemoveSecondFactor(by=visit.credential, password=typed.password)
        try:
            await self._staff.remove_second_factor(sent)
        except (*PASSWORD_REFUSED, NoSecondFactor) as no:
            return await self._account.page(visit, form, no)
        return visit.go("/account", visit.text("You sign in with a password alone."))


def _picture(visit: Visit, form: Form, secret: str, uri: str) -> Response:
    """The secret for an authenticator. A picture is drawn of what such a URI begins with only."""
    drawn = segno.make(uri).svg_data_uri(scale=4) if uri.startswith("otpauth://") else None
    status = 422 if form.values else 200
    return visit.show(
        "second_factor.html", status=status, form=form, secret=secret, uri=uri, picture=drawn
    )


def _codes(visit: Visit, codes: tuple[SecretStr, ...]) -> Response:
    shown = [one.get_secret_value() for one in codes]
    return visit.show("recovery_codes.html", form=Form(), codes=shown)
