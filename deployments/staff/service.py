"""Staff's service: one method for each of the contract's."""

from __future__ import annotations

from pydantic import SecretStr

from deployments.foundation.values.clock import Clock
from deployments.staff.account import Account
from deployments.staff.authority import Authority
from deployments.staff.contract.credentials import Authorise, Authorised
from deployments.staff.contract.permissions import ListRoles, RoleTable
from deployments.staff.contract.sign_in import (
    AcceptLink,
    Done,
    EndSessions,
    Link,
    ListSessions,
    LookUpLink,
    Sessions,
    SignIn,
    SignInStep,
    SignOut,
)
from deployments.staff.domain.permissions import role_table
from deployments.staff.links import Links
from deployments.staff.passwords import Passwords
from deployments.staff.session_store import SessionStore
from deployments.staff.signing_in import SigningIn
from deployments.staff.store import StaffStore


class StaffService:
    """Implements `StaffApi`. To authorise somebody takes one round trip."""

    def __init__(
        self, store: StaffStore, sessions: SessionStore, passwords: Passwords, clock: Clock
    ) -> None:
        self._authority = Authority(sessions, clock)
        self._signing_in = SigningIn(sessions, passwords, clock)
        self._links = Links(store, passwords, clock)
        self._account = Account(self._authority, sessions, clock)

    async def authorise(self, request: Authorise) -> Authorised:
        """See `StaffApi`."""
        return await self._authority.authorise(request.by, request.permission)

    async def roles(self, request: ListRoles) -> RoleTable:  # noqa: ARG002 - it asks for everything.
        """See `StaffApi`."""
        return role_table()

    async def sign_in(self, request: SignIn) -> SignInStep:
        """See `StaffApi`."""
        return await self._signing_in.sign_in(request)

    async def sign_out(self, request: SignOut) -> Done:
        """See `StaffApi`."""
        return await self._account.sign_out(request)

    async def sessions(self, request: ListSessions) -> Sessions:
        """See `StaffApi`."""
        return await self._account.sessions(request)

    async def end_sessions(self, request: EndSessions) -> Done:
        """See `StaffApi`."""
        return await self._account.end_sessions(request)

    async def owner_link(self) -> SecretStr | None:
        """A new link that makes the first owner, for the operator; none if there is one."""
        return await self._links.owner_link()

    async def look_up_link(self, request: LookUpLink) -> Link:
        """See `StaffApi`."""
        return await self._links.look_up(request)

    async def accept_link(self, request: AcceptLink) -> SignInStep:
        """See `StaffApi`."""
        return await self._links.accept(request)
