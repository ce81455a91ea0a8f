"""Whether somebody may do something: the one place where it is decided."""

from __future__ import annotations

from datetime import datetime

from deployments.foundation.values.authorship import Author
from deployments.foundation.values.clock import Clock
from deployments.foundation.values.text import MAX_TEXT
from deployments.staff.contract.credentials import (
    Authorised,
    Credential,
    NotPermitted,
    NotSignedIn,
)
from deployments.staff.contract.permissions import Permission
from deployments.staff.domain.people import author_of
from deployments.staff.domain.permissions import in_order, permissions_of, scoped
from deployments.staff.domain.secrets import hashed
from deployments.staff.session_store import OpenSession, SessionStore
from deployments.staff.token_store import StandingToken, TokenStore


class Authority:
    """Decides by what is stored at this moment, in one round trip: what was taken from a person is
    refused from then on, wherever it is asked."""

    def __init__(self, sessions: SessionStore, tokens: TokenStore, clock: Clock) -> None:
        self._sessions, self._tokens, self._clock = sessions, tokens, clock

    async def authorise(self, by: Credential, permission: Permission) -> Authorised:
        """Who asks, if that is permitted. Rejects with `NotSignedIn` and `NotPermitted`."""
        who = await self._identify(by, self._clock())
        if permission not in who.permissions:
            raise NotPermitted(
                f"This needs the permission {permission}. Ask an owner for a role that has it.",
                permission=permission,
            )
        return who

    async def _identify(self, by: Credential, now: datetime) -> Authorised:
        if by.session is not None:
            session = await self._sessions.use(hashed(by.session), now)
            if session is not None:
                return _by_session(session, by.address)
        elif by.token is not None:
            token = await self._tokens.use(hashed(by.token), now)
            if token is not None:
                return _by_token(token, by.address)
        raise NotSignedIn("Sign in first: there is no such session or token, or it has ended.")


def _by_session(session: OpenSession, address: str) -> Authorised:
    person = session.person
    return Authorised(
        author=author_of(person, address),
        email=person.email,
        name=person.name,
        roles=person.roles,
        permissions=in_order(permissions_of(person.roles)),
        locale=person.locale,
        second_factor=session.second_factor,
        session_id=session.id,
        until=session.until,
    )


def _by_token(token: StandingToken, address: str) -> Authorised:
    person = token.person
    name = f"{token.name} ({person.email})"
    return Authorised(
        author=Author(
            kind="token",
            id=token.id,
            name=name[:MAX_TEXT],
            address=address,
            person=person.email,
        ),
        email=person.email,
        name=person.name,
        roles=person.roles,
        permissions=in_order(scoped(token.scopes, person.roles)),
        locale=person.locale,
        second_factor=False,
        until=token.until,
    )
