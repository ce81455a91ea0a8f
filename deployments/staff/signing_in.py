"""Signing in: a password is checked, and a session opened."""

from __future__ import annotations

import math
from datetime import datetime

from pydantic import SecretStr

from deployments.foundation.values.clock import Clock
from deployments.foundation.values.ids import new_id
from deployments.staff.contract.credentials import Origin
from deployments.staff.contract.people import Person
from deployments.staff.contract.sign_in import (
    SignedIn,
    SignIn,
    SignInStep,
    TooManyAttempts,
    WrongCredentials,
)
from deployments.staff.domain.people import author_of, fold, person_change
from deployments.staff.domain.secrets import hashed, new_secret
from deployments.staff.domain.sign_in import DEVICE_LASTS, IDLE, LONGEST
from deployments.staff.passwords import Passwords
from deployments.staff.session_store import Attempt, SessionStore
from deployments.staff.store import Opening, milliseconds

_TRIES = 3


class Opened:
    """A session to be opened: what is kept of it, and what its owner gets."""

    def __init__(
        self, person: Person, origin: Origin, now: datetime, *, second_factor: bool
    ) -> None:
        session, device = new_secret(), new_secret()
        until = now + LONGEST
        self.opening = Opening(
            session={
                "hash": hashed(session),
                "id": new_id("session"),
                "person": person.email,
                "at": milliseconds(now),
                "ends_at": milliseconds(until),
                "address": origin.address,
                "agent": origin.agent,
                "second_factor": "1" if second_factor else "0",
            },
            device={"hash": hashed(device), "ends_at": milliseconds(now + DEVICE_LASTS)},
        )
        self.answer = SignedIn(
            session=session,
            device=device,
            email=person.email,
            idle_seconds=int(IDLE.total_seconds()),
            until=until,
        )


class SigningIn:
    """Takes a round trip, a check of the password, and another round trip."""

    def __init__(self, sessions: SessionStore, passwords: Passwords, clock: Clock) -> None:
        self._sessions, self._passwords, self._clock = sessions, passwords, clock

    async def sign_in(self, request: SignIn) -> SignInStep:
        """See `StaffApi`."""
        email, origin = fold(request.email), request.origin
        for _ in range(_TRIES):
            attempt = await self._attempt(email, origin)
            person = await self._checked(attempt, request.password)
            signed_in = await self._open(attempt, person, request)
            if signed_in is not None:
                return SignInStep(signed_in=signed_in)
        raise WrongCredentials("You were changed meanwhile. Sign in again.")

    async def _attempt(self, email: str, origin: Origin) -> Attempt:
        device = None if origin.device is None else hashed(origin.device)
        now = self._clock()
        attempt = await self._sessions.begin_attempt(email, origin.address, device, now)
        if attempt.wait:
            seconds = math.ceil(attempt.wait / 1000)
            raise TooManyAttempts(
                f"There were too many attempts. Try again in {seconds} seconds, or from a browser "
                "in which you have signed in before.",
                seconds=seconds,
            )
        return attempt

    async def _checked(self, attempt: Attempt, password: SecretStr) -> Person:
        """Whose password it is. Rejects with `WrongCredentials`, whichever part is wrong."""
        person = attempt.person
        right = await self._passwords.verify(attempt.password, password, known=attempt.known_device)
        if not right or person is None or person.state != "active":
            raise WrongCredentials("Email and password do not belong together.")
        return person

    async def _open(self, attempt: Attempt, person: Person, request: SignIn) -> SignedIn | None:
        now = self._clock()
        opened = Opened(person, request.origin, now, second_factor=False)
        kept, newer = attempt.password, None
        if kept is not None and self._passwords.is_outdated(kept):
            newer = await self._passwords.hash(request.password)
        author = author_of(person, request.origin.address)
        change = person_change("signed_in", person, person, author=author, at=now)
        done = await self._sessions.open(
            opened.opening, person, change, succeeded=attempt.counters, password=newer
        )
        return opened.answer if done else None
