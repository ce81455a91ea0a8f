"""Writes the AsyncAPI 3 document of all events, made of what the services' `events.py` declare.

    python -m commands.asyncapi

It is kept in `docs/asyncapi.json`, so that a change of what is published shows in a diff.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from commands.published_events import publishers, said_of, title_of
from deployments.foundation.events.publishing import ENTRY_FIELD, Event, schema_of
from deployments.foundation.values.partitions import PARTITIONS

FILE = Path(__file__).parents[1] / "docs" / "asyncapi.json"
Json = dict[str, Any]
_CLOUD_EVENT = "application/cloudevents+json"
_SCHEMAS = "#/components/schemas/"
_DESCRIPTION = f"""\
What the services publish to each other, on Redis streams. An entry of a stream has one field,
`{ENTRY_FIELD}`: a CloudEvent 1.0 as JSON. A subject's events are all on one of a service's
{PARTITIONS} streams (the first hexadecimal digit of the subject's SHA-1), in their order, and
numbered from 1 by the extension `sequence`. Optional fields may be added to an event's data; any
other change is a new version of its type."""
_HASH_TAG = (
    "The service, in braces; with the partition, as in `{orders:7}`, where its keys are grouped so."
)
_ENVELOPE: Json = {
    "title": "CloudEvent",
    "type": "object",
    "required": [
        *("specversion", "id", "source", "type", "subject", "time", "datacontenttype"),
        *("dataschema", "sequence", "traceparent", "data"),
    ],
    "properties": {
        "specversion": {"const": "1.0"},
        "id": {"type": "string", "minLength": 1, "description": "Unique; a redelivery has it too."},
        "source": {"type": "string", "format": "uri-reference"},
        "type": {"type": "string"},
        "subject": {"type": "string", "minLength": 1, "description": "What the event is about."},
        "time": {"type": "string", "format": "date-time"},
        "datacontenttype": {"const": "application/json"},
        "dataschema": {"type": "string", "format": "uri"},
        "sequence": {
            "type": "string",
            "pattern": "^[0-9]{16}$",
            "description": "The event's number within its subject, from 1, without gaps.",
        },
        "traceparent": {"type": "string", "description": "W3C Trace Context."},
        "data": {"type": "object"},
    },
}


def document() -> Json:
    """The whole document."""
    services = publishers()
    events = [(service, event) for service, declared in services.items() for event in declared]
    schemas: Json = {"CloudEvent": _ENVELOPE}
    for service, event in events:
        schemas |= _data_schemas(service, event)
    return {
        "asyncapi": "3.0.0",
        "info": {"title": "Fieldhouse's events", "version": "1", "description": _DESCRIPTION},
        "defaultContentType": _CLOUD_EVENT,
        "servers": {
            "redis": {
                "host": "localhost:6379",
                "protocol": "redis",
                "description": "Each service's own Redis: `ORDERS_REDIS_URL`, say, or `REDIS_URL`.",
            }
        },
        "channels": {
            service: _channel(service, declared) for service, declared in services.items()
        },
        "operations": {f"{service}.publish": _operation(service) for service in services},
        "components": {
            "schemas": dict(sorted(schemas.items())),
            "messages": {event.type: _message(event) for _, event in events},
        },
    }


def _channel(service: str, events: Sequence[type[Event]]) -> Json:
    streams = [str(n) for n in range(PARTITIONS)]
    return {
        # The braces of the key are Redis's hash tag, so they cannot be written into the address.
        "address": "{hash_tag}:events:{partition}",
        "description": f"What {service} publishes.",
        "parameters": {
            "hash_tag": {"enum": [f"{{{service}}}"], "description": _HASH_TAG},
            "partition": {"enum": streams, "description": "By a hash of the subject."},
        },
        "messages": {
            event.type: {"$ref": f"#/components/messages/{event.type}"} for event in events
        },
    }


def _operation(service: str) -> Json:
    return {"action": "send", "channel": {"$ref": f"#/channels/{service}"}}


def _message(event: type[Event]) -> Json:
    data = {"$ref": _SCHEMAS + event.type}
    about = {
        "type": {"const": event.type},
        "dataschema": {"const": schema_of(event.type)},
        "data": data,
    }
    return {
        "name": event.type,
        "title": title_of(event),
        "summary": said_of(event),
        "contentType": _CLOUD_EVENT,
        "payload": {"allOf": [{"$ref": _SCHEMAS + "CloudEvent"}, {"properties": about}]},
        "x-subject": event.subject,
    }


def _data_schemas(service: str, event: type[Event]) -> Json:
    """The schema of an event's data under its type, and what it refers to under the service's
    name."""
    schema = event.model_json_schema(ref_template=f"{_SCHEMAS}{service}.{{model}}")
    parts = schema.pop("$defs", {})
    return {event.type: schema} | {f"{service}.{name}": part for name, part in parts.items()}


def text() -> str:
    """The document as it is kept."""
    return json.dumps(document(), indent=1, ensure_ascii=False) + "\n"


if __name__ == "__main__":
    FILE.write_text(text())
