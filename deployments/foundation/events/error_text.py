"""What an operator may read of an error: enough to find the cause, no secret, no address."""

from __future__ import annotations

import re
import traceback

_LONGEST = 500
_SECRETS = (
    (re.compile(r"(\w+://)[^\s/@]+@"), r"\1…@"),
    (re.compile(r"(?i)\b(bearer|basic)\s+[\w.~+/=-]+"), r"\1 …"),
    (
        re.compile(
            r"(?i)([\w-]*(?:authorization|password|passwd|secret|token|api[-_]?key|credential|cookie)"
            r"[\"']?\s*[:=]\s*[\"']?)[^\s\"',;&}]+"
        ),
        r"\1…",
    ),
    (re.compile(r"""(?:"[^"\n]{0,64}"|[\w.!#$%&'*+/=?^`{|}~-]{1,64})@[\w.-]+"""), "…@…"),
)


def error_text(error: BaseException) -> str:
    """The error's class, its message without what looks like a secret, and where it was raised."""
    message = _harmless(str(error))
    if len(message) > _LONGEST:
        message = message[:_LONGEST] + "…"
    frames = traceback.extract_tb(error.__traceback__)
    where = f" ({_place(frames[-1].filename)}:{frames[-1].lineno})" if frames else ""
    return f"{type(error).__name__}: {message}{where}" if message else type(error).__name__ + where


def traceback_text(error: BaseException) -> str:
    """The whole traceback, without what looks like a secret."""
    return _harmless("".join(traceback.format_exception(error)))


def _harmless(text: str) -> str:
    text = text.encode(errors="backslashreplace").decode()  # Redis and logs take text only.
    for pattern, shown in _SECRETS:
        text = pattern.sub(shown, text)
    return text


def _place(filename: str) -> str:
    """The end of a path, which is the same on every machine."""
    return "/".join(filename.rsplit("/", 2)[-2:])
