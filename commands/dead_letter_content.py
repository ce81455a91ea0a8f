"""What a dead letter is about, whatever was given up."""

from __future__ import annotations

import json
from typing import NamedTuple

from deployments.foundation.events.dead_letters import DeadLetter, DeadLetters
from deployments.foundation.events.publishing import ENTRY_FIELD
from deployments.webhooks.store import DELIVERIES


class Content(NamedTuple):
    """An event's type and subject, whom it did not get to, and the text of what was given up."""

    type: str
    subject: str
    to: str
    text: str


def content_of(letters: DeadLetters, letter: DeadLetter) -> Content:
    """What a letter is about."""
    fields = letter.fields
    if letters.kind == DELIVERIES:
        return Content(fields["type"], fields["order"], fields["owner"], fields["body"])
    text = fields[ENTRY_FIELD]
    try:
        event = json.loads(text)
        return Content(event["type"], event["subject"], letters.service, text)
    except (ValueError, KeyError, TypeError):
        return Content("(no event)", "", letters.service, text)
