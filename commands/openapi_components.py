"""The document's schemas under names of their own: every object and every choice has one.

Generators make a class of each, named after it. So a name differs from every other by more than
case and punctuation, and no class has to be named by guessing.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from commands.schema_merging import PLACE, Merging
from deployments.foundation.http.ucp import Json

_WORD = re.compile(r"[A-Za-z0-9]+")
_ELSEWHERE = {"items": "Item", "additionalProperties": "Value"}
"""What is added to a name for what is not a member."""


class NameTakenError(ValueError):
    """Two schemas would have one name."""


class NamedSchemas:
    """Schemas by their names in the document, made of those that refer to each other by path."""

    def __init__(self, schemas: Mapping[str, Any]) -> None:
        self._merging = Merging(schemas)
        self._unnamed = schemas
        self._names: dict[str, str] = {}
        self.schemas: Json = {}

    def take_in(self, schema: Any, name: str) -> Any:  # noqa: ANN401 - any part of a schema.
        """The schema, plain, for a place that is called `name`; what it consists of has names."""
        return self._led(self._merging.plain(schema), name)

    def _led(self, schema: Any, name: str) -> Any:  # noqa: ANN401
        """The schema with its references led to names, and its parts that need names named."""
        if isinstance(schema, list):
            return [self._led(part, f"{name}{n}") for n, part in enumerate(schema, 1)]
        if not isinstance(schema, dict):
            return schema
        if "$ref" in schema:
            rest = {key: part for key, part in schema.items() if key == "description"}
            return {"$ref": PLACE + self._named(schema["$ref"].removeprefix(PLACE)), **rest}
        if _needs_name(schema):
            name = _title(schema) or name
            return self._component(self._members(schema, name), name)
        return self._members(schema, name)

    def _members(self, schema: Json, name: str) -> Json:
        return {
            key: {member: self._led(each, name + pascal(member)) for member, each in part.items()}
            if key == "properties"
            else self._led(part, name + _ELSEWHERE.get(key, ""))
            for key, part in schema.items()
            if key != "title"
        }

    def _named(self, path: str) -> str:
        """The name of a schema that is known by its path, which is taken in if it is new."""
        if path not in self._names:
            schema = self._merging.plain(self._unnamed[path])
            if set(schema) == {"$ref"}:
                self._names[path] = self._named(schema["$ref"].removeprefix(PLACE))
            else:
                self._names[path] = name = _title(schema) or _spoken(path)
                self._put(name, None)
                self.schemas[name] = {"title": name, **self._members(schema, name)}
        return self._names[path]

    def _component(self, schema: Json, name: str) -> Json:
        self._put(name, {"title": name, **schema})
        return {"$ref": PLACE + name}

    def _put(self, name: str, schema: Json | None) -> None:
        taken = {known.lower(): known for known in self.schemas}
        if name.lower() in taken and self.schemas[taken[name.lower()]] != schema:
            raise NameTakenError(name)
        self.schemas[name] = schema


def pascal(text: str) -> str:
    """`get_product_response` as `GetProductResponse`."""
    return "".join(word[0].upper() + word[1:] for word in _WORD.findall(text.replace("_", " ")))


def _spoken(path: str) -> str:
    """The last part of a path, if that is more than a word; else all of it."""
    last = path.rpartition(".")[2]
    return pascal(last if "_" in last else path.removeprefix("types."))


def _title(schema: Json) -> str:
    return pascal(schema.get("title", ""))


def _needs_name(schema: Json) -> bool:
    """Whether a generator makes a class of it."""
    return schema.get("type") == "object" or "enum" in schema
