"""UCP's published schemas, as components of a document that needs nothing else to be read.

A schema is taken in when something refers to it, down to the definition that is meant, and the
references in it are led to the other components.
"""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urldefrag, urljoin

from deployments.foundation.http.ucp import VERSION, Json

_DIRECTORY = Path(__file__).parents[1] / "data" / "ucp" / VERSION
_HOST = "https://ucp.dev/"
# Its own `$id` lies under `schemas/`, where its `../schemas/ucp.json` leads nowhere.
_PROFILE = f"{_HOST}discovery/profile.json"
_DROPPED = {"$schema", "$id", "$comment", "ucp_request", "ucp_response"}


class Components:
    """The schemas that are referred to so far, by their name in the document."""

    def __init__(self) -> None:
        self.schemas: dict[str, Any] = {}

    def take_in(self, schema: Any, base: str = _HOST) -> Any:  # noqa: ANN401 - any part of a schema.
        """The schema with every reference led to a component; relative ones start from `base`."""
        if isinstance(schema, list):
            return [self.take_in(part, base) for part in schema]
        if not isinstance(schema, dict):
            return schema
        return {
            name: self._component(urljoin(base, part))
            if name == "$ref" and isinstance(part, str)
            else self.take_in(part, base)
            for name, part in schema.items()
            if name not in _DROPPED
        }

    def _component(self, uri: str) -> str:
        file, fragment = urldefrag(uri)
        name = _name(file, fragment)
        if name not in self.schemas:
            self.schemas[name] = None  # A schema may refer to itself.
            self.schemas[name] = self.take_in(_definition(file, fragment), file)
        return f"#/components/schemas/{name}"


def _name(file: str, fragment: str) -> str:
    path = file.removeprefix(_HOST).removeprefix("schemas/").removeprefix("shopping/")
    definition = fragment.removeprefix("/$defs")
    return (path.removesuffix(".json") + definition).replace("/", ".")


def _definition(file: str, fragment: str) -> Json:
    found: Json = _published()[file]
    for step in filter(None, unquote(fragment).split("/")):
        found = found[step]
    return found


@cache
def _published() -> dict[str, Json]:
    files = (json.loads(path.read_text()) for path in (_DIRECTORY / "schemas").rglob("*.json"))
    profile = json.loads((_DIRECTORY / "discovery" / "profile_schema.json").read_text())
    return {schema["$id"]: schema for schema in files} | {_PROFILE: profile}
