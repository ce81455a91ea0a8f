"""Writes the OpenAPI document of the store's HTTP API, made of the routes of all rooms.

    python -m commands.openapi

The profile serves what this writes. What an operation takes and answers is said beside its route;
what every operation has in common is said here.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from http import HTTPStatus
from typing import Any

from pydantic import BaseModel
from pydantic.json_schema import models_json_schema

from commands.openapi_commons import (
    DESCRIPTION,
    HEADERS,
    PARAMETERS,
    PROTOCOL_ERROR,
    RESPONSES,
    VERSION_SHOWN,
    common_statuses,
    content,
    parameters,
    ref,
)
from commands.published_schemas import Components
from deployments.carts.routes import CartsRoutes
from deployments.catalog.routes import CatalogRoutes
from deployments.checkout.routes import CheckoutRoutes
from deployments.foundation.operations import Operation
from deployments.foundation.ucp import VERSION, Json
from deployments.orders.routes import OrdersRoutes
from deployments.profile.routes import OPENAPI_FILE, ProfileRoutes

_ABSENT: Any = None
"""Stands for the service: an operation is described without being called."""
_REQUESTS = "#/components/schemas/request."


def public_operations() -> Mapping[str, Sequence[Operation]]:
    """The operations of every room that has any, under its prefix."""
    return {
        "/.well-known": ProfileRoutes("").routes(),
        "/catalog": CatalogRoutes(_ABSENT).routes(),
        "/carts": CartsRoutes(_ABSENT, {}).routes(),
        "/checkout-sessions": CheckoutRoutes(_ABSENT, {}).routes(),
        "/orders": OrdersRoutes(_ABSENT, {}).routes(),
    }


class Document:
    """The OpenAPI document of these operations."""

    def __init__(self, rooms: Mapping[str, Sequence[Operation]]) -> None:
        self._rooms = rooms
        self._published = Components()
        models = {body for room in rooms.values() for one in room for body in one.bodies}
        self._bodies, self._models = _request_schemas(models)

    def to_json(self) -> Json:
        """The whole document."""
        paths = self._paths()
        schemas = self._published.schemas | self._models | {"protocol_error": PROTOCOL_ERROR}
        return {
            "openapi": "3.1.0",
            "info": {"title": "Fieldhouse", "version": VERSION, "description": DESCRIPTION},
            "servers": [{"url": "/"}],
            "paths": paths,
            "components": {
                "schemas": dict(sorted(schemas.items())),
                "parameters": PARAMETERS,
                "headers": HEADERS,
                "responses": RESPONSES,
                "securitySchemes": {
                    "platform_key": {"type": "apiKey", "in": "header", "name": "X-API-Key"}
                },
            },
        }

    def _paths(self) -> Json:
        paths: Json = {}
        for prefix, operations in self._rooms.items():
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
        return content(schemas[0] if len(schemas) == 1 else {"anyOf": schemas})

    def _responses(self, prefix: str, one: Operation) -> Json:
        common = common_statuses(one)
        answers: Json = {status: ref("responses", status) for status in common}
        for status, schema in one.answers.items():
            name = str(status)
            schemas = [self._published.take_in(schema)]
            schemas += [ref("schemas", "protocol_error")] if name in common else []
            answers[name] = {
                "description": HTTPStatus(status).phrase,
                "headers": VERSION_SHOWN if self._has_versions(prefix) else {},
                "content": content(schemas[0] if len(schemas) == 1 else {"anyOf": schemas}),
                "links": self._links(prefix) if status == HTTPStatus.CREATED else {},
            }
        return dict(sorted(answers.items()))

    def _has_versions(self, prefix: str) -> bool:
        return any(one.versioned for one in self._rooms[prefix])

    def _links(self, prefix: str) -> Json:
        """Where what is created here can be seen, changed and ended."""
        return {
            other.id: {"operationId": other.id, "parameters": {"id": "$response.body#/id"}}
            for other in self._rooms[prefix]
            if "{id}" in other.path
        }


def _request_schemas(models: Iterable[type[BaseModel]]) -> tuple[dict[type[BaseModel], Json], Json]:
    """How each model is referred to, and all the components that they consist of."""
    ordered = sorted(models, key=lambda model: (model.__module__, model.__name__))
    references, definitions = models_json_schema(
        [(model, "validation") for model in ordered], ref_template=_REQUESTS + "{model}"
    )
    whole = [definitions["$defs"], [references[model, "validation"] for model in ordered]]
    # A model that is private to its room is none to those who read the document.
    public = json.loads(json.dumps(whole).replace(f'"{_REQUESTS}_', f'"{_REQUESTS}'))
    named = {f"request.{name.removeprefix('_')}": schema for name, schema in public[0].items()}
    assert len(named) == len(public[0])  # noqa: S101 - two models of one name would be mixed up.
    return dict(zip(ordered, public[1], strict=True)), named


def as_text() -> str:
    """The document as it is kept and served."""
    return json.dumps(Document(public_operations()).to_json(), indent=1, ensure_ascii=False) + "\n"


def main() -> None:
    """Write the document where the profile serves it."""
    OPENAPI_FILE.write_text(as_text())
    print(OPENAPI_FILE)


if __name__ == "__main__":
    main()
