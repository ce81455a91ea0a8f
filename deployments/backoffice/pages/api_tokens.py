"""One's own API tokens: made, shown once, revoked."""

from __future__ import annotations

from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, StringConstraints
from starlette.responses import Response

from deployments.backoffice.forms import Form, filled
from deployments.backoffice.guard import PageRoute
from deployments.backoffice.pages.account import AccountPages
from deployments.backoffice.visit import Visit
from deployments.staff.contract import StaffApi
from deployments.staff.contract.permissions import Permission
from deployments.staff.contract.tokens import (
    LONGEST_DAYS,
    CreateToken,
    RevokeToken,
    ScopeRefused,
    TokenNotFound,
    TooManyTokens,
)


class _Token(BaseModel):
    model_config = ConfigDict(hide_input_in_errors=True)
    token_name: Annotated[str, StringConstraints(min_length=1, max_length=128)]
    scopes: tuple[Permission, ...] = Field(min_length=1)
    days: int = Field(ge=1, le=LONGEST_DAYS)


class _TokenId(BaseModel):
    token_id: Annotated[str, StringConstraints(min_length=1, max_length=64)]


class ApiTokenPages:
    """The forms of tokens, upon staff."""

    def __init__(self, staff: StaffApi, account: AccountPages) -> None:
        self._staff, self._account = staff, account

    def pages(self) -> list[PageRoute]:
        """All of them, with what each needs."""
        return [
            PageRoute("POST", "/account/tokens/create", self.create, "account.own"),
            PageRoute("POST", "/account/tokens/revoke", self.revoke, "account.own"),
        ]

    async def create(self, visit: Visit) -> Response:
        """A new token, whose secret is shown this once."""
        typed, form = filled(_Token, visit.form, visit.language)
        if typed is None:
            return await self._account.page(visit, form)
        sent = CreateToken(
            by=visit.credential, name=typed.token_name, scopes=typed.scopes, days=typed.days
        )
        try:
            made = await self._staff.create_token(sent)
        except (ScopeRefused, TooManyTokens) as no:
            return await self._account.page(visit, form, no)
        return visit.show(
            "new_token.html",
            form=Form(),
            token=made.token,
            secret=made.secret.get_secret_value(),
        )

    async def revoke(self, visit: Visit) -> Response:
        """Ends a token."""
        typed, form = filled(_TokenId, visit.form, visit.language)
        if typed is None:
            return await self._account.page(visit, form)
        try:
            await self._staff.revoke_token(
                RevokeToken(by=visit.credential, token_id=typed.token_id)
            )
        except TokenNotFound:
            return visit.go("/account", visit.text("That token had ended already."))
        return visit.go("/account", visit.text("The token opens nothing any more."))
