"""What everybody looks after for himself: sessions, name, password and second factor."""

from __future__ import annotations

from pydantic import SecretStr

from deployments.foundation.values.authorship import Author, Change
from deployments.foundation.values.clock import Clock
from deployments.staff.authority import Authority
from deployments.staff.contract.account import (
    ChangePassword,
    ChangeProfile,
    ConfirmSecondFactor,
    NoSecondFactor,
    RecoveryCodes,
    RemoveSecondFactor,
    RenewRecoveryCodes,
    SecondFactorHolds,
    SecondFactorSecret,
    StartSecondFactor,
    WrongCode,
)
from deployments.staff.contract.credentials import Authorised, Credential
from deployments.staff.contract.people import Person
from deployments.staff.contract.sign_in import Confirmed, SignedIn
from deployments.staff.domain.people import check_password, next_version, person_change
from deployments.staff.domain.second_factor import (
    authenticator_uri,
    folded_recovery_code,
    new_authenticator,
    new_recovery_codes,
    step_of_code,
)
from deployments.staff.domain.secrets import hashed
from deployments.staff.password_checks import PasswordChecks
from deployments.staff.passwords import Passwords
from deployments.staff.person_changes import PersonChanges, without_second_factor
from deployments.staff.signing_in import Opened
from deployments.staff.store import PersonChange, StaffStore


class Account:
    """Every method asks the authority first, and for the password where that is given."""

    def __init__(
        self,
        authority: Authority,
        checks: PasswordChecks,
        changes: PersonChanges,
        store: StaffStore,
        *,
        passwords: Passwords,
        clock: Clock,
    ) -> None:
        self._authority, self._checks, self._passwords = authority, checks, passwords
        self._changes, self._store, self._clock = changes, store, clock

    async def change_profile(self, request: ChangeProfile) -> Person:
        """See `StaffApi`."""
        who = await self._own(request.by)

        def decide(person: Person) -> PersonChange | None:
            name = request.name or person.name
            after = next_version(person, name=name, locale=request.locale)
            change = self._change("profile_changed", person, after, who.author)
            return PersonChange(person=after, change=change) if change.after else None

        return await self._changes.change(who.email, decide)

    async def change_password(self, request: ChangePassword) -> SignedIn:
        """See `StaffApi`."""
        who = await self._own(request.by)
        check_password(request.new, who.email)
        await self._checks.check_again(who, request.current)
        password = await self._passwords.hash(request.new)
        opened: list[Opened] = []

        def decide(person: Person) -> PersonChange:
            after = next_version(person)
            opened[:] = [
                Opened(after, request.origin, self._clock(), second_factor=who.second_factor)
            ]
            return PersonChange(
                person=after,
                change=self._change("password_changed", person, after, who.author),
                credentials={"password": password},
                end_sessions=True,
                end_devices=True,
                opening=opened[0].opening,
            )

        await self._changes.change(who.email, decide)
        return opened[0].answer

    async def start_second_factor(self, request: StartSecondFactor) -> SecondFactorSecret:
        """See `StaffApi`."""
        who = await self._own(request.by)
        await self._checks.check_again(who, request.password)
        secret = new_authenticator()
        await self._store.keep_authenticator(who.email, secret.get_secret_value())
        return SecondFactorSecret(secret=secret, uri=authenticator_uri(secret, who.email))

    async def confirm_second_factor(self, request: ConfirmSecondFactor) -> SecondFactorHolds:
        """See `StaffApi`."""
        who = await self._own(request.by)
        secret = await self._store.authenticator(who.email)
        step = None if secret is None else step_of_code(secret, request.code, self._clock())
        if secret is None or step is None:
            raise WrongCode("This is not the code of the authenticator, or it took too long.")
        codes = new_recovery_codes()
        opened: list[Opened] = []

        def decide(person: Person) -> PersonChange:
            after = next_version(person, second_factor=True)
            opened[:] = [Opened(after, request.origin, self._clock(), second_factor=True)]
            return PersonChange(
                person=after,
                change=self._change("second_factor_added", person, after, who.author),
                credentials={"totp": secret, "totp_step": str(step)},
                recovery_codes=_kept(codes),
                end_sessions=True,
                opening=opened[0].opening,
            )

        await self._changes.change(who.email, decide)
        return SecondFactorHolds(recovery_codes=codes, signed_in=opened[0].answer)

    async def renew_recovery_codes(self, request: RenewRecoveryCodes) -> RecoveryCodes:
        """See `StaffApi`."""
        who = await self._own(request.by)
        await self._checks.check_again(who, request.password)
        codes = new_recovery_codes()

        def decide(person: Person) -> PersonChange:
            _must_have_second_factor(person)
            after = next_version(person)
            change = self._change("recovery_codes_renewed", person, after, who.author)
            return PersonChange(person=after, change=change, recovery_codes=_kept(codes))

        await self._changes.change(who.email, decide)
        return RecoveryCodes(recovery_codes=codes)

    async def remove_second_factor(self, request: RemoveSecondFactor) -> Confirmed:
        """See `StaffApi`."""
        who = await self._own(request.by)
        await self._checks.check_again(who, request.password)

        def decide(person: Person) -> PersonChange:
            _must_have_second_factor(person)
            after = next_version(person, second_factor=False)
            change = self._change("second_factor_removed", person, after, who.author)
            return without_second_factor(after, change, kept_session=who.session_id)

        await self._changes.change(who.email, decide)
        return Confirmed()

    async def _own(self, by: Credential) -> Authorised:
        return await self._authority.authorise(by, "account.own")

    def _change(self, action: str, before: Person, after: Person, author: Author) -> Change:
        return person_change(action, before, after, author=author, at=self._clock())


def _must_have_second_factor(person: Person) -> None:
    if not person.second_factor:
        raise NoSecondFactor("You have no second factor.")


def _kept(codes: tuple[SecretStr, ...]) -> tuple[str, ...]:
    return tuple(hashed(folded_recovery_code(code)) for code in codes)
