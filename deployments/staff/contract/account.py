"""What everybody looks after for himself: name, password and second factor."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from deployments.foundation.rpc.rejection import Rejection
from deployments.foundation.values.message import Message
from deployments.foundation.values.text import Text
from deployments.staff.contract.credentials import Credential, Locale, Origin, Password, Secret
from deployments.staff.contract.sign_in import SignedIn


class ChangeProfile(Message):
    """One's own name and language."""

    by: Credential
    name: Text
    locale: Locale


class ChangePassword(Message):
    """A new password, by whoever knows the present one."""

    by: Credential
    current: Password
    new: Password
    origin: Origin = Origin()


class StartSecondFactor(Message):
    """Asks for a secret to put into an authenticator. It holds when a code has confirmed it."""

    by: Credential
    password: Password


class SecondFactorSecret(Message):
    """For an authenticator: as text, and as a URI (`otpauth://`) to be shown as a picture."""

    secret: Secret
    uri: Secret


class ConfirmSecondFactor(Message):
    """A code of the authenticator, which shows that it has the secret."""

    by: Credential
    code: Secret
    origin: Origin = Origin()


class SecondFactorHolds(Message):
    """The second factor is asked for from now on: by a code, or by one of these, each once.

    They are shown this once. The session that asked is replaced; all others have ended.
    """

    recovery_codes: tuple[Secret, ...]
    signed_in: SignedIn


class RenewRecoveryCodes(Message):
    """Asks for new recovery codes in place of all before."""

    by: Credential
    password: Password


class RecoveryCodes(Message):
    """Codes that stand for the second factor, each once; they are shown this once."""

    recovery_codes: tuple[Secret, ...]


class RemoveSecondFactor(Message):
    """Does without a second factor from now on."""

    by: Credential
    password: Password


@dataclass(eq=False)
class WrongCode(Rejection):
    """The code is not the authenticator's, or it has not been started (422)."""

    code: ClassVar[str] = "staff.wrong_code"


@dataclass(eq=False)
class NoSecondFactor(Rejection):
    """The person has no second factor (409)."""

    code: ClassVar[str] = "staff.no_second_factor"
