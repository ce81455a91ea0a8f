"""The second factor: the codes of an authenticator (TOTP, RFC 6238), and recovery codes."""

from __future__ import annotations

import hmac
import secrets
from datetime import datetime

import pyotp
from pydantic import SecretStr

ISSUER = "Fieldhouse"
RECOVERY_CODES = 10
_STEP_SECONDS, _STEPS_ASIDE = 30, 1
_LETTERS = "abcdefghijkmnpqrstuvwxyz23456789"
_GROUPS, _GROUP = 4, 4


def new_authenticator() -> SecretStr:
    """A secret for an authenticator: 160 random bits, as it is typed."""
    return SecretStr(pyotp.random_base32())


def authenticator_uri(secret: SecretStr, email: str) -> SecretStr:
    """The same as a URI that an authenticator reads from a picture."""
    totp = pyotp.TOTP(secret.get_secret_value())
    return SecretStr(totp.provisioning_uri(name=email, issuer_name=ISSUER))


def step_of_code(secret: str, code: SecretStr, now: datetime) -> int | None:
    """Which half minute a code belongs to; none if it is not of about now.

    A code is good for its step alone, once: whoever takes it has to refuse it, and every one of an
    earlier step, from then on.
    """
    typed = "".join(code.get_secret_value().split())
    totp, current = pyotp.TOTP(secret), int(now.timestamp()) // _STEP_SECONDS
    steps = range(current - _STEPS_ASIDE, current + _STEPS_ASIDE + 1)
    matching = [step for step in steps if _same(totp.generate_otp(step), typed)]
    return matching[-1] if matching else None


def _same(code: str, typed: str) -> bool:
    return hmac.compare_digest(code.encode(), typed.encode(errors="replace"))


def new_recovery_codes() -> tuple[SecretStr, ...]:
    """Codes of 80 random bits, of letters that are not mistaken for each other."""
    return tuple(SecretStr(_recovery_code()) for _ in range(RECOVERY_CODES))


def _recovery_code() -> str:
    groups = ("".join(secrets.choice(_LETTERS) for _ in range(_GROUP)) for _ in range(_GROUPS))
    return "-".join(groups)


def folded_recovery_code(code: SecretStr) -> SecretStr:
    """A recovery code as it is kept, however it was typed."""
    letters = "".join(one for one in code.get_secret_value().lower() if one.isalnum())
    groups = (letters[start : start + _GROUP] for start in range(0, len(letters), _GROUP))
    return SecretStr("-".join(groups))
