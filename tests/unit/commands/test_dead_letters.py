"""An operator lists, reads, replays and drops dead letters."""

from __future__ import annotations

import io
import time
from pathlib import Path

import pytest
from redis.asyncio import Redis
from rich.console import Console

from commands import lag
from commands.page import ConsolePage
from deployments.foundation.events.dead_letters import DeadLetters
from tests.command_line import fieldhouse, typed
from tests.conftest import ClientOf

SUBSCRIBER, OTHER = "notifications", "carts"
NOW_MS = round(time.time() * 1000)


class Operator:
    """Types commands and reads what they print."""

    async def __call__(self, *words: str) -> tuple[int, str]:
        ended = await typed("dead-letters", *words)
        return ended.status, ended.out


@pytest.fixture
def operator(monkeypatch: pytest.MonkeyPatch, admin: Redis, valkey_socket: Path) -> Operator:
    monkeypatch.setenv("REDIS_URL", f"unix://{valkey_socket}")
    return Operator()


async def letter(redis: Redis, service: str, id_: str = "*", event: str = "") -> str:
    fields = {
        "publisher": "carts",
        "partition": "3",
        "entry": "1764000000000-0",
        "event": event or '{"type": "org.fieldhouse.carts.line_added.v1", "subject": "cart_1"}',
        "error": "ValueError: no",
        "attempts": "12",
        "failed_at": "1764000500000",
    }
    return str(await redis.xadd(f"{{{service}}}:dead-letters", fields, id=id_))  # type: ignore[arg-type]


@pytest.fixture
async def ids(admin: Redis) -> list[str]:
    """Two letters of one subscriber and one of another."""
    return [
        await letter(admin, SUBSCRIBER, id_=f"{NOW_MS}-0"),
        await letter(admin, SUBSCRIBER, id_=f"{NOW_MS}-1"),
        await letter(admin, OTHER, id_=f"{NOW_MS + 1}-0"),
    ]


async def test_letters_are_listed_with_what_an_operator_needs(
    operator: Operator, ids: list[str]
) -> None:
    status, shown = await operator("list")
    assert status == 0
    assert all(id_ in shown for id_ in ids)
    for word in ("carts.line_added.v1", "cart_1", "12", "2025-11-24 16:08:20", "ValueError: no"):
        assert word in shown
    _, shown = await operator("list", "--service", OTHER)
    assert ids[2] in shown
    assert ids[0] not in shown
    _, shown = await operator("list", "--limit", "1", "--service", SUBSCRIBER)
    assert "notifications has 2 dead letters of events" in shown
    assert ids[1] not in shown


async def test_no_letters_are_said_to_be_none(operator: Operator) -> None:
    assert await operator("list") == (0, "   There are no dead letters.\n")


async def test_a_letter_is_shown_whole(operator: Operator, ids: list[str]) -> None:
    status, shown = await operator("show", ids[0])
    assert status == 0
    assert '"subject": "cart_1"' in shown
    assert "partition 3, entry 1764000000000-0" in shown


@pytest.mark.parametrize("event", ["{", "[]", '"text"', "{}"])
async def test_what_is_no_event_is_shown_too(operator: Operator, admin: Redis, event: str) -> None:
    id_ = await letter(admin, SUBSCRIBER, event=event)
    for words in (["list"], ["show", id_]):
        status, shown = await operator(*words)
        assert status == 0
        assert id_ in shown


async def test_replaying_marks_letters_and_keeps_them(
    operator: Operator, ids: list[str], redis_of: ClientOf
) -> None:
    status, shown = await operator("replay", ids[0], ids[2])
    assert status == 0
    assert f"{ids[2]} will be delivered to carts again" in shown
    replaying = await DeadLetters(SUBSCRIBER, redis_of(SUBSCRIBER)).to_replay()
    assert [letter.id for letter in replaying] == [ids[0]]
    _, shown = await operator("list")
    assert shown.count("(replaying)") == 2


async def test_all_letters_of_a_service_are_replayed_or_dropped(
    operator: Operator, ids: list[str], redis_of: ClientOf
) -> None:
    await operator("replay", "--all", "--service", SUBSCRIBER)
    letters = DeadLetters(SUBSCRIBER, redis_of(SUBSCRIBER))
    assert len(await letters.to_replay()) == 2
    await operator("drop", "--all", "--service", SUBSCRIBER)
    assert (await letters.count(), await letters.to_replay()) == (0, [])
    assert await DeadLetters(OTHER, redis_of(OTHER)).count() == 1


async def test_an_id_that_is_nobodys_is_said(operator: Operator, ids: list[str]) -> None:
    status, shown = await operator("drop", "1-1", ids[0])
    assert status == 1
    assert "There is no dead letter 1-1." in shown
    assert f"{ids[0]} of notifications is dropped" in shown


async def test_an_id_of_two_services_needs_the_service(
    operator: Operator, ids: list[str], admin: Redis, redis_of: ClientOf
) -> None:
    await letter(admin, SUBSCRIBER, id_=ids[2])
    status, shown = await operator("drop", ids[2])
    assert status == 1
    assert "is a dead letter of carts (events) and notifications (events): say --service" in shown
    assert (await operator("drop", ids[2], "--service", OTHER))[0] == 0
    assert await DeadLetters(SUBSCRIBER, redis_of(SUBSCRIBER)).count() == 3
    assert await DeadLetters(OTHER, redis_of(OTHER)).count() == 0


@pytest.mark.parametrize(
    "words",
    [
        ["replay"],
        ["replay", "rubbish"],
        ["replay", "1-1", "--all"],
        ["show"],
        ["list", "--service", "nobody"],
        ["list", "--kind", "rubbish"],
        ["list", "--limit", "0"],
        ["eat"],
    ],
)
def test_a_wrong_command_is_said_to_be_one(words: list[str]) -> None:
    ended = fieldhouse("dead-letters", *words)
    assert (ended.status, ended.out) == (2, "")
    assert "Error: " in ended.err


async def test_a_redis_that_is_away_is_one_line(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("REDIS_URL", f"unix://{tmp_path}/nothing")
    for command in ("dead-letters", "lag", "webhooks"):
        ended = await typed(command)
        assert (ended.status, ended.out) == (2, "")
        assert ended.err.startswith("fieldhouse: Redis does not answer")
        assert ended.err.count("\n") == 1


async def test_the_lag_of_every_subscriber_is_shown(
    operator: Operator, ids: list[str], admin: Redis
) -> None:
    await admin.xadd("{carts}:events:0", {"event": "{}"})
    written = io.StringIO()
    page = ConsolePage(Console(file=written, width=200))
    await lag.show(page, [SUBSCRIBER])
    (line,) = [line for line in written.getvalue().splitlines() if "| carts " in line]
    cells = [cell.strip() for cell in line.split("|")]
    assert cells[1:4] == ["notifications", "carts", "1"]
    assert cells[-2] == "2"
