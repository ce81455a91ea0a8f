"""The cookies of the back office, and the tokens that are bound to them.

| cookie | holds | until |
| --- | --- | --- |
| `session` | the token of a session of staff's | the session ends |
| `challenge` | that the password was right: what the second factor answers | a few minutes |
| `device` | that somebody has signed in from this browser before | a year |
| `visit` | random: what the forms before sign-in are bound to | the browser ends |
| `flash` | what the next page says once, signed | that page |
| `language` | the language that the reader chose | a year |

Under https their names begin with `__Host-`: a browser takes such a cookie from this host alone,
over TLS, for all its paths. No script reads any of them.
"""

from __future__ import annotations

import hashlib
import hmac
import secrets
from base64 import urlsafe_b64decode, urlsafe_b64encode
from typing import Literal

from pydantic import ValidationError
from starlette.requests import Request
from starlette.responses import Response

from deployments.foundation.values.message import Message
from deployments.foundation.values.settings import settings

Name = Literal["session", "challenge", "device", "visit", "flash", "language"]
YEAR_SECONDS = 365 * 24 * 3600
_LONGEST = 512
_LONGEST_FLASH = 600


class Flash(Message):
    """What a page says once about what was done before."""

    kind: Literal["done", "failed"] = "done"
    text: str


def is_https() -> bool:
    """Whether clients reach the store over TLS."""
    return settings().public_url.startswith("https://")


def _full(name: Name) -> str:
    return f"__Host-fieldhouse-{name}" if is_https() else f"fieldhouse-{name}"


def read(request: Request, name: Name) -> str | None:
    """A cookie's value; none where it is absent, or longer than any that was set."""
    value = request.cookies.get(_full(name))
    return value if value and len(value) <= _LONGEST * 4 else None


def keep(response: Response, name: Name, value: str, *, seconds: int | None = None) -> None:
    """Have the browser keep a value for so long, or until it ends."""
    response.set_cookie(
        _full(name),
        value,
        max_age=seconds,
        path="/",
        secure=is_https(),
        httponly=True,
        # Lax: who follows a link from a mail is signed in. Nothing but a form's POST changes
        # anything, and such a POST from elsewhere carries no cookie.
        samesite="lax",
    )


def keep_language(response: Response, code: str) -> None:
    """Remember the reader's choice."""
    keep(response, "language", code, seconds=YEAR_SECONDS)


def drop(response: Response, name: Name) -> None:
    """Have the browser forget a cookie."""
    response.delete_cookie(_full(name), path="/", secure=is_https(), httponly=True, samesite="lax")


def new_visit() -> str:
    """A value that nobody can guess, for the forms of whoever has not signed in."""
    return secrets.token_urlsafe(32)


def csrf_token(bound_to: str) -> str:
    """The token of every form of a session, or of a visit: only its cookie's holder knows it."""
    return _sign(bound_to, "form", b"")


def is_csrf_token(token: str, bound_to: str) -> bool:
    """Whether a form that brings this token was made for this session or visit."""
    return hmac.compare_digest(token.encode(), csrf_token(bound_to).encode())


def keep_flash(response: Response, flash: Flash, bound_to: str) -> None:
    """Have the next page say this once."""
    told = Flash(kind=flash.kind, text=flash.text[:_LONGEST_FLASH]).model_dump_json().encode()
    keep(response, "flash", f"{urlsafe_b64encode(told).decode()}.{_sign(bound_to, 'flash', told)}")


def read_flash(request: Request, bound_to: str) -> Flash | None:
    """What was to be said; none if nothing was, or if it was not said to this session."""
    told, _, signature = (read(request, "flash") or "").rpartition(".")
    try:
        text = urlsafe_b64decode(told)
        signed = hmac.compare_digest(signature, _sign(bound_to, "flash", text))
        return Flash.model_validate_json(text) if signed else None
    except (ValueError, ValidationError, TypeError):
        return None


def _sign(key: str, purpose: str, text: bytes) -> str:
    return hmac.new(key.encode(), purpose.encode() + b"\n" + text, hashlib.sha256).hexdigest()
