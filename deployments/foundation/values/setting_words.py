"""What a setting is called, what it takes and what is wrong with it, in words."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any, Literal, get_args, get_origin

from annotated_types import Ge, Gt, Le
from pydantic import ValidationError
from pydantic.fields import FieldInfo

PREFIX = "FIELDHOUSE_"


def variable(name: str, field: FieldInfo) -> str:
    """The environment variable of a field."""
    alias = field.validation_alias
    return alias if isinstance(alias, str) else PREFIX + name.upper()


def takes(field: FieldInfo) -> str:
    """What a variable may be set to."""
    said = _extra(field).get("takes")
    if said is not None:
        return str(said)
    if get_origin(field.annotation) is Literal:
        return " or ".join(map(str, get_args(field.annotation)))
    if field.annotation in (int, float):
        return _number(field)
    return "a path" if Path in (field.annotation, *get_args(field.annotation)) else "text"


def _number(field: FieldInfo) -> str:
    unit = _extra(field).get("unit")
    kind = "a whole number" if field.annotation is int else "a number"
    return " ".join([kind, *([f"of {unit}"] if unit else []), *map(_bound, field.metadata)])


def _bound(bound: object) -> str:
    match bound:
        case Ge(ge=least):
            return f"from {least}"
        case Gt(gt=below):
            return f"above {below}"
        case Le(le=most):
            return f"to {most}"
    return ""


def _extra(field: FieldInfo) -> Mapping[str, Any]:
    extra = field.json_schema_extra
    return extra if isinstance(extra, dict) else {}


def mistakes(fields: Mapping[str, FieldInfo], invalid: ValidationError) -> str:
    """A sentence for each variable that cannot be read. No value shows: it may be a secret."""
    wrong = {str(error["loc"][0]) for error in invalid.errors(include_input=False)}
    return " ".join(
        f"{variable(name, field)} takes {takes(field)}."
        for name, field in fields.items()
        if wrong & {name, variable(name, field)}
    )
