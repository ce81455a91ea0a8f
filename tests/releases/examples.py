"""Examples of a message by its JSON Schema: with as little as it may have, and with all of it."""

from __future__ import annotations

from typing import Any

from tests.contract.services import Schema, example

_KINDS = 8
"""So many alternatives of an enumeration or a union are tried at most."""


def examples(schema: Schema) -> list[Any]:
    """Values that the schema allows; every alternative occurs in one of them, and none twice."""
    found: list[Any] = []
    for number in range(_KINDS):
        for least in (False, True):
            value = example(_variant(schema, number, least=least))
            if value not in found:
                found.append(value)
    return found


def _variant(part: Any, number: int, *, least: bool) -> Any:  # noqa: ANN401 - any part of a schema.
    """The schema with one alternative wherever there are several, and without optional fields."""
    if isinstance(part, list):
        return [_variant(each, number, least=least) for each in part]
    if not isinstance(part, dict):
        return part
    if "anyOf" in part:
        return _variant(part["anyOf"][number % len(part["anyOf"])], number, least=least)
    if "enum" in part:
        return {"const": part["enum"][number % len(part["enum"])]}
    fields = part.get("properties", {})
    wanted = part.get("required", ()) if least else fields
    varied = {name: _variant(fields[name], number, least=least) for name in wanted}
    others = {
        key: _variant(value, number, least=least)
        for key, value in part.items()
        if key not in ("properties", "$defs")
    }
    definitions = {
        name: _variant(each, number, least=least) for name, each in part.get("$defs", {}).items()
    }
    return {**others, "$defs": definitions, **({"properties": varied} if fields else {})}
