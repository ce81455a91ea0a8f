"""Whether somebody knows a password: attempts are counted before it is looked at."""

from __future__ import annotations

import math

from pydantic import SecretStr

from deployments.foundation.values.clock import Clock
from deployments.staff.contract.credentials import Authorised, Origin
from deployments.staff.contract.people import Person
from deployments.staff.contract.sign_in import TooManyAttempts, WrongCredentials
from deployments.staff.passwords import Passwords
from deployments.staff.session_store import Attempt, SessionStore


class PasswordChecks:
    """Each takes a round trip and a check of the password."""

    def __init__(self, sessions: SessionStore, passwords: Passwords, clock: Clock) -> None:
        self._sessions, self._passwords, self._clock = sessions, passwords, clock

    async def check(
        self, email: str, password: SecretStr, origin: Origin
    ) -> tuple[Person, Attempt]:
        """Whose password it is, and the attempt, which the caller takes back when all is done.

        Rejects with `WrongCredentials`, whichever part is wrong, `TooManyAttempts` and
        `SignInsBusy`.
        """
        attempt = await self._sessions.begin_attempt(email, origin, self._clock())
        return await self._checked(attempt, password), attempt

    async def check_again(self, who: Authorised, password: SecretStr) -> Person:
        """Whether whoever is signed in knows the password, too; rejects as `check` does."""
        session = who.session_id or ""
        attempt = await self._sessions.attempt_in(session, who.email, self._clock())
        person = await self._checked(attempt, password)
        await self._sessions.succeeded(attempt)
        return person

    async def _checked(self, attempt: Attempt, password: SecretStr) -> Person:
        _refuse_early(attempt)
        person = attempt.person
        right = await self._passwords.verify(attempt.password, password, known=attempt.known_device)
        if not right or person is None or person.state != "active":
            raise WrongCredentials("Email and password do not belong together.")
        return person

    async def newer_hash(self, attempt: Attempt, password: SecretStr) -> str | None:
        """What to keep of a right password instead, if that was made with too little effort."""
        if attempt.password is None or not self._passwords.is_outdated(attempt.password):
            return None
        return await self._passwords.hash(password)


def _refuse_early(attempt: Attempt) -> None:
    if not attempt.wait:
        return
    seconds = math.ceil(attempt.wait / 1000)
    raise TooManyAttempts(
        f"There were too many attempts. Try again in {seconds} seconds, or from a browser "
        "in which you have signed in before.",
        seconds=seconds,
    )
