"""A client's request under its idempotency key, as services pass it to the script that takes
effect.

UCP (checkout and cart REST bindings, "Idempotency-Key"): the result is kept for 24 hours, the
same key and content give it again, and the key with other content is a conflict.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import ClassVar

from deployments.foundation.rpc.rejection import Rejection
from deployments.foundation.values.message import Message


class RequestKey(Message):
    """Who asked for what under which key; `fingerprint` is empty when no key was sent."""

    name: str = "none"
    fingerprint: str = ""


def request_key(
    platform: str, key: str | None, operation: str, path: str, body: bytes
) -> RequestKey:
    """The name of the request's record, and the fingerprint of what it asks for.

    A platform may use one key for different operations: each has a record of its own.
    """
    if key is None:
        return RequestKey()
    name = hashlib.sha256(f"{platform}\n{operation}\n{key}".encode()).hexdigest()
    content = b"\n".join([path.encode(), body])
    return RequestKey(name=name, fingerprint=hashlib.sha256(content).hexdigest())


@dataclass(eq=False)
class KeyReused(Rejection):
    """The idempotency key came before with other content (409)."""

    code: ClassVar[str] = "request.idempotency_key_reused"


@dataclass(eq=False)
class StillRunning(Rejection):
    """The first request under this idempotency key is still being worked on (409)."""

    code: ClassVar[str] = "request.in_progress"
    public_code: ClassVar[str] = "request_in_progress"


@dataclass(eq=False)
class StaleVersion(Rejection):
    """`If-Match` names a version that is no longer the current one (412)."""

    code: ClassVar[str] = "request.stale_version"


def key_reused() -> KeyReused:
    """The rejection with its sentence."""
    return KeyReused("This Idempotency-Key was used for a different request. Send a new key.")


def still_running() -> StillRunning:
    """The rejection with its sentence."""
    return StillRunning("The first request under this Idempotency-Key is running. Repeat it later.")


def stale_version(current: int) -> StaleVersion:
    """The rejection with its sentence."""
    return StaleVersion(f"The current version is {current}. Get it, and send your change again.")
