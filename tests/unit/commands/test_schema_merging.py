"""Schemas that are merged for generators say of a value what UCP's own say of it."""

from __future__ import annotations

from typing import Any

import pytest
from jsonschema import Draft202012Validator

from commands.openapi_components import NamedSchemas, NameTakenError
from commands.schema_merging import PLACE, Merging, SchemasDisagreeError

Json = dict[str, Any]
SCHEMAS: Json = {
    "animal": {
        "title": "Animal",
        "type": "object",
        "required": ["name"],
        "properties": {
            "name": {"type": "string", "description": "What it is called."},
            "state": {"type": "string", "enum": ["awake", "asleep"], "default": "awake"},
            "parts": {"type": "array", "items": {"$ref": f"{PLACE}part"}},
        },
    },
    "part": {"type": "object", "properties": {"size": {"type": "integer"}}},
    "leg": {
        "allOf": [{"$ref": f"{PLACE}part"}, {"required": ["size"]}],
        "properties": {"toes": {"type": "integer"}},
    },
    "dog": {
        "title": "Dog",
        "allOf": [
            {"$ref": f"{PLACE}animal"},
            {
                "required": ["state"],
                "properties": {
                    "state": {"const": "asleep"},
                    "parts": {"items": {"$ref": f"{PLACE}leg"}},
                },
            },
            {"if": {"required": ["name"]}, "then": {"required": ["parts"]}},
        ],
    },
}
VALUES: list[tuple[Json, bool]] = [
    ({"name": "Rex", "state": "asleep"}, True),
    ({"name": "Rex", "state": "asleep", "parts": [{"size": 1, "toes": 4}]}, True),
    ({"name": "Rex", "state": "awake"}, False),
    ({"name": "Rex"}, False),
    ({"state": "asleep"}, False),
    ({"name": "Rex", "state": "asleep", "parts": [{"toes": 4}]}, False),
    ({"name": "Rex", "state": "asleep", "parts": [{"size": "x"}]}, False),
]


def document(schema: Json, schemas: Json) -> Json:
    return {**schema, "components": {"schemas": schemas}}


@pytest.mark.parametrize(("value", "valid"), VALUES)
def test_what_is_merged_takes_what_all_parts_take(value: Json, valid: bool) -> None:  # noqa: FBT001
    merging = Merging(SCHEMAS)
    plain = {name: merging.plain(schema) for name, schema in SCHEMAS.items()}
    assert "allOf" not in str(plain)
    assert Draft202012Validator(document(plain["dog"], plain)).is_valid(value) == valid


def test_a_reference_stays_one_where_it_says_all_of_it() -> None:
    assert Merging(SCHEMAS).plain(SCHEMAS["dog"])["properties"]["parts"] == {
        "type": "array",
        "items": {"$ref": f"{PLACE}leg"},
    }


def test_a_default_that_is_excluded_is_none() -> None:
    state = Merging(SCHEMAS).plain(SCHEMAS["dog"])["properties"]["state"]
    assert state == {"type": "string", "enum": ["asleep"]}


@pytest.mark.parametrize(
    "other", [{"type": "array"}, {"properties": {"state": {"enum": ["dead"]}}}]
)
def test_schemas_that_no_value_is_of_are_a_mistake(other: Json) -> None:
    with pytest.raises(SchemasDisagreeError):
        Merging(SCHEMAS).plain({"allOf": [{"$ref": f"{PLACE}animal"}, other]})


def test_every_part_that_needs_a_name_gets_one_of_its_own() -> None:
    named = NamedSchemas(SCHEMAS)
    assert named.take_in({"$ref": f"{PLACE}dog"}, "Shown") == {"$ref": f"{PLACE}Dog"}
    assert set(named.schemas) == {"Dog", "DogState", "Leg"}


def test_two_schemas_of_one_name_are_a_mistake() -> None:
    twins = {"one": {"title": "A b", "type": "object"}, "two": {"title": "a_B", "type": "object"}}
    named = NamedSchemas(twins)
    named.take_in({"$ref": f"{PLACE}one"}, "Shown")
    with pytest.raises(NameTakenError):
        named.take_in({"$ref": f"{PLACE}two"}, "Shown")
