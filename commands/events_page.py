"""Writes the page of all events: who announces what, on which subject, and who listens.

    python -m commands.events_page

It is kept in `docs/events.md`. Both sides are read from the rooms: `events.py` and `consumers.py`.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from commands.announcements import Listener, listeners, publishers, said_of, short_name
from deployments.foundation.events import PARTITIONS, Event

FILE = Path(__file__).parents[1] / "docs" / "events.md"
_INTRODUCTION = f"""\
# Events

Made by `make events` from the rooms' `events.py` and `consumers.py`.

A room announces facts; whoever is interested listens, and the room does not know who that is. Facts
are CloudEvents, appended to the room's own Redis streams by the script that makes them true
([why](decisions/0010-events.md)); [`asyncapi.json`](asyncapi.json) has their schemas. All events of
one subject lie on one of {PARTITIONS} streams, in their order, numbered from 1.
"""


def text() -> str:
    """The whole page."""
    rooms, hearing = publishers(), listeners()
    sections = [_section(room, events, hearing) for room, events in rooms.items()]
    return "\n".join([_INTRODUCTION, _picture(hearing), *sections])


def _picture(hearing: Sequence[Listener]) -> str:
    """The rooms with what they announce, and who hears what of it."""
    lines = ["```mermaid", "flowchart LR"]
    lines += [
        f'  {room}["<b>{room}</b><br>{_names(events)}"]' for room, events in publishers().items()
    ]
    lines += [f'  {one.publisher} -- "{_names(one.events)}" --> {one.room}' for one in hearing]
    return "\n".join([*lines, "```", ""])


def _names(events: Sequence[type[Event]]) -> str:
    return "<br>".join(short_name(event).replace("_", " ") for event in events)


def _section(room: str, events: Sequence[type[Event]], hearing: Sequence[Listener]) -> str:
    rows = [
        f"## {room}",
        "",
        "| event | subject | what it says | who listens |",
        "| --- | --- | --- | --- |",
    ]
    for event in events:
        hear = ", ".join(one.room for one in hearing if event in one.events)
        rows.append(f"| `{event.type}` | `{event.subject}` | {said_of(event)} | {hear} |")
    return "\n".join([*rows, ""])


if __name__ == "__main__":
    FILE.write_text(text())
