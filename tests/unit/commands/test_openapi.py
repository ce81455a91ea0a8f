"""The API's document is the one that the code has, is whole, and is what the profile serves."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st
from jsonschema import Draft202012Validator
from starlette.requests import Request
from starlette.responses import Response

from commands.openapi import Document, as_text, public_operations
from commands.openapi_commons import PARAMETERS
from deployments.foundation.http.answers import ProtocolError
from deployments.foundation.http.callers import check_agent
from deployments.foundation.http.edge import http_app
from deployments.foundation.http.operations import Operation
from deployments.foundation.values.message import Message
from deployments.profile.routes import OPENAPI_FILE, ProfileRoutes
from deployments.topology import TOPOLOGY
from tests.conftest import ClientOf
from tests.in_process import URL, composed

CONFIG = Path(__file__).parents[3] / "serve_config.yaml"
FOR_STAFF = {one.prefix for one in TOPOLOGY if one.for_staff}
Json = dict[str, Any]


@pytest.fixture(scope="module")
def document() -> Json:
    served: Json = json.loads(OPENAPI_FILE.read_text())
    return served


def within(part: object) -> Iterator[Json]:
    """Every object of a document."""
    if isinstance(part, dict):
        yield part
        for value in part.values():
            yield from within(value)
    elif isinstance(part, list):
        for value in part:
            yield from within(value)


def test_the_document_that_is_kept_is_the_one_that_the_code_has() -> None:
    assert OPENAPI_FILE.read_text() == as_text(), "run `make openapi`, and look at the difference"


def test_every_application_with_a_prefix_is_described() -> None:
    applications = yaml.safe_load(CONFIG.read_text())["applications"]
    prefixes = {one["route_prefix"] for one in applications} - {None}
    assert set(public_operations()) == prefixes - FOR_STAFF


def test_every_route_of_the_store_is_in_the_document_and_no_other(
    document: Json, redis_of: ClientOf
) -> None:
    described = {
        (method.upper(), path) for path, one in document["paths"].items() for method in one
    }
    answered = {
        (method, f"{one.prefix}{route.path}".rstrip("/"))
        for one in composed(redis_of).public()
        if one.prefix not in FOR_STAFF
        for route in one.routes
        for method in (route.methods or set()) - {"HEAD"}
    }
    assert described == answered


def test_operations_have_ids_of_their_own(document: Json) -> None:
    ids = [one["operationId"] for path in document["paths"].values() for one in path.values()]
    assert len(ids) == len(set(ids))


def test_the_document_needs_nothing_else_to_be_read(document: Json) -> None:
    for part in within(document):
        reference = part.get("$ref")
        if isinstance(reference, str):
            found: Any = document
            assert reference.startswith("#/")
            for step in reference.removeprefix("#/").split("/"):
                found = found[step]
            assert found


def test_every_component_is_a_schema_that_something_refers_to(document: Json) -> None:
    referred = {part["$ref"] for part in within(document) if isinstance(part.get("$ref"), str)}
    for name, schema in document["components"]["schemas"].items():
        Draft202012Validator.check_schema(schema)
        assert f"#/components/schemas/{name}" in referred, name


async def test_the_profile_serves_it_for_caches_to_keep(document: Json) -> None:
    app = http_app(ProfileRoutes(URL).routes())
    transport = httpx.ASGITransport(app, root_path="/.well-known")
    async with httpx.AsyncClient(transport=transport, base_url=URL) as http:
        response = await http.get("/.well-known/openapi.json")
    assert response.json() == document
    assert response.headers["content-type"] == "application/json"
    assert response.headers["cache-control"] == "public, max-age=300"


class _Hook(Message):
    url: str


class Shown(Message):
    id: str
    hook: _Hook


async def absent(_request: Request) -> Response:
    raise AssertionError("an operation is described without being called")


def problem_service() -> list[Operation]:
    post = Operation(
        "POST",
        "/",
        absent,
        id="add_hook",
        summary="Add",
        bodies=(_Hook,),
        answers={201: Shown},
        errors={422: "The address is not public."},
        dialect="problem",
    )
    delete = Operation(
        "DELETE", "/{id}", absent, id="end", summary="End", answers={204: None}, dialect="problem"
    )
    return [post, delete]


def test_a_service_that_is_not_ucps_is_described_with_its_own_models_and_problem_details() -> None:
    described = Document({"/hooks": problem_service()}).to_json()
    test_the_document_needs_nothing_else_to_be_read(described)
    test_every_component_is_a_schema_that_something_refers_to(described)
    problem = {"application/problem+json": {"schema": {"$ref": "#/components/schemas/Problem"}}}
    for answer in described["components"]["responses"].values():
        assert answer["content"] == problem
    added, ended = described["paths"]["/hooks"]["post"], described["paths"]["/hooks/{id}"]["delete"]
    assert added["responses"]["422"]["content"] == problem
    assert added["responses"]["422"]["description"].endswith("The address is not public.")
    shown = added["responses"]["201"]["content"]["application/json"]["schema"]
    assert shown == {"$ref": "#/components/schemas/ShownAnswer"}
    assert ended["responses"]["204"]["content"] == {}
    assert ended["responses"]["404"] == {"$ref": "#/components/responses/problem_404"}


def test_services_of_both_kinds_are_described_side_by_side() -> None:
    services = {**public_operations(), "/hooks": problem_service()}
    described = Document(services).to_json()
    test_the_document_needs_nothing_else_to_be_read(described)
    test_every_component_is_a_schema_that_something_refers_to(described)
    assert (
        described["paths"]["/carts"] == Document(public_operations()).to_json()["paths"]["/carts"]
    )


def words(name: str) -> str:
    return re.sub(r"[^a-z0-9]", "", name.lower())


def test_names_differ_by_more_than_case_and_punctuation(document: Json) -> None:
    """A generator makes classes and files of them, on systems that tell no case."""
    schemas = document["components"]["schemas"]
    titled = [schema["title"] for schema in schemas.values() if "title" in schema]
    assert titled == [name for name, schema in schemas.items() if "title" in schema]
    assert len({words(name) for name in schemas}) == len(schemas)


def test_every_object_and_every_choice_has_a_name(document: Json) -> None:
    """So that a generator need not invent one, which might be another's."""
    top = document["components"]["schemas"].values()
    inner = [part for schema in top for part in within(schema) if part is not schema]
    inner += [part for one in document["paths"].values() for part in within(one)]
    assert [part for part in inner if part.get("type") == "object" or "enum" in part] == []


