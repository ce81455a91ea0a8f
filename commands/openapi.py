"""Writes the OpenAPI document of the store's HTTP API, made of the routes of all services.

    python -m commands.openapi

The profile serves what this writes. What an operation takes and answers is said beside its route;
what every operation has in common is said here.
"""

from __future__ import annotations

import importlib
import inspect
import json
from collections import ChainMap
from collections.abc import Callable, Iterable, Mapping, Sequence
from http import HTTPStatus
from typing import Any, Literal, Protocol, cast

from pydantic import BaseModel
from pydantic.json_schema import models_json_schema

from commands.openapi_commons import (
    DESCRIPTION,
    ERROR_FORMS,
    HEADERS,
    PARAMETERS,
    VERSION_SHOWN,
    common_statuses,
    content,
    parameters,
    ref,
)
from commands.openapi_components import NamedSchemas, pascal
from commands.published_schemas import Components
from deployments.foundation.http.operations import Content, Operation
from deployments.foundation.http.ucp import VERSION, Json
from deployments.profile.routes import OPENAPI_FILE
from deployments.topology import TOPOLOGY

_NOTHING: tuple[Any, ...] = (None, [], {})
_ABSENT: Any = None
"""Stands for the service: an operation is described without being called."""
_SCHEMAS = "#/components/schemas/"


class Routes(Protocol):
    """The operations of one service."""

    def routes(self) -> Sequence[Operation]:
        """All of them."""
        ...


def public_operations() -> Mapping[str, Sequence[Operation]]:
    """The operations of every service that shoppers' programs use, under its prefix."""
    return {
        one.prefix: _operations(one.name)
        for one in TOPOLOGY
        if one.prefix is not None and not one.for_staff
    }


def _operations(service: str) -> Sequence[Operation]:
    """What the one class in the service's `routes.py` whose name ends in `Routes` lists."""
    module = importlib.import_module(f"deployments.{service}.routes")
    members = inspect.getmembers(module, inspect.isclass)
    (routes,) = (
        cast(Callable[..., Routes], member)
        for name, member in members
        if name.endswith("Routes") and member.__module__ == module.__name__
    )
    wanted = inspect.signature(routes).parameters.values()
    return routes(**{one.name: _ABSENT for one in wanted if one.default is one.empty}).routes()


class Document:
    """The OpenAPI document of these operations."""

    def __init__(self, services: Mapping[str, Sequence[Operation]]) -> None:
        self._services = services
        operations = [one for service in services.values() for one in service]
        self._forms = [ERROR_FORMS[name] for name in sorted({one.dialect for one in operations})]
        bodies = {body for one in operations for body in one.bodies}
        shown = {
            model for one in operations for model in one.answers.values() if isinstance(model, type)
        }
        self._bodies, requests = _model_schemas(bodies, "validation", "request")
        self._shown, answers = _model_schemas(shown, "serialization", "answer")
        self._published = Components()
        # Published schemas are added to theirs as they are referred to.
        self._schemas = NamedSchemas(ChainMap(self._published.schemas, requests, answers))
        for form in self._forms:
            self._schemas.schemas[form.schema_name] = {"title": form.schema_name, **form.schema}

    def to_json(self) -> Json:
        """The whole document."""
        paths = self._paths()
        return {
            "openapi": "3.1.0",
            "info": {"title": "Fieldhouse", "version": VERSION, "description": DESCRIPTION},
            "servers": [{"url": "/"}],
            "paths": paths,
            "components": {
                "schemas": dict(sorted(self._schemas.schemas.items())),
                "parameters": PARAMETERS,
                "headers": HEADERS,
                "responses": {
                    name: answer
                    for form in self._forms
                    for name, answer in form.responses().items()
                },
                "securitySchemes": {
                    "platform_key": {"type": "apiKey", "in": "header", "name": "X-API-Key"}
                },
            },
        }

    def _paths(self) -> Json:
        paths: Json = {}
        for prefix, operations in self._services.items():
            for one in operations:
                path = f"{prefix}{one.path}".rstrip("/")
                paths.setdefault(path, {})[one.method.lower()] = self._operation(prefix, one)
        return paths

    def _operation(self, prefix: str, one: Operation) -> Json:
        described: Json = {
            "operationId": one.id,
            "summary": one.summary,
            "tags": [prefix.strip("/.")],
            "parameters": [ref("parameters", name) for name in parameters(one)],
            "responses": self._responses(prefix, one),
        }
        if one.keyed:
            described["security"] = [{"platform_key": []}]
        if one.bodies:
            described["requestBody"] = {"required": True, "content": self._body(one)}
        return described

    def _body(self, one: Operation) -> Json:
        schemas = [self._bodies[body] for body in one.bodies]
        schema = schemas[0] if len(schemas) == 1 else {"anyOf": schemas}
        return content(self._schemas.take_in(schema, pascal(one.id)))

    def _responses(self, prefix: str, one: Operation) -> Json:
        form = ERROR_FORMS[one.dialect]
        errors: Json = {status: form.common(status) for status in common_statuses(one)}
        for status, sentence in one.errors.items():
            errors[str(status)] = form.answer(status, sentence)
        answers: Json = {}
        for status, shown in one.answers.items():
            answers[str(status)] = {
                "description": HTTPStatus(status).phrase,
                "headers": VERSION_SHOWN if self._has_versions(prefix) else {},
                "content": _either(
                    self._content(one, shown), form.content() if str(status) in errors else {}
                ),
                "links": self._links(prefix) if status == HTTPStatus.CREATED else {},
            }
        return dict(sorted((errors | answers).items()))

    def _content(self, one: Operation, shown: Content) -> Json:
        if shown is None:
            return {}
        name = f"{pascal(one.id)}Answer"
        if isinstance(shown, type):
            return content(self._schemas.take_in(self._shown[shown], name))
        media_type = shown.get("contentMediaType", "application/json")
        schema = self._schemas.take_in(self._published.take_in(shown), name)
        return content(schema, media_type)

    def _has_versions(self, prefix: str) -> bool:
        return any(one.versioned for one in self._services[prefix])

    def _links(self, prefix: str) -> Json:
        """Where what is created here can be seen, changed and ended."""
        return {
            other.id: {"operationId": other.id, "parameters": {"id": "$response.body#/id"}}
            for other in self._services[prefix]
            if "{id}" in other.path
        }


