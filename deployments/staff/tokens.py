"""API tokens: made by a person for a program, and ended."""

from __future__ import annotations

from datetime import timedelta

from deployments.foundation.values.authorship import Author, Change
from deployments.foundation.values.clock import Clock
from deployments.foundation.values.ids import new_id
from deployments.staff.authority import Authority
from deployments.staff.contract.credentials import Authorised, NotSignedIn
from deployments.staff.contract.permissions import Permission
from deployments.staff.contract.sign_in import Confirmed
from deployments.staff.contract.tokens import (
    MOST_TOKENS,
    TOKEN_PREFIX,
    CreateToken,
    ListTokens,
    NewToken,
    RevokeToken,
    ScopeRefused,
    Token,
    TokenNotFound,
    Tokens,
    TooManyTokens,
)
from deployments.staff.domain.people import fold
from deployments.staff.domain.permissions import in_order, scoped
from deployments.staff.domain.secrets import hashed, new_secret
from deployments.staff.person_changes import PersonChanges
from deployments.staff.token_store import TokenStore


class ApiTokens:
    """Every method asks the authority first."""

    def __init__(
        self, authority: Authority, people: PersonChanges, tokens: TokenStore, clock: Clock
    ) -> None:
        self._authority, self._people = authority, people
        self._tokens, self._clock = tokens, clock

    async def create(self, request: CreateToken) -> NewToken:
        """See `StaffApi`."""
        who = await self._authority.authorise(request.by, "account.own")
        refused = set(request.scopes) - scoped(request.scopes, who.roles)
        if refused or not request.scopes:
            told = ", ".join(sorted(refused)) or "nothing"
            raise ScopeRefused(f"You cannot make a token for {told}. Choose what your roles allow.")
        secret, token = new_secret(TOKEN_PREFIX), self._token(request, who)
        change = self._change("token_made", token, who.author, request.reason)
        # Roles that are lost just now do no harm: they are looked at whenever the token is used.
        outcome = await self._tokens.create(token, hashed(secret), change)
        if outcome == "full":
            raise TooManyTokens(f"You have {MOST_TOKENS} tokens. Revoke one first.")
        if outcome == "disabled":
            raise NotSignedIn("Your account was disabled just now.")
        return NewToken(token=token, secret=secret)

    def _token(self, request: CreateToken, who: Authorised) -> Token:
        now = self._clock()
        return Token(
            id=new_id("token"),
            name=request.name,
            person=who.email,
            scopes=in_order(request.scopes),
            created_at=now,
            until=now + timedelta(days=request.days),
        )

    async def list(self, request: ListTokens) -> Tokens:
        """See `StaffApi`."""
        email = None if request.of is None else fold(request.of)
        permission: Permission = "account.own" if email is None else "staff.read"
        who = await self._authority.authorise(request.by, permission)
        if email is not None:
            await self._people.find(email)
        found = await self._tokens.of_person(email or who.email, self._clock())
        return Tokens(tokens=tuple(found))

    async def revoke(self, request: RevokeToken) -> Confirmed:
        """See `StaffApi`."""
        permission: Permission = "account.own" if request.of is None else "staff.change"
        who = await self._authority.authorise(request.by, permission)
        email = who.email if request.of is None else fold(request.of)
        change = Change(
            author=who.author,
            subject=f"staff/token/{request.token_id}",
            action="token_revoked",
            before={"person": email},
            reason=request.reason,
            at=self._clock(),
        )
        if not await self._tokens.revoke(email, request.token_id, change):
            raise TokenNotFound("There is no such token; it may have ended.")
        return Confirmed()

    def _change(self, action: str, token: Token, author: Author, reason: str) -> Change:
        told = token.model_dump(mode="json", include={"name", "person", "scopes", "until"})
        subject = f"staff/token/{token.id}"
        return Change(
            author=author,
            subject=subject,
            action=action,
            after=told,
            reason=reason,
            at=self._clock(),
        )
