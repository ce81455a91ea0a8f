"""Today's services understand those of the previous release, and are understood by them.

During a deployment both run: a caller of either release asks a service of either release.
"""

from __future__ import annotations

from typing import Any

import pytest
from jsonschema import Draft202012Validator
from pydantic import TypeAdapter, ValidationError

from commands.published_events import publishers
from deployments.foundation.rpc.rejection import from_wire, to_wire
from tests.contract.services import adapters, contracts, rejections
from tests.releases.previous_release import EVENTS, MESSAGES, Golden, events, kept, messages

OWN_SEED = {"pricing import_rules.request"}
"""What a service's own seed gives it, in one process and of one release."""
NOW = messages()
THEN = {name: golden for name, golden in kept(MESSAGES).items() if name not in OWN_SEED}
EVENTS_NOW, EVENTS_THEN = events(), kept(EVENTS)
GONE: Golden = {"examples": []}
ADAPTERS = {
    f"{service} {name}": each for service in contracts() for name, each in adapters(service)
}
EVENT_CLASSES = {event.type: event for of in publishers().values() for event in of}
REJECTIONS = {kind.code: kind for service in contracts() for kind in rejections(service)}


def code_of(name: str) -> str:
    """The rejection's code, or the method's name with what it takes or gives."""
    return name.split()[1]


def unread(adapter: TypeAdapter[Any], golden: Golden) -> list[str]:
    """What of the previous release's examples cannot be read today."""
    found = []
    for example in golden["examples"]:
        try:
            adapter.validate_python(example)
        except ValidationError as wrong:
            found.append(str(wrong))
    return found


def not_understood(now: Golden, then: Golden) -> list[str]:
    """What of today's examples the previous release could not read."""
    validator = Draft202012Validator(then["schema"])
    return [
        f"{list(error.absolute_path)}: {error.message}"
        for example in now["examples"]
        for error in validator.iter_errors(example)
    ]


@pytest.mark.parametrize("name", THEN)
def test_a_message_of_the_previous_release_is_read(name: str) -> None:
    """An old caller asks, or an old service answers."""
    assert name in ADAPTERS, "it is gone: keep it until no release in use sends it"
    assert unread(ADAPTERS[name], THEN[name]) == []


@pytest.mark.parametrize("name", THEN)
def test_a_message_of_today_is_read_by_the_previous_release(name: str) -> None:
    """A new caller asks an old service, or a new service answers an old caller."""
    assert not_understood(NOW.get(name, GONE), THEN[name]) == []


@pytest.mark.parametrize("name", [name for name in THEN if code_of(name) in REJECTIONS])
def test_a_rejection_of_the_previous_release_arrives_as_itself(name: str) -> None:
    code = code_of(name)
    for example in THEN[name]["examples"]:
        sent = TypeAdapter[Any](REJECTIONS[code]).validate_python(example)
        assert type(from_wire(*to_wire(sent))) is REJECTIONS[code]


@pytest.mark.parametrize("event_type", EVENTS_THEN)
def test_an_event_of_the_previous_release_is_read(event_type: str) -> None:
    """It may lie in a stream for days."""
    assert event_type in EVENT_CLASSES, "it is gone: a subscriber must read what is still there"
    read = TypeAdapter[Any](EVENT_CLASSES[event_type])
    assert unread(read, EVENTS_THEN[event_type]) == []


@pytest.mark.parametrize("event_type", EVENTS_THEN)
def test_an_event_of_today_is_read_by_the_previous_release(event_type: str) -> None:
    assert not_understood(EVENTS_NOW.get(event_type, GONE), EVENTS_THEN[event_type]) == []


STRICT: Golden = {
    "schema": {
        "type": "object",
        "properties": {"kind": {"enum": ["a", "b"]}, "sku": {"type": "string"}},
        "required": ["kind", "sku"],
    },
}


@pytest.mark.parametrize(
    "example",
    [{"sku": "1"}, {"kind": "c", "sku": "1"}, {"kind": "a", "sku": 1}],
    ids=["a field is gone", "a value is new", "a type is another"],
)
def test_what_the_previous_release_cannot_read_is_found(example: dict[str, object]) -> None:
    assert not_understood({"examples": [example]}, STRICT) != []
    assert not_understood({"examples": [{"kind": "a", "sku": "1", "more": 1}]}, STRICT) == []
