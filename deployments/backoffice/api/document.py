"""The API's document (OpenAPI 3.1), made of its actions, so that it cannot be stale."""

from __future__ import annotations

import re
from collections.abc import Awaitable, Callable, Sequence
from typing import Any

from pydantic import BaseModel
from pydantic.json_schema import models_json_schema
from pydantic_core import to_json
from starlette.requests import Request
from starlette.responses import Response

from deployments.backoffice.tokens import Action

_SCHEMAS = "#/components/schemas/{model}"
_PREFIX = "/admin"
_PROBLEM = {
    "type": "object",
    "description": "What is wrong (RFC 9457), and what to do.",
    "required": ["type", "title", "status", "detail", "code"],
    "properties": {
        **{name: {"type": "string"} for name in ("type", "title", "detail", "code")},
        "status": {"type": "integer"},
    },
}
_MAY_BE = {
    "400": "The request is not what the action takes.",
    "401": "There is no token, or it has ended.",
    "403": "The token does not allow this.",
    "404": "There is no such thing.",
    "409": "The state of things does not allow it; nothing was changed.",
    "422": "The values do not make sense.",
    "429": "Too many requests: repeat it after `Retry-After` seconds.",
    "503": "A service does not answer: repeat it.",
}
Json = dict[str, Any]
_FILE: Json = {"schema": {"type": "string", "format": "binary"}}


def serving(actions: Sequence[Action]) -> Callable[[Request], Awaitable[Response]]:
    """A handler that serves the document of these actions."""
    text = to_json(document(actions), indent=1)

    async def serve(_request: Request) -> Response:
        return Response(text, media_type="application/json")

    return serve


def document(actions: Sequence[Action]) -> Json:
    """The whole document."""
    models = {one.body for one in actions} | {one.answer for one in actions}
    ordered = sorted((one for one in models if one is not None), key=lambda one: one.__name__)
    references, definitions = models_json_schema(
        [(one, "validation") for one in ordered], ref_template=_SCHEMAS
    )
    schema_of = {model: references[model, "validation"] for model in ordered}
    paths: Json = {}
    for one in actions:
        described = _operation(one, schema_of)
        paths.setdefault(f"{_PREFIX}{one.path}", {})[one.method.lower()] = described
    return {
        "openapi": "3.1.0",
        "info": {"title": "Fieldhouse back office", "version": "1"},
        "servers": [{"url": "/"}],
        "security": [{"token": []}],
        "paths": paths,
        "components": {
            "schemas": {**definitions.get("$defs", {}), "Problem": _PROBLEM},
            "securitySchemes": {"token": {"type": "http", "scheme": "bearer"}},
        },
    }


def _operation(one: Action, schema_of: dict[type[BaseModel], Json]) -> Json:
    named = re.sub(r"\W+", "_", f"{one.method.lower()}{one.path}").strip("_")
    described: Json = {
        "operationId": named,
        "summary": one.summary,
        "description": f"Needs the scope `{one.needs}`.",
        "parameters": [*_in_path(one), *_in_query(one)],
        "responses": {
            "200": _answer(one, schema_of),
            **{status: _problem(sentence) for status, sentence in _MAY_BE.items()},
        },
    }
    if one.takes:
        described["requestBody"] = {"required": True, "content": dict.fromkeys(one.takes, _FILE)}
    if one.body is not None:
        body = _content("", schema_of[one.body], "application/json")["content"]
        described["requestBody"] = {"required": True, "content": body}
    return described


def _answer(one: Action, schema_of: dict[type[BaseModel], Json]) -> Json:
    if one.answer is not None:
        return _content("It is so.", schema_of[one.answer], "application/json")
    return {"description": "The file.", "content": dict.fromkeys(one.gives, _FILE)}


def _in_path(one: Action) -> list[Json]:
    names = re.findall(r"{(\w+)}", one.path)
    text = {"type": "string", "minLength": 1, "maxLength": 255}
    return [{"name": name, "in": "path", "required": True, "schema": text} for name in names]


def _in_query(one: Action) -> list[Json]:
    if one.query is None:
        return []
    schema = one.query.model_json_schema()
    return [
        {"name": name, "in": "query", "schema": part} for name, part in schema["properties"].items()
    ]


def _content(description: str, schema: Json, kind: str) -> Json:
    return {"description": description, "content": {kind: {"schema": schema}}}


def _problem(sentence: str) -> Json:
    schema = {"$ref": _SCHEMAS.format(model="Problem")}
    return _content(sentence, schema, "application/problem+json")
