"""Staff's service: one method for each of the contract's, and for each event."""

from __future__ import annotations

from typing import NamedTuple

from deployments.foundation.values.authorship import Change
from deployments.foundation.values.clock import Clock
from deployments.foundation.values.meter import UNMEASURED, Meter
from deployments.staff.account import Account
from deployments.staff.audit_search import AuditSearch
from deployments.staff.audit_store import AuditStore
from deployments.staff.authority import Authority
from deployments.staff.contract.account import (
    ChangePassword,
    ChangeProfile,
    ConfirmSecondFactor,
    RecoveryCodes,
    RemoveSecondFactor,
    RenewRecoveryCodes,
    SecondFactorHolds,
    SecondFactorSecret,
    StartSecondFactor,
)
from deployments.staff.contract.audit_log import (
    AuditExport,
    AuditPage,
    ExportAudit,
    RecordExport,
    SearchAudit,
)
from deployments.staff.contract.credentials import Authorise, Authorised
from deployments.staff.contract.people import (
    ActOnPerson,
    ChangePerson,
    GetPerson,
    InvitePerson,
    ListPeople,
    People,
    Person,
    PersonLink,
)
from deployments.staff.contract.permissions import ListRoles, RoleTable
from deployments.staff.contract.sign_in import (
    AcceptLink,
    AnswerChallenge,
    Confirmed,
    EndSessions,
    Link,
    ListSessions,
    LookUpLink,
    Sessions,
    SignedIn,
    SignIn,
    SignInStep,
    SignOut,
)
from deployments.staff.contract.tokens import (
    CreateToken,
    ListTokens,
    NewToken,
    RevokeToken,
    Tokens,
)
from deployments.staff.domain.permissions import role_table
from deployments.staff.links import Links
from deployments.staff.metrics import SignInMetrics
from deployments.staff.own_sessions import OwnSessions
from deployments.staff.password_checks import PasswordChecks
from deployments.staff.passwords import Passwords
from deployments.staff.people import Colleagues
from deployments.staff.person_changes import PersonChanges
from deployments.staff.session_store import SessionStore
from deployments.staff.signing_in import SigningIn
from deployments.staff.store import StaffStore
from deployments.staff.token_store import TokenStore
from deployments.staff.tokens import ApiTokens


class Stores(NamedTuple):
    """All that staff keeps."""

    people: StaffStore
    sessions: SessionStore
    tokens: TokenStore
    audit_log: AuditStore


