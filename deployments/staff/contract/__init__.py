"""What staff shows the other services: who is asking, whether that may be done, and who did what.

Each file beside this one has the messages and rejections of one concept.
"""

from __future__ import annotations

from typing import Protocol

from deployments.foundation.rpc.contracts import repeatable
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


class StaffApi(Protocol):
    """Staff's contract.

    What takes `by` rejects with `NotSignedIn`, and with `NotPermitted` where the role of whoever
    asks does not allow it. What checks a password rejects with `TooManyAttempts` and `SignInsBusy`.
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

        Rejects with `WrongCredentials`.
        """
        ...

    async def answer_challenge(self, request: AnswerChallenge) -> SignedIn:
        """A session for whoever has the second factor, too. Rejects with `WrongCredentials` if the
        code is wrong or was used, or the challenge is over."""
        ...

    @repeatable
    async def sign_out(self, request: SignOut) -> Confirmed:
        """End a session, if there is such a one."""
        ...

    @repeatable
    async def sessions(self, request: ListSessions) -> Sessions:
        """One's own sessions. Needs `account.own`."""
        ...

    @repeatable
    async def end_sessions(self, request: EndSessions) -> Confirmed:
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

        Rejects with `LinkInvalid`, `OwnerExists`, `WeakPassword` and `NotAnEmail`.
        """
        ...

    # One's own account: each needs `account.own`

    async def change_profile(self, request: ChangeProfile) -> Person:
        """Another name or language."""
        ...

    async def change_password(self, request: ChangePassword) -> SignedIn:
        """A new password and a new session; all sessions before end.

        Rejects with `WrongCredentials` and `WeakPassword`.
        """
        ...

    async def start_second_factor(self, request: StartSecondFactor) -> SecondFactorSecret:
        """A secret for an authenticator, in place of one that was not confirmed.

        Rejects with `WrongCredentials`.
        """
        ...

    async def confirm_second_factor(self, request: ConfirmSecondFactor) -> SecondFactorHolds:
        """Ask for the second factor from now on. Rejects with `WrongCode`."""
        ...

    async def renew_recovery_codes(self, request: RenewRecoveryCodes) -> RecoveryCodes:
        """New recovery codes. Rejects with `WrongCredentials` and `NoSecondFactor`."""
        ...

    async def remove_second_factor(self, request: RemoveSecondFactor) -> Confirmed:
        """Do without the second factor. Rejects with `WrongCredentials` and `NoSecondFactor`."""
        ...

    # People: looking needs `staff.read`, changing `staff.change`

    @repeatable
    async def people(self, request: ListPeople) -> People:
        """Everybody who runs the shop."""
        ...

    @repeatable
    async def person(self, request: GetPerson) -> Person:
        """One of them. Rejects with `PersonNotFound`."""
        ...

    async def invite(self, request: InvitePerson) -> PersonLink:
        """Somebody new, and the link to be given to him.

        Rejects with `NotAnEmail`, `PersonKnown` and `TooManyPeople`.
        """
        ...

    async def make_link(self, request: ActOnPerson) -> PersonLink:
        """A new link in place of any before: for an invited person to come in, for an active one
        to set another password. Rejects with `PersonNotFound` and `PersonDisabled`."""
        ...

    async def change_person(self, request: ChangePerson) -> Person:
        """Other values; new roles end the person's sessions, so that he signs in with them.

        Rejects with `PersonNotFound`, `PersonChanged` and `LastOwner`.
        """
        ...

    @repeatable
    async def disable(self, request: ActOnPerson) -> Person:
        """End a person's sessions, tokens and links, and let him in no more.

        Rejects with `PersonNotFound` and `LastOwner`.
        """
        ...

    async def enable(self, request: ActOnPerson) -> PersonLink:
        """Invite a disabled person again: he comes in with a new password.

        Rejects with `PersonNotFound` and `PersonNotDisabled`.
        """
        ...

    @repeatable
    async def forget_second_factor(self, request: ActOnPerson) -> Person:
        """Let a person in without the second factor that he has lost, and end his sessions.

        Rejects with `PersonNotFound`.
        """
        ...

    @repeatable
    async def end_sessions_of(self, request: ActOnPerson) -> Confirmed:
        """End all sessions of a person. Rejects with `PersonNotFound`."""
        ...

    # API tokens: one's own need `account.own`

    async def create_token(self, request: CreateToken) -> NewToken:
        """A new token. Rejects with `ScopeRefused` and `TooManyTokens`."""
        ...

    @repeatable
    async def tokens(self, request: ListTokens) -> Tokens:
        """A person's tokens. Rejects with `PersonNotFound`."""
        ...

    @repeatable
    async def revoke_token(self, request: RevokeToken) -> Confirmed:
        """End a token. Rejects with `TokenNotFound`."""
        ...

    # The audit log: looking needs `audit.read`, taking it away `audit.export`

    @repeatable
    async def search_audit(self, request: SearchAudit) -> AuditPage:
        """A page of entries, the newest first."""
        ...

    async def export_audit(self, request: ExportAudit) -> AuditExport:
        """A part of the entries as CSV, the newest first; an export is in the audit log itself.

        Text that a spreadsheet would take for a formula begins with an apostrophe.
        """
        ...

    @repeatable
    async def record_export(self, request: RecordExport) -> Confirmed:
        """Write down that somebody takes something away, before the first row and after the last;
        whoever tells has asked `authorise` before."""
        ...
