"""Discount codes, for programs."""

from __future__ import annotations

from starlette.responses import Response

from deployments.backoffice.api.bodies import CodeBody
from deployments.backoffice.tokens import Action, TokenRequest, body_of, query_of, shown
from deployments.pricing.contract import PricingApi
from deployments.pricing.contract.codes import CodeDocument, CodePage, ListCodes, SaveCode


class CodeActions:
    """The actions, upon pricing."""

    def __init__(self, pricing: PricingApi) -> None:
        self._pricing = pricing

    def actions(self) -> list[Action]:
        """All of them, with what each needs."""
        return [
            Action(
                "GET",
                "/api/codes",
                self.list,
                "promotions.read",
                summary="A page of discount codes, by name",
                answer=CodePage,
                query=ListCodes,
            ),
            Action(
                "PUT",
                "/api/codes",
                self.save,
                "promotions.change",
                summary="Make or change a discount code",
                answer=CodeDocument,
                body=CodeBody,
            ),
        ]

    async def list(self, caller: TokenRequest) -> Response:
        """A page of codes."""
        return shown(await self._pricing.list_codes(query_of(ListCodes, caller)))

    async def save(self, caller: TokenRequest) -> Response:
        """A code as it shall be."""
        body = await body_of(CodeBody, caller)
        return shown(await self._pricing.save_code(SaveCode(author=caller.author, **dict(body))))
