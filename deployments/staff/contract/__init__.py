"""What staff shows the other services: who is asking, whether that may be done, and who did what.

Each file beside this one has the messages and rejections of one concept.
"""

from __future__ import annotations

from typing import Protocol

from deployments.foundation.rpc.contracts import repeatable
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


class StaffApi(Protocol):
    """Staff's contract.

    What takes `by` rejects with `NotSignedIn`, and with `NotPermitted` where the role of whoever
    asks does not allow it.
    """

    @repeatable
    async def authorise(self, request: Authorise) -> Authorised:
        """Whether a session or a token allows something, and who acts by it."""
        ...

    @repeatable
    async def roles(self, request: ListRoles) -> RoleTable:
        """What each role allows."""
        ...

    # Signing in

    async def sign_in(self, request: SignIn) -> SignInStep:
        """A session, or a challenge for whoever has a second factor.

        Rejects with `WrongCredentials`, `TooManyAttempts` and `SignInsBusy`.
        """
        ...

    @repeatable
    async def sign_out(self, request: SignOut) -> Done:
        """End a session, if there is such a one."""
        ...

    @repeatable
    async def sessions(self, request: ListSessions) -> Sessions:
        """One's own sessions. Needs `account.own`."""
        ...

    @repeatable
    async def end_sessions(self, request: EndSessions) -> Done:
        """End some of one's own sessions. Needs `account.own`; rejects with `SessionNotFound`."""
        ...

    # One-time links

    @repeatable
    async def look_up_link(self, request: LookUpLink) -> Link:
        """What a link is for; it stays usable. Rejects with `LinkInvalid`."""
        ...

    async def accept_link(self, request: AcceptLink) -> SignInStep:
        """Use a link up, and sign in with the password that it set; with neither session nor
        challenge for whoever has a second factor: he signs in as ever.

        Rejects with `LinkInvalid`, `OwnerExists`, `WeakPassword`, `NotAnEmail` and `SignInsBusy`.
        """
        ...
