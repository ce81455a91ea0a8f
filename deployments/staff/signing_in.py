"""Signing in: by a password, by a second factor where there is one, and then with a session."""

from __future__ import annotations

from datetime import datetime

from pydantic import SecretStr

from deployments.foundation.values.authorship import Change
from deployments.foundation.values.clock import Clock
from deployments.foundation.values.ids import new_id
from deployments.staff.contract.credentials import Origin
from deployments.staff.contract.people import Person
from deployments.staff.contract.sign_in import (
    AnswerChallenge,
    SignedIn,
    SignIn,
    SignInStep,
    WrongCredentials,
)
from deployments.staff.domain.people import author_of, fold
from deployments.staff.domain.second_factor import folded_recovery_code, step_of_code
from deployments.staff.domain.secrets import hashed, new_secret
from deployments.staff.domain.sign_in import CHALLENGE_LASTS, DEVICE_LASTS, IDLE, LONGEST
from deployments.staff.password_checks import PasswordChecks
from deployments.staff.session_store import Attempt, Factor, SessionStore, counters_of
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

    def __init__(self, sessions: SessionStore, checks: PasswordChecks, clock: Clock) -> None:
        self._sessions, self._checks, self._clock = sessions, checks, clock

    async def sign_in(self, request: SignIn) -> SignInStep:
        """See `StaffApi`."""
        for _ in range(_TRIES):
            step = await self._try(request)
            if step is not None:
                return step
        raise WrongCredentials("Your account was changed just now. Sign in again.")

    async def _try(self, request: SignIn) -> SignInStep | None:
        """None if the person was changed while the password was checked."""
        email, origin = fold(request.email), request.origin
        person, attempt = await self._checks.check(email, request.password, origin)
        if person.second_factor:
            return SignInStep(challenge=await self._challenge(person, attempt))
        now = self._clock()
        opened = Opened(person, origin, now, second_factor=False)
        done = await self._sessions.open(
            opened.opening,
            person,
            _signed_in(person, origin, "password", now),
            succeeded=attempt.counters,
            network=attempt.network,
            password=await self._checks.newer_hash(attempt, request.password),
        )
        return SignInStep(signed_in=opened.answer) if done == "done" else None

    async def _challenge(self, person: Person, attempt: Attempt) -> SecretStr:
        challenge, until = new_secret(), self._clock() + CHALLENGE_LASTS
        await self._sessions.challenge(hashed(challenge), person, attempt.network, until)
        return challenge

    async def answer(self, request: AnswerChallenge) -> SignedIn:
        """See `StaffApi`."""
        challenge, now = hashed(request.challenge), self._clock()
        found = await self._sessions.try_challenge(challenge, now)
        if found is None:
            raise WrongCredentials("This sign-in is over. Begin again with your password.")
        person, authenticator = found
        factor = _factor(challenge, authenticator, request.code, now)
        opened = Opened(person, request.origin, now, second_factor=True)
        by = "authenticator" if factor.step else "recovery code"
        done = await self._sessions.open(
            opened.opening,
            person,
            _signed_in(person, request.origin, by, now),
            succeeded=counters_of(person.email, request.origin),
            factor=factor,
        )
        if done != "done":
            raise _wrong_code()
        return opened.answer


def _factor(challenge: str, authenticator: str | None, code: SecretStr, now: datetime) -> Factor:
    """What a code is, if it can be one at all; whether it was used before, the store says."""
    step = None if authenticator is None else step_of_code(authenticator, code, now)
    if step is not None:
        return Factor(challenge, step=step)
    return Factor(challenge, recovery_code=hashed(folded_recovery_code(code)))


def _wrong_code() -> WrongCredentials:
    return WrongCredentials("The code is wrong, or was used before. Wait for the next one.")


def _signed_in(person: Person, origin: Origin, by: str, now: datetime) -> Change:
    return Change(
        author=author_of(person, origin.address),
        subject=f"staff/person/{person.email}",
        action="signed_in",
        after={"by": by},
        at=now,
    )
