"""A hasher that a test holds up."""

from __future__ import annotations

import threading
from typing import Literal

from argon2 import PasswordHasher


class SlowHasher(PasswordHasher):
    """Takes until it is let go, and knows how many were at it at once."""

    def __init__(self) -> None:
        super().__init__(time_cost=1, memory_cost=8, parallelism=1)
        self.go = threading.Event()
        self._lock = threading.Lock()
        self.inside = self.most = 0

    def verify(self, hash: str | bytes, password: str | bytes) -> Literal[True]:  # noqa: A002
        with self._lock:
            self.inside += 1
            self.most = max(self.most, self.inside)
        self.go.wait()
        with self._lock:
            self.inside -= 1
        return super().verify(hash, password)
