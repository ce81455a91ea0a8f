"""One's own sessions: looking at them, and ending them."""

from __future__ import annotations

from deployments.foundation.values.authorship import Author, Change
from deployments.foundation.values.clock import Clock
from deployments.staff.authority import Authority
from deployments.staff.contract.credentials import Credential, NotSignedIn
from deployments.staff.contract.sign_in import (
    Confirmed,
    EndSessions,
    ListSessions,
    Sessions,
    SignOut,
    StaffSessionNotFound,
)
from deployments.staff.session_store import SessionStore


class OwnSessions:
    """Every method asks the authority first."""

    def __init__(self, authority: Authority, sessions: SessionStore, clock: Clock) -> None:
        self._authority, self._sessions, self._clock = authority, sessions, clock

    async def list(self, request: ListSessions) -> Sessions:
        """See `StaffApi`."""
        who = await self._authority.authorise(request.by, "account.own")
        found = await self._sessions.of_person(who.email, who.session_id, self._clock())
        return Sessions(sessions=tuple(found))

    async def sign_out(self, request: SignOut) -> Confirmed:
        """See `StaffApi`."""
        by = Credential(session=request.session)
        try:
            who = await self._authority.authorise(by, "account.own")
        except NotSignedIn:
            return Confirmed()
        change = self._change(who.author, "signed_out")
        await self._sessions.end(who.email, change, id_=who.session_id)
        return Confirmed()

    async def end(self, request: EndSessions) -> Confirmed:
        """See `StaffApi`."""
        who = await self._authority.authorise(request.by, "account.own")
        change = self._change(who.author, "sessions_ended")
        if request.session_id is None:
            await self._sessions.end(who.email, change, kept=who.session_id)
        elif not await self._sessions.end(who.email, change, id_=request.session_id):
            raise StaffSessionNotFound("You have no such session; it may have ended.")
        return Confirmed()

    def _change(self, author: Author, action: str) -> Change:
        subject = f"staff/person/{author.id}"
        return Change(author=author, subject=subject, action=action, at=self._clock())
