"""Every service's protocol, and an example of every message, made from its JSON Schema."""

from __future__ import annotations

import importlib
import inspect
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from pydantic import TypeAdapter

from deployments.foundation.rpc.contracts import methods_of
from deployments.foundation.rpc.rejection import Rejection

DEPLOYMENTS = Path(__file__).parents[2] / "deployments"
Schema = dict[str, Any]
_STRINGS = {
    "date": "2026-12-24",
    "date-time": "2026-06-01T12:00:00Z",
    r"^[A-Z]{3}$": "USD",
    r"^[\w.-]+:[\w.-]+$": "saga_1:reserve",
    r"^[a-z]{2}(-[A-Z]{2})?$": "en",
    r"^[a-z0-9][a-z0-9_-]*$": "resellers",
    r"^[1-9]\d{0,14}-\d{1,6}$": "1750000000000-0",
    r"^[1-9]\d{0,18}-\d{1,18}$": "1-0",
    r"^[0-9]{1,3}([.][0-9]{1,4})?$": "12.5",
    r"^[a-z]+/[a-z_]+/.+$": "catalog/product/TI-M267",
    r"^[a-z]+(_[a-z]+)*$": "price_changed",
    r"^[0-9a-f]{64}\.(jpg|png|webp)$": f"{0:064x}.png",
}


def contracts() -> list[str]:
    """The services that show others something."""
    found = [*DEPLOYMENTS.glob("*/contract.py"), *DEPLOYMENTS.glob("*/contract/")]
    return sorted(path.parent.name for path in found)


def protocol(service: str) -> type:
    """The service's protocol: the one class in its contract whose name ends in `Api`."""
    module = importlib.import_module(f"deployments.{service}.contract")
    (found,) = (
        member
        for name, member in inspect.getmembers(module, inspect.isclass)
        if name.endswith("Api") and member.__module__ == module.__name__
    )
    return found


def rejections(service: str) -> list[type[Rejection]]:
    """The rejections that the service's contract declares."""
    module = importlib.import_module(f"deployments.{service}.contract")
    declared = [
        kind
        for kind in Rejection.__subclasses__()
        if f"{kind.__module__}.".startswith(f"{module.__name__}.")
    ]
    return sorted(declared, key=lambda kind: kind.__name__)


def adapters(service: str) -> Iterator[tuple[str, TypeAdapter[Any]]]:
    """What crosses the wire: each method's request and answer by name, each rejection by code."""
    for name, method in methods_of(protocol(service)).items():
        yield f"{name}.request", method.request
        yield f"{name}.answer", method.answer
    for rejection in rejections(service):
        yield rejection.code, TypeAdapter(rejection)


def example(schema: Schema, root: Schema | None = None) -> Any:  # noqa: ANN401 - any JSON.
    """A value that the schema allows, with every field filled in."""
    root = root or schema
    if "$ref" in schema:
        return example(root["$defs"][schema["$ref"].rsplit("/", 1)[1]], root)
    if "anyOf" in schema:
        return example(schema["anyOf"][0], root)
    if "const" in schema or "enum" in schema:
        return schema.get("const", schema.get("enum", [None])[0])
    return _EXAMPLES[schema.get("type", "object")](schema, root)


def _object(schema: Schema, root: Schema) -> Any:  # noqa: ANN401
    if "properties" not in schema and isinstance(schema.get("additionalProperties"), dict):
        return {"a key": example(schema["additionalProperties"], root)}
    fields = schema.get("properties", {})
    return {name: example(field, root) for name, field in fields.items()}


def _string(schema: Schema, _root: Schema) -> str:
    kind: str = schema.get("format") or schema.get("pattern") or ""
    return _STRINGS.get(kind, "wörd")


_EXAMPLES: dict[str, Callable[[Schema, Schema], Any]] = {
    "object": _object,
    "array": lambda schema, root: [example(schema.get("items", {"type": "string"}), root)],
    "string": _string,
    "integer": lambda schema, _root: max(7, schema.get("minimum", 0)),
    "number": lambda _schema, _root: 0.5,
    "boolean": lambda _schema, _root: True,
    "null": lambda _schema, _root: None,
}