def test_nothing_in_it_is_beyond_generators(document: Json) -> None:
    for part in within(document["components"]["schemas"]):
        assert not part.keys() & {"allOf", "if", "then", "not", "contains", "$defs"}
        if "default" in part and "enum" in part:
            assert part["default"] in part["enum"]


def test_what_is_sent_is_asked_for_as_the_store_takes_it(document: Json) -> None:
    """A platform must send an Idempotency-Key, and may have a port and hyphens in its profile."""
    parameters = document["components"]["parameters"]
    assert parameters["idempotency_key"]["required"]
    pattern = re.compile(parameters["ucp_agent"]["schema"]["pattern"])
    for profile in ("https://my-agent.example:8443/a-b_c?d=e", "http://127.0.0.1/p"):
        assert pattern.search(f'profile="{profile}"')
        assert pattern.search(f'version=1, profile="{profile}";v=1')


@given(st.text(st.characters(codec="ascii", exclude_categories=["Cc"])))
def test_the_document_takes_the_agents_that_the_store_takes(value: str) -> None:
    schema = PARAMETERS["ucp_agent"]["schema"]
    request = Request({"type": "http", "headers": [(b"ucp-agent", value.encode())]})
    try:
        check_agent(request)
        taken = True
    except ProtocolError:
        taken = False
    assert Draft202012Validator(schema).is_valid(value) == taken
