"""Writes the page of all events: who publishes what, on which subject, and who listens.

    python -m commands.events_page

It is kept in `docs/events.md`. Both sides are read from the services: `events.py` and
`consumers.py`.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from commands.published_events import Listener, listeners, publishers, said_of, short_name
from deployments.foundation.events.publishing import Event
from deployments.foundation.values.partitions import PARTITIONS

FILE = Path(__file__).parents[1] / "docs" / "events.md"
_INTRODUCTION = f"""\
# Events

Made by `make events` from the services' `events.py` and `consumers.py`.

A service publishes events; whoever is interested listens, and the service does not know who that
is. Events are CloudEvents, appended to the service's own Redis streams by the script that makes
them true ([why](decisions/0010-events.md)); [`asyncapi.json`](asyncapi.json) has their schemas.
All events of one subject lie on one of {PARTITIONS} streams, in their order, numbered from 1.
"""


def text() -> str:
    """The whole page."""
    services, consuming = publishers(), listeners()
    sections = [_section(service, events, consuming) for service, events in services.items()]
    return "\n".join([_INTRODUCTION, _picture(consuming), *sections])


def _picture(consuming: Sequence[Listener]) -> str:
    """The services with what they publish, and who consumes what of it."""
    lines = ["```mermaid", "flowchart LR"]
    lines += [
        f'  {service}["<b>{service}</b><br>{_names(events)}"]'
        for service, events in publishers().items()
    ]
    lines += [f'  {one.publisher} -- "{_names(one.events)}" --> {one.service}' for one in consuming]
    return "\n".join([*lines, "```", ""])


def _names(events: Sequence[type[Event]]) -> str:
    return "<br>".join(short_name(event).replace("_", " ") for event in events)


def _section(service: str, events: Sequence[type[Event]], consuming: Sequence[Listener]) -> str:
    rows = [
        f"## {service}",
        "",
        "| event | subject | what it says | who listens |",
        "| --- | --- | --- | --- |",
    ]
    for event in events:
        consume = ", ".join(one.service for one in consuming if event in one.events)
        rows.append(f"| `{event.type}` | `{event.subject}` | {said_of(event)} | {consume} |")
    return "\n".join([*rows, ""])


if __name__ == "__main__":
    FILE.write_text(text())