def _either(first: Json, second: Json) -> Json:
    """The content of an answer that may be one or the other."""
    both = first | second
    for kind in first.keys() & second.keys():
        both[kind] = {"schema": {"anyOf": [first[kind]["schema"], second[kind]["schema"]]}}
    return both


def _model_schemas(
    models: Iterable[type[BaseModel]], mode: Literal["validation", "serialization"], kind: str
) -> tuple[dict[type[BaseModel], Json], Json]:
    """How each model is referred to, and all the schemas that they consist of.

    Their paths begin with the `kind`; their titles end with it, which
    tells them from UCP's own.
    """
    ordered = sorted(models, key=lambda model: (model.__module__, model.__name__))
    place = f"{_SCHEMAS}{kind}."
    references, definitions = models_json_schema(
        [(model, mode) for model in ordered], ref_template=place + "{model}"
    )
    whole = [definitions.get("$defs", {}), [references[model, mode] for model in ordered]]
    # A model that is private to its service is none to those who read the document.
    public = json.loads(json.dumps(whole).replace(f'"{place}_', f'"{place}'))
    named = {
        f"{kind}.{name.removeprefix('_')}": {**_brief(schema), "title": _titled(name, kind)}
        for name, schema in public[0].items()
    }
    assert len(named) == len(public[0])  # noqa: S101 - two models of one name would be mixed up.
    return dict(zip(ordered, public[1], strict=True)), named


def _brief(schema: Any) -> Any:  # noqa: ANN401 - any part of a schema.
    """Without the titles that pydantic gives every field, which say what its name says, and without
    defaults of nothing: some generators take a field that has a default for one that must be sent.
    """
    if isinstance(schema, list):
        return [_brief(part) for part in schema]
    if not isinstance(schema, dict):
        return schema
    return {name: _brief(part) for name, part in schema.items() if not _is_idle(name, part)}


def _is_idle(name: str, part: Any) -> bool:  # noqa: ANN401
    return (name == "title" and isinstance(part, str)) or (name == "default" and part in _NOTHING)


def _titled(name: str, kind: str) -> str:
    plain = name.removeprefix("_").removesuffix("Body")
    suffix = kind.capitalize()
    return plain if plain.endswith(suffix) else plain + suffix


def as_text() -> str:
    """The document as it is kept and served."""
    return json.dumps(Document(public_operations()).to_json(), indent=1, ensure_ascii=False) + "\n"


def main() -> None:
    """Write the document where the profile serves it."""
    OPENAPI_FILE.write_text(as_text())
    print(OPENAPI_FILE)


if __name__ == "__main__":
    main()
