"""Events that a service publishes: CloudEvents 1.0 on the service's own Redis streams.

A service's script appends its events itself, with `publish` of `publish.lua`, so that an event and
its publication are one. A subject's events all go to one of sixteen streams, chosen by a hash of
the subject, and are numbered from 1, so that a reader can tell a gap from a repeat.

A stream's entry has one field, `event`: the CloudEvent as JSON, with the extensions `sequence`
(the number within the subject, as digits that sort as text) and `traceparent`.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import datetime
from typing import Any, ClassVar, Literal, TypeVar

from pydantic import AwareDatetime

from deployments.foundation.values.ids import new_id
from deployments.foundation.values.message import Message
from deployments.foundation.values.partitions import layout_of, partition_of
from deployments.foundation.values.trace import traceparent

ENTRY_FIELD = "event"
"""The one field of a stream's entry."""
_SCHEMAS = "https://fieldhouse.org/events/"


class Event(Message):
    """The data of one event. Optional fields may be added; any other change is a new version.

    Subclasses name their CloudEvents `type`, version included, and which of their fields is the
    `subject`: what the event is about, and in whose order it is read.
    """

    type: ClassVar[str]
    subject: ClassVar[str]


E = TypeVar("E", bound=Event)


class Envelope(Message):
    """A CloudEvent as it is read from a stream."""

    specversion: Literal["1.0"]
    id: str
    source: str
    type: str
    subject: str
    time: AwareDatetime
    dataschema: str
    datacontenttype: Literal["application/json"]
    sequence: int
    traceparent: str
    data: dict[str, Any]


def parse(entry: Mapping[str, str]) -> Envelope:
    """The event in a stream's entry. Raises pydantic's `ValidationError` for anything else."""
    return Envelope.model_validate_json(entry.get(ENTRY_FIELD, ""))


def event_of(envelope: Envelope, kind: type[E]) -> E:
    """The data as the event that its publisher declares; `ValueError` if it is another."""
    if kind.type != envelope.type:
        raise ValueError(f"event {envelope.id} is {envelope.type}, not {kind.type}")
    return kind.model_validate(envelope.data)


def stream_of(service: str, subject: str) -> str:
    """The stream on which a service publishes what happens to a subject."""
    return streams_of(service)[partition_of(subject)]


def streams_of(service: str) -> list[str]:
    """All streams of a service: the last KEYS of a script that publishes."""
    return layout_of(service).streams()


def schema_of(event_type: str) -> str:
    """The URI that names the schema of an event's data; it changes with the type's version."""
    return f"{_SCHEMAS}{event_type}"


def occasion(service: str, at: datetime, *, one_stream: bool = False) -> str:
    """What the events of one script have in common: the last of its ARGV, as JSON.

    With `one_stream` the script has that of its events' one subject as its last KEYS, and no other.
    """
    return json.dumps(
        {
            "specversion": "1.0",
            "id": new_id("event"),
            "source": f"/services/{service}",
            "time": at.isoformat(),
            "datacontenttype": "application/json",
            "dataschema": _SCHEMAS,
            "traceparent": traceparent(),
            **({"streams": 1} if one_stream else {}),
        }
    )
