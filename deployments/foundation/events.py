"""Facts that a room announces: CloudEvents 1.0 on the room's own Redis streams.

A subject's events all go to one of sixteen streams, chosen by a hash of the subject, so that
their order holds whoever reads them.
"""

from __future__ import annotations

import json
import zlib
from datetime import datetime
from typing import ClassVar

from deployments.foundation.ids import new_id
from deployments.foundation.message import Message

PARTITIONS = 16


class Event(Message):
    """The data of one fact. Subclasses name their CloudEvents `type`, version included."""

    type: ClassVar[str]


def stream_of(service: str, subject: str) -> str:
    """The stream on which a service announces what happens to a subject."""
    return f"{{{service}}}:events:{zlib.crc32(subject.encode()) % PARTITIONS}"


def streams_of(service: str) -> list[str]:
    """All streams of a service."""
    return [f"{{{service}}}:events:{n}" for n in range(PARTITIONS)]


def envelope(service: str, subject: str, event: Event, at: datetime) -> str:
    """The event as CloudEvents JSON."""
    return json.dumps(
        {
            "specversion": "1.0",
            "id": new_id("event"),
            "source": f"/services/{service}",
            "type": event.type,
            "subject": subject,
            "time": at.isoformat(),
            "datacontenttype": "application/json",
            "data": event.model_dump(mode="json"),
        }
    )