class StaffService:
    """Implements `StaffApi`. To authorise somebody takes one round trip."""

    def __init__(
        self, stores: Stores, passwords: Passwords, clock: Clock, meter: Meter = UNMEASURED
    ) -> None:
        store, sessions, tokens, audit_log = stores
        authority = Authority(sessions, tokens, clock)
        checks = PasswordChecks(sessions, passwords, clock)
        changes = PersonChanges(store, clock)
        self._authority, self._log = authority, audit_log
        self._metrics = SignInMetrics(meter)
        self._signing_in = SigningIn(sessions, checks, clock)
        self._own_sessions = OwnSessions(authority, sessions, clock)
        self._links = Links(store, passwords, clock)
        self._account = Account(authority, checks, changes, store, passwords=passwords, clock=clock)
        self._colleagues = Colleagues(authority, changes, store, sessions, clock)
        self._tokens = ApiTokens(authority, changes, tokens, clock)
        self._search = AuditSearch(authority, audit_log, clock)

    async def authorise(self, request: Authorise) -> Authorised:
        """See `StaffApi`."""
        return await self._authority.authorise(request.by, request.permission)

    async def roles(self, request: ListRoles) -> RoleTable:  # noqa: ARG002 - it asks for all.
        """See `StaffApi`."""
        return role_table()

    # Signing in

    async def sign_in(self, request: SignIn) -> SignInStep:
        """See `StaffApi`."""
        with self._metrics.attempt():
            return await self._signing_in.sign_in(request)

    async def answer_challenge(self, request: AnswerChallenge) -> SignedIn:
        """See `StaffApi`."""
        with self._metrics.attempt():
            return await self._signing_in.answer(request)

    async def sign_out(self, request: SignOut) -> Confirmed:
        """See `StaffApi`."""
        return await self._own_sessions.sign_out(request)

    async def sessions(self, request: ListSessions) -> Sessions:
        """See `StaffApi`."""
        return await self._own_sessions.list(request)

    async def end_sessions(self, request: EndSessions) -> Confirmed:
        """See `StaffApi`."""
        return await self._own_sessions.end(request)

    # One-time links

    async def look_up_link(self, request: LookUpLink) -> Link:
        """See `StaffApi`."""
        return await self._links.look_up(request)

    async def accept_link(self, request: AcceptLink) -> SignInStep:
        """See `StaffApi`."""
        return await self._links.accept(request)

    # One's own account

    async def change_profile(self, request: ChangeProfile) -> Person:
        """See `StaffApi`."""
        return await self._account.change_profile(request)

    async def change_password(self, request: ChangePassword) -> SignedIn:
        """See `StaffApi`."""
        return await self._account.change_password(request)

    async def start_second_factor(self, request: StartSecondFactor) -> SecondFactorSecret:
        """See `StaffApi`."""
        return await self._account.start_second_factor(request)

    async def confirm_second_factor(self, request: ConfirmSecondFactor) -> SecondFactorHolds:
        """See `StaffApi`."""
        return await self._account.confirm_second_factor(request)

    async def renew_recovery_codes(self, request: RenewRecoveryCodes) -> RecoveryCodes:
        """See `StaffApi`."""
        return await self._account.renew_recovery_codes(request)

    async def remove_second_factor(self, request: RemoveSecondFactor) -> Confirmed:
        """See `StaffApi`."""
        return await self._account.remove_second_factor(request)

    # People

    async def people(self, request: ListPeople) -> People:
        """See `StaffApi`."""
        return await self._colleagues.people(request)

    async def person(self, request: GetPerson) -> Person:
        """See `StaffApi`."""
        return await self._colleagues.person(request)

    async def invite(self, request: InvitePerson) -> PersonLink:
        """See `StaffApi`."""
        return await self._colleagues.invite(request)

    async def make_link(self, request: ActOnPerson) -> PersonLink:
        """See `StaffApi`."""
        return await self._colleagues.make_link(request)

    async def change_person(self, request: ChangePerson) -> Person:
        """See `StaffApi`."""
        return await self._colleagues.change(request)

    async def disable(self, request: ActOnPerson) -> Person:
        """See `StaffApi`."""
        return await self._colleagues.disable(request)

    async def enable(self, request: ActOnPerson) -> PersonLink:
        """See `StaffApi`."""
        return await self._colleagues.enable(request)

    async def forget_second_factor(self, request: ActOnPerson) -> Person:
        """See `StaffApi`."""
        return await self._colleagues.forget_second_factor(request)

    async def end_sessions_of(self, request: ActOnPerson) -> Confirmed:
        """See `StaffApi`."""
        return await self._colleagues.end_sessions_of(request)

    # API tokens

    async def create_token(self, request: CreateToken) -> NewToken:
        """See `StaffApi`."""
        return await self._tokens.create(request)

    async def tokens(self, request: ListTokens) -> Tokens:
        """See `StaffApi`."""
        return await self._tokens.list(request)

    async def revoke_token(self, request: RevokeToken) -> Confirmed:
        """See `StaffApi`."""
        return await self._tokens.revoke(request)

    # The audit log

    async def search_audit(self, request: SearchAudit) -> AuditPage:
        """See `StaffApi`."""
        return await self._search.search(request)

    async def export_audit(self, request: ExportAudit) -> AuditExport:
        """See `StaffApi`."""
        return await self._search.export(request)

    async def record_export(self, request: RecordExport) -> Confirmed:
        """See `StaffApi`."""
        return await self._search.record(request)

    async def changed(self, event_id: str, change: Change) -> None:
        """An event tells of a change by staff in another service: append it once."""
        await self._log.record(change, event_id)
