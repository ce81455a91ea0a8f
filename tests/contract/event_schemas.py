"""The JSON Schema of every event's data, kept in the repository, and what would break a reader.

`python -m tests.contract.event_schemas` keeps the schemas of new events and of optional fields that
were added. It refuses any other change: raise the version at the end of the event's type instead,
and publish the old one for as long as somebody subscribes to it.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from commands.published_events import publishers

KEPT = Path(__file__).parent / "events"
Schema = dict[str, Any]
_SAID_ONLY = {"title", "description", "default", "examples", "$defs"}
"""What a schema says to people and not of the data."""


def current() -> dict[str, Schema]:
    """The schemas of all events that are declared, by type."""
    declared = [event for events in publishers().values() for event in events]
    return {event.type: event.model_json_schema() for event in declared}


def kept() -> dict[str, Schema]:
    """The schemas that are kept, by type."""
    return {path.stem: json.loads(path.read_text()) for path in sorted(KEPT.glob("*.json"))}


def breaking(old: dict[str, Schema], new: dict[str, Schema]) -> list[str]:
    """What of the new schemas a reader of the old ones could not read, or the other way round.

    Both read the same streams: an old reader new events, during an upgrade, and a new reader old
    ones, which are still there.
    """
    return [
        found
        for event_type, before in old.items()
        for found in _breaking_type(event_type, before, new)
    ]


def _breaking_type(event_type: str, before: Schema, new: dict[str, Schema]) -> Iterator[str]:
    name, _, version = event_type.rpartition(".v")
    if event_type in new:
        after = new[event_type]
        yield from _differences(event_type, _resolved(before, before), _resolved(after, after))
    elif not any(_is_later(name, int(version), other) for other in new):
        yield f"{event_type}: it is not published any more, nor a later version of it"


def _is_later(name: str, version: int, other: str) -> bool:
    other_name, _, other_version = other.rpartition(".v")
    return other_name == name and int(other_version) > version


def _resolved(schema: Any, root: Schema) -> Any:  # noqa: ANN401 - any part of a schema.
    """The schema with its references followed, and without what it says to people only."""
    if isinstance(schema, list):
        return [_resolved(part, root) for part in schema]
    if not isinstance(schema, dict):
        return schema
    if "$ref" in schema:
        return _resolved(root["$defs"][schema["$ref"].rsplit("/", 1)[1]], root)
    parts = {key: part for key, part in schema.items() if key not in _SAID_ONLY}
    if "properties" in schema:
        fields = schema["properties"].items()
        parts["properties"] = {name: _resolved(field, root) for name, field in fields}
    return {
        key: part if key == "properties" else _resolved(part, root) for key, part in parts.items()
    }


def _differences(where: str, old: Any, new: Any) -> Iterator[str]:  # noqa: ANN401
    """Where two resolved schemas differ, other than by optional fields that were added."""
    if not isinstance(old, dict) or not isinstance(new, dict):
        if old != new:
            yield f"{where}: {old!r} became {new!r}"
        return
    yield from _field_differences(where, old, new)
    for key in sorted((old.keys() | new.keys()) - {"properties", "required"}):
        if key == "items":
            yield from _differences(f"{where}[]", old.get(key), new.get(key))
        elif key == "anyOf" and len(old.get(key, ())) == len(new.get(key, ())):
            for before, after in zip(old[key], new[key], strict=True):
                yield from _differences(where, before, after)
        elif old.get(key) != new.get(key):
            yield f"{where}: {key} was {old.get(key)!r} and is {new.get(key)!r}"


def _field_differences(where: str, old: Schema, new: Schema) -> Iterator[str]:
    before, after = old.get("properties", {}), new.get("properties", {})
    had, has = set(old.get("required", ())), set(new.get("required", ()))
    for name in before:
        if name not in after:
            yield f"{where}.{name}: it was removed"
        else:
            yield from _differences(f"{where}.{name}", before[name], after[name])
            if (name in had) != (name in has):
                yield f"{where}.{name}: it became {'required' if name in has else 'optional'}"
    for name in after:
        if name not in before and name in has:
            yield f"{where}.{name}: it was added as required"


def write() -> None:
    """Keep the schemas as they are now, unless that would break a reader."""
    now = current()
    if found := breaking(kept(), now):
        sys.exit("\n".join(["Raise the version of the type instead:", *found]))
    KEPT.mkdir(exist_ok=True)
    for event_type, schema in now.items():
        (KEPT / f"{event_type}.json").write_text(json.dumps(schema, indent=1) + "\n")


if __name__ == "__main__":
    write()
