"""The checks of staff's own books: the audit log is whole, and there is an owner."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

from redis.asyncio import Redis

from deployments.foundation.audit.findings import Discrepancy, Findings
from deployments.foundation.audit.inspection import Inspection
from deployments.staff.domain.audit_log import link, times_indexed
from deployments.staff.records import ChainLink, EntryRecord, StaffRecords


class StaffAudit:
    """The checks, over one Redis."""

    def __init__(self, redis: Redis, inspection: Inspection) -> None:
        self._records, self._inspection = StaffRecords(redis), inspection
        self._key = StaffRecords.log_key()

    async def log(self) -> Findings:
        """The chain of the audit log, from the first entry that is kept to the last."""
        return await self._twice(self._chain)

    async def _chain(self) -> Findings:
        chain = await self._records.chain()
        expected, indexed, wrong = chain.tail, 0, list[Discrepancy]()
        async for batch in self._records.entries():
            for entry in batch:
                if entry.number > chain.head.number:
                    break  # It came since the chain's ends were read.
                wrong += self._judge(entry, expected)
                expected = ChainLink(entry.number, entry.hash)
                indexed += times_indexed(entry.change)
        if expected != chain.head:
            what = (
                f"The last entry is number {expected.number}, and {chain.head.number} was written."
            )
            wrong.append(Discrepancy("entries_missing", (self._key,), what))
        if chain.indexed != indexed:
            what = f"The entries are indexed in {chain.indexed} places, and should be in {indexed}."
            wrong.append(Discrepancy("index_differs", (self._key,), what))
        note = f"The audit log ends with entry {chain.head.number}, {chain.head.hash}."
        return Findings({"entries": chain.entries}, tuple(wrong), (note,) if chain.entries else ())

    def _judge(self, entry: EntryRecord, before: ChainLink) -> list[Discrepancy]:
        keys = (self._key, entry.id)
        if entry.number != before.number + 1:
            what = f"Entry {entry.number} follows entry {before.number}."
            return [Discrepancy("entries_missing", keys, what)]
        if entry.hash != link(before.hash, entry.number, entry.change):
            what = f"Entry {entry.number} is not the one that was written, or does not belong here."
            return [Discrepancy("entry_altered", keys, what)]
        return []

    async def owners(self) -> Findings:
        """Those who count as owners with the people who are."""
        return await self._twice(self._owners)

    async def _owners(self) -> Findings:
        people, counted = await self._records.people(), await self._records.owners()
        owners = {one.email for one in people if one.state == "active" and "owner" in one.roles}
        wrong = [
            Discrepancy("owner_differs", (email,), "He counts as an owner and is none, or is one.")
            for email in sorted(owners ^ counted)
        ]
        return Findings({"people": len(people)}, tuple(wrong))

    async def _twice(self, look: Callable[[], Awaitable[Findings]]) -> Findings:
        """What is wrong, and still is a moment later."""
        first = await look()
        if not first.discrepancies:
            return first
        await self._inspection.pause()
        second = await look()
        still = tuple(one for one in second.discrepancies if one in first.discrepancies)
        return Findings(second.checked, still, second.notes)
