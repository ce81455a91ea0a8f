"""Schemas as generators of clients want them: plain, without `allOf` and without conditions.

UCP composes schemas with `allOf` and adds conditions that only a validator can follow. Merged into
one they say the same of every value's shape; conditions are left out, as their descriptions say
what they are.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from functools import reduce
from typing import Any

from deployments.foundation.http.ucp import Json

PLACE = "#/components/schemas/"
_CONDITIONS = {
    *("if", "then", "else", "not", "contains", "minContains", "maxContains", "propertyNames"),
    # What UCP's own tools read.
    *("name", "$defs", "ucp_shared_request"),
}
_WORDS = {"title", "description", "default", "examples"}
"""What says nothing of a value: the narrower schema's words stand."""


class SchemasDisagreeError(ValueError):
    """No value can be of both schemas, or it is not known how to say so."""


class Merging:
    """Makes schemas plain that refer to each other by name."""

    def __init__(self, schemas: Mapping[str, Any]) -> None:
        self._schemas = schemas

    def plain(self, schema: Any) -> Any:  # noqa: ANN401 - any part of a schema.
        """The schema without conditions, and with every `allOf` in it merged."""
        if isinstance(schema, list):
            return [self.plain(part) for part in schema]
        if not isinstance(schema, dict):
            return schema
        parts = _parts(schema)
        if len(parts) > 1:
            title = {"title": schema["title"]} if "title" in schema else {}
            schema = title | reduce(self._both, map(self._expanded, parts))
        return {
            name: {key: self.plain(part) for key, part in value.items()}
            if name == "properties"
            else self.plain(value)
            for name, value in _unconditional(schema).items()
            if name != "allOf"
        }

    def _expanded(self, schema: Json) -> Json:
        """The schema itself where there was a reference to it, its own `allOf` merged.

        It has no title: what is made of it is something else.
        """
        parts = _parts(schema)
        if len(parts) > 1:
            return reduce(self._both, map(self._expanded, parts))
        rest = {name: part for name, part in parts[0].items() if name not in {"$ref", "title"}}
        if "$ref" not in parts[0]:
            return rest
        target = self._expanded(self._schemas[parts[0]["$ref"].removeprefix(PLACE)])
        return self._both(target, rest)

    def _both(self, one: Json, two: Json) -> Json:
        """What is true of a value that both are true of."""
        both = dict(one)
        for name, part in two.items():
            both[name] = self._member(name, both[name], part) if name in both else part
        if "const" in both and "enum" in both:
            constant = both.pop("const")
            both["enum"] = _common("enum", both["enum"], [constant])
        if "enum" in both and both.get("default", both["enum"][0]) not in both["enum"]:
            del both["default"]
        return both

    def _member(self, name: str, one: Any, two: Any) -> Any:  # noqa: ANN401
        if name == "properties":
            shared = {key: self._narrower(one[key], two[key]) for key in one.keys() & two.keys()}
            return {key: shared.get(key, part) for key, part in (one | two).items()}
        if name in {"items", "additionalProperties"} and isinstance(one, dict):
            return self._narrower(one, two) if isinstance(two, dict) else one
        if name == "required":
            return list(dict.fromkeys([*one, *two]))
        if name == "enum":
            return _common(name, one, two)
        if one == two or name in _WORDS or one is True:
            return two
        raise SchemasDisagreeError(f"{name}: {one!r} and {two!r}")

    def _narrower(self, one: Json, two: Json) -> Json:
        """What both say; where one of them says it all, it is left as it is: a reference."""
        both = self._both(self._expanded(one), self._expanded(two))
        for whole in (two, one):
            if _wordless(self.plain(both)) == _wordless(self.plain(self._expanded(whole))):
                return whole
        return both


def _parts(schema: Json) -> list[Json]:
    """What is in the schema's `allOf`, and at last what it says itself; conditions are none."""
    rest = {name: part for name, part in _unconditional(schema).items() if name != "allOf"}
    others = [_unconditional(part) for part in schema.get("allOf", ())]
    return [part for part in (*others, rest) if part] or [{}]


def _unconditional(schema: Json) -> Json:
    return {
        name: part
        for name, part in schema.items()
        if name not in _CONDITIONS and not (name in {"anyOf", "oneOf"} and _is_condition(part))
    }


def _is_condition(choices: Iterable[Json]) -> bool:
    """Whether the choices only say what must be beside what, and nothing of what a value is."""
    return all(set(choice) <= {"properties", "required"} for choice in choices)


def _common(name: str, one: list[Any], two: list[Any]) -> list[Any]:
    common = [value for value in one if value in two]
    if not common:
        raise SchemasDisagreeError(f"{name}: {one!r} and {two!r}")
    return common


def _wordless(schema: Any) -> Any:  # noqa: ANN401
    if isinstance(schema, list):
        return [_wordless(part) for part in schema]
    if not isinstance(schema, dict):
        return schema
    return {
        name: {key: _wordless(part) for key, part in value.items()}
        if name == "properties"
        else _wordless(value)
        for name, value in schema.items()
        if name not in _WORDS
    }
