"""How a batch's items are asked about, one at a time and at a pace, and what becomes of them."""

from __future__ import annotations

import logging
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field, fields
from typing import TypeVar

from deployments.backoffice.formats.items import (
    CodeItem,
    ImportItem,
    ProductItem,
    RefusedRow,
    RowRefusedError,
)
from deployments.backoffice.imports.pace import Pace
from deployments.foundation.rpc.calls import DependencyUnavailable
from deployments.foundation.rpc.rejection import Rejection

TRIES_AGAIN_SECONDS = 2.0
_ASKED_AGAIN = 10
T = TypeVar("T")
Asked = Callable[[], Awaitable[T]]
_log = logging.getLogger(__name__)


@dataclass
class BatchTally:
    """What becomes of a batch, until it is noted."""

    prefix: str
    counts: dict[str, int] = field(default_factory=dict)
    refused: list[RefusedRow] = field(default_factory=list)

    def count(self, outcome: str) -> None:
        """One more of these."""
        name = f"{self.prefix}:{outcome}"
        self.counts[name] = self.counts.get(name, 0) + 1

    def refuse(self, row: RefusedRow) -> None:
        """Nothing is done about this row."""
        self.count("refused")
        self.refused.append(row)


async def or_refused(item: ImportItem, tally: BatchTally, pace: Pace, ask: Asked[T]) -> T | None:
    """What is answered; none, and a refused row, where the answer is a no."""
    pace.begin()
    try:
        answer = await _answered(ask, pace)
    except RowRefusedError as no:
        row = RefusedRow(row=item.row, subject=_subject(item), message=no.message, values=no.values)
    except Rejection as no:
        told = {one.name: getattr(no, one.name) for one in fields(no)}
        values = {name: one for name, one in told.items() if isinstance(one, (str, int))}
        row = RefusedRow(
            row=item.row,
            subject=_subject(item),
            message=no.code,
            values=values,
            sentence=no.sentence[:1000],
        )
    else:
        await pace.rest()
        return answer
    await pace.rest()
    tally.refuse(row)
    return None


async def _answered(ask: Asked[T], pace: Pace) -> T:
    """What is answered, also by a service that is away for a moment: an item may be asked about
    again, and beginning anew with the file would cost more."""
    for _ in range(_ASKED_AGAIN):
        try:
            return await ask()
        except DependencyUnavailable as away:
            _log.warning("an import waits: %s", away)
            await pace.wait(TRIES_AGAIN_SECONDS)
    return await ask()


def _subject(item: ImportItem) -> str:
    if isinstance(item, ProductItem):
        return item.id
    return item.code if isinstance(item, CodeItem) else item.sku
