"""Events with who consumes them: what waits, and what waits for an operator.

An event without its effect is no discrepancy: nothing is lost, it is only late, or an operator has
to replay it. That is said, and the books may be straight all the same. An effect that is missing
without such an event is found by the checks of what should have followed.
"""

from __future__ import annotations

from commands.auditing.books import Books
from commands.auditing.findings import Findings
from deployments.foundation.events.dead_letters import DeadLetters
from deployments.foundation.events.lag import LagMeter
from deployments.foundation.redis.users import SUBSCRIPTIONS


async def check(books: Books) -> Findings:
    """Every subscriber."""
    waiting, letters = 0, dict[str, int]()
    for name, publishers in SUBSCRIPTIONS.items():
        own, theirs = books.redis_of(name), {each: books.redis_of(each) for each in publishers}
        waiting += sum(lag.waiting for lag in await LagMeter(name, own, theirs).measure())
        letters[name] = await DeadLetters(name, own).count()
    counts = {"subscribers": len(letters), "events waiting": waiting}
    notes = [_note(name, count) for name, count in letters.items() if count]
    return Findings(counts | {"dead letters": sum(letters.values())}, (), tuple(notes))


def _note(subscriber: str, letters: int) -> str:
    wait = "1 dead letter waits" if letters == 1 else f"{letters} dead letters wait"
    return f"{subscriber}: {wait} for an operator; see `make dead-letters`."
