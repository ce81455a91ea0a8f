"""Events are documented as they are declared, and no change of one breaks a reader."""

from __future__ import annotations

import json
import re
from copy import deepcopy
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft7Validator
from referencing import Registry
from referencing.jsonschema import DRAFT7

from commands import asyncapi, events_page
from commands.published_events import publishers
from deployments.foundation.events.publishing import Envelope, Event, event_of, occasion, schema_of
from tests.contract.event_schemas import Schema, breaking, current, kept
from tests.contract.services import example

ASYNCAPI = json.loads((Path(__file__).parent / "asyncapi" / "3.0.0.json").read_text())
DECLARED = [
    pytest.param(service, event, id=event.type)
    for service, events in publishers().items()
    for event in events
]


def test_the_document_is_as_events_are_declared() -> None:
    """If the change is meant, run `make events` and review the diff."""
    assert asyncapi.FILE.read_text() == asyncapi.text()


def test_the_page_is_as_events_and_listeners_are_declared() -> None:
    """If the change is meant, run `make events` and review the diff."""
    assert events_page.FILE.read_text() == events_page.text()


def test_the_document_is_valid_asyncapi() -> None:
    errors = Draft7Validator(ASYNCAPI).iter_errors(asyncapi.document())
    assert [(list(error.path), error.message) for error in errors] == []


def test_the_document_refers_to_nothing_that_is_not_there() -> None:
    document = asyncapi.document()
    for pointer in re.findall(r'"\$ref": "#/([^"]+)"', json.dumps(document)):
        part = document
        for name in pointer.split("/"):
            part = part[name]
        assert isinstance(part, dict)


@pytest.mark.parametrize(("service", "event"), DECLARED)
def test_an_event_is_named_after_its_service_and_its_subject_is_a_field(
    service: str, event: type[Event]
) -> None:
    assert re.fullmatch(rf"org\.fieldhouse\.{service}\.[a-z_]+\.v\d+", event.type)
    assert event.model_fields[event.subject].annotation is str


@pytest.mark.parametrize(("service", "event"), DECLARED)
def test_an_event_is_as_its_payload_says_and_reads_back(service: str, event: type[Event]) -> None:
    data = example(event.model_json_schema())
    envelope: dict[str, Any] = {
        **json.loads(occasion(service, datetime(2026, 6, 1, tzinfo=UTC))),
        "type": event.type,
        "dataschema": schema_of(event.type),
        "subject": "it",
        "sequence": f"{1:016}",
        "data": data,
    }
    document = asyncapi.document()
    registry = Registry().with_resource("urn:document", DRAFT7.create_resource(document))
    payload = f"urn:document#/components/messages/{event.type}/payload"
    validator = Draft7Validator({"$ref": payload}, registry=registry)
    assert [error.message for error in validator.iter_errors(envelope)] == []
    assert not validator.is_valid(envelope | {"type": "org.fieldhouse.other.v1"})
    assert not validator.is_valid(envelope | {"data": {}})
    read = Envelope.model_validate_json(json.dumps(envelope))
    assert event_of(read, event) == event.model_validate(data)


def test_no_change_of_an_event_breaks_a_reader() -> None:
    """If the change is meant, raise the version at the end of the event's type."""
    assert breaking(kept(), current()) == []


def test_what_was_added_is_kept() -> None:
    """Run `make events`, and review the diff."""
    assert {name: kept()[name] for name in current()} == current()


LINE: Schema = {
    "type": "object",
    "properties": {"sku": {"type": "string"}, "quantity": {"type": "integer"}},
    "required": ["sku"],
}
PLACED: Schema = {
    "type": "object",
    "description": "An order.",
    "$defs": {"Line": LINE},
    "properties": {
        "id": {"type": "string", "title": "Id"},
        "at": {"type": "string", "format": "date-time"},
        "why": {"enum": ["a", "b"]},
        "note": {"anyOf": [{"type": "string"}, {"type": "null"}], "default": None},
        "lines": {"type": "array", "items": {"$ref": "#/$defs/Line"}},
    },
    "required": ["id", "lines"],
}


def changed(*path: str, to: Any) -> Schema:  # noqa: ANN401 - any part of a schema.
    """The schema of `PLACED` with one part replaced, or removed."""
    schema = deepcopy(PLACED)
    part = schema
    for name in path[:-1]:
        part = part[name]
    if to is None:
        del part[path[-1]]
    else:
        part[path[-1]] = to
    return schema


@pytest.mark.parametrize(
    ("schema", "found"),
    [
        (changed("properties", "note", to=None), "note: it was removed"),
        (changed("properties", "id", to={"type": "integer"}), "id: type was 'string'"),
        (changed("required", to=["id"]), "lines: it became optional"),
        (changed("required", to=["id", "lines", "at"]), "at: it became required"),
        (changed("properties", "why", to={"enum": ["a", "b", "c"]}), "why: enum was"),
        (changed("properties", "why", to={"enum": ["a"]}), "why: enum was"),
        (changed("properties", "at", "format", to="date"), "at: format was"),
        (changed("properties", "at", "minLength", to=3), "at: minLength was None"),
        (changed("properties", "note", "anyOf", to=[{"type": "string"}]), "note: anyOf was"),
        (
            changed("properties", "note", "anyOf", to=[{"type": "integer"}, {"type": "null"}]),
            "note: type was 'string'",
        ),
        (changed("$defs", "Line", "properties", "sku", to=None), r"lines\[\].sku: it was removed"),
        (changed("$defs", "Line", "required", to=["sku", "quantity"]), "quantity: it became"),
        (changed("properties", "lines", to={"type": "array"}), "lines"),
    ],
)
def test_a_change_that_breaks_a_reader_is_found(schema: Schema, found: str) -> None:
    differences = breaking({"placed.v1": PLACED}, {"placed.v1": schema})
    assert any(re.search(found, difference) for difference in differences)


def test_a_field_that_is_added_as_required_breaks_a_reader() -> None:
    schema = changed("properties", "more", to={"type": "string"})
    schema["required"] = [*schema["required"], "more"]
    assert breaking({"placed.v1": PLACED}, {"placed.v1": schema}) == [
        "placed.v1.more: it was added as required"
    ]


@pytest.mark.parametrize(
    "schema",
    [
        changed("properties", "more", to={"type": "string"}),
        changed("$defs", "Line", "properties", "more", to={"type": "string"}),
        changed("description", to="Another sentence."),
        changed("properties", "id", to={"type": "string", "description": "A field."}),
        changed("required", to=["lines", "id"]),
    ],
)
def test_what_is_only_added_breaks_no_reader(schema: Schema) -> None:
    assert breaking({"placed.v1": PLACED}, {"placed.v1": schema}) == []


def test_an_event_may_change_under_a_new_version_only() -> None:
    assert breaking({"placed.v9": PLACED}, {"placed.v10": LINE}) == []
    assert breaking({"placed.v2": PLACED}, {"placed.v1": PLACED}) != []
    assert breaking({"placed.v1": PLACED}, {"shipped.v2": PLACED}) != []
