"""Password hashes by argon2id, off the event loop, a bounded number of them at once."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError
from pydantic import SecretStr

from deployments.staff.contract.sign_in import SignInsBusy

HASHER = PasswordHasher(time_cost=2, memory_cost=19_456, parallelism=1)
"""19 MiB for each password that is being checked."""
MOST_WAITING = 16
"""How many passwords may wait in each queue."""
Answer = TypeVar("Answer")


class _Worker:
    """One password after another in a thread of its own, and a bounded queue before it."""

    def __init__(self, name: str) -> None:
        self._thread = ThreadPoolExecutor(1, thread_name_prefix=name)
        self._inside = 0

    async def run(self, work: Callable[[], Answer]) -> Answer:
        if self._inside > MOST_WAITING:
            raise SignInsBusy("Many people sign in just now. Try again in a few seconds.")
        self._inside += 1
        # Whoever leaves meanwhile still occupies the thread until its work is done.
        done = asyncio.get_running_loop().run_in_executor(self._thread, work)
        done.add_done_callback(self._left)
        return await asyncio.shield(done)

    def _left(self, _done: asyncio.Future[Answer]) -> None:
        self._inside -= 1

    def close(self) -> None:
        self._thread.shutdown(wait=False, cancel_futures=True)


class Passwords:
    """Checks and hashes passwords, in two queues: what strangers try does not keep those waiting
    who sign in from a known device. So a process has two hashes in memory at most."""

    def __init__(self, hasher: PasswordHasher = HASHER) -> None:
        self._hasher = hasher
        self._strangers, self._known = _Worker("strangers"), _Worker("known")
        self._nobody: str | None = None

    async def verify(self, kept: str | None, password: SecretStr, *, known: bool) -> bool:
        """Whether it is the password of this hash. None is nobody's, and takes as long.

        Rejects with `SignInsBusy`, as `hash` does.
        """
        queue = self._known if known else self._strangers
        return await queue.run(lambda: self._verify(kept, password))

    def _verify(self, kept: str | None, password: SecretStr) -> bool:
        try:
            self._hasher.verify(kept or self._hash_of_nobody(), _bytes(password))
        except (VerificationError, InvalidHashError):
            return False
        return kept is not None

    def _hash_of_nobody(self) -> str:
        if self._nobody is None:
            self._nobody = self._hasher.hash("nobody")
        return self._nobody

    async def hash(self, password: SecretStr) -> str:
        """What is kept of a password."""
        return await self._known.run(lambda: self._hasher.hash(_bytes(password)))

    def is_outdated(self, kept: str) -> bool:
        """Whether a hash was made with less effort than hashes are made with now."""
        return self._hasher.check_needs_rehash(kept)

    def close(self) -> None:
        """End the threads when they have done what they are at."""
        self._strangers.close()
        self._known.close()


def _bytes(password: SecretStr) -> bytes:
    return password.get_secret_value().encode(errors="surrogatepass")
