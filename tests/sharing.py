"""How several processes share the tests: stores on Ray in one of them, everything else by file.

A store on Ray takes both cores while it starts, and 2.5 GB. Two of them at once would be slower
than one after the other, and tests of one would wait for the other.
"""

from __future__ import annotations

from xdist.scheduler import LoadScopeScheduling

_WITH_A_STORE = tuple(
    f"tests/{each}/"
    for each in ("browser", "clients", "cluster", "events", "faults", "fuzz", "integration")
)


class OneStoreAtATime(LoadScopeScheduling):  # type: ignore[misc] # It is not typed.
    """A file's tests run in one process, and all tests of whole stores in the same one."""

    def _split_scope(self, nodeid: str) -> str:
        return "stores" if nodeid.startswith(_WITH_A_STORE) else nodeid.split("::", 1)[0]
