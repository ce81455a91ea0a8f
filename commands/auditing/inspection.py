"""Looking at many records, and twice at those that look wrong."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, Sequence

from commands.auditing.books import Books
from commands.auditing.findings import Discrepancy

Suspects = dict[str, list[Discrepancy]]
"""What is wrong with each of some records, by their ids; those that are in order are left out."""
Examine = Callable[[Sequence[str]], Awaitable[Suspects]]


def suspects(judged: Iterable[tuple[str, Iterable[Discrepancy]]]) -> Suspects:
    """The records about which there is something to say."""
    found = ((id_, list(wrong)) for id_, wrong in judged)
    return {id_: wrong for id_, wrong in found if wrong}


async def inspect(
    batches: AsyncIterator[list[str]], examine: Examine, books: Books
) -> tuple[int, list[Discrepancy]]:
    """How many records there are, and what is wrong with them when it is looked at again too."""
    count, wrong = 0, list[Discrepancy]()
    async for batch in batches:
        count += len(batch)
        wrong += await confirmed(batch, examine, books)
    return count, wrong


async def confirmed(ids: Sequence[str], examine: Examine, books: Books) -> list[Discrepancy]:
    """What is wrong with these, and still is a moment later."""
    first = await examine(ids) if ids else {}
    if not first:
        return []
    await books.pause()
    second = await examine(list(first))
    return [one for id_, found in second.items() for one in found if one in first[id_]]
