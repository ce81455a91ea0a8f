"""The API does what the pages do, for tokens, and no more than their scopes allow."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

import httpx
import pytest
from jsonschema import Draft202012Validator
from pydantic import SecretStr

from deployments.backoffice.tokens import Action
from deployments.staff.contract.credentials import Credential
from deployments.staff.contract.permissions import ListRoles, Permission
from deployments.staff.contract.tokens import CreateToken
from tests.unit.backoffice.office import Office

SKU = "TI-M267"


class Program:
    """A program with a token of the owner's."""

    def __init__(self, office: Office, http: httpx.AsyncClient) -> None:
        self.office, self._http = office, http

    async def token(self, *scopes: Permission) -> str:
        session = self.office.session()
        made = await self.office.staff.create_token(
            CreateToken(by=Credential(session=SecretStr(session)), name="p", scopes=scopes)
        )
        return made.secret.get_secret_value()

    async def ask(
        self, method: str, path: str, token: str = "", body: object = None
    ) -> httpx.Response:
        headers = {"Authorization": f"Bearer {token}"} if token else {}
        return await self._http.request(method, f"/admin{path}", json=body, headers=headers)


@pytest.fixture
async def program(office: Office) -> AsyncIterator[Program]:
    await office.host.start(consume=False)
    await office.owner()
    transport = httpx.ASGITransport(office.app)
    async with httpx.AsyncClient(transport=transport, base_url="http://store") as http:
        yield Program(office, http)


def path_of(action: Action) -> str:
    return action.path.replace("{", "").replace("}", "")


async def test_every_action_needs_a_token_with_its_scope(
    program: Program, actions: list[Action]
) -> None:
    scopes = (await program.office.staff.roles(ListRoles())).token_scopes
    tokens = {scope: await program.token(scope) for scope in sorted({a.needs for a in actions})}
    assert set(tokens) <= set(scopes)
    for action in actions:
        body: dict[str, Any] | None = {} if action.body else None
        nobody = await program.ask(action.method, path_of(action), body=body)
        assert (nobody.status_code, nobody.json()["code"]) == (401, "not_signed_in")
        assert nobody.headers["www-authenticate"] == "Bearer"
        for scope, token in tokens.items():
            answer = await program.ask(action.method, path_of(action), token, body)
            may = scope == action.needs
            assert (answer.status_code != 403) == may, (action.path, scope, answer.text)
            assert answer.status_code not in {401, 500}, answer.text


async def test_a_session_is_no_token(program: Program) -> None:
    session = program.office.session()
    cookie = {"Cookie": f"fieldhouse-session={session}"}
    transport = httpx.ASGITransport(program.office.app)
    async with httpx.AsyncClient(transport=transport, base_url="http://store") as http:
        assert (await http.get("/admin/api/orders", headers=cookie)).status_code == 401
    assert (await program.ask("GET", "/api/orders", session)).status_code == 401


async def test_errors_are_problem_details(program: Program) -> None:
    token = await program.token("catalogue.read", "prices.change")
    answer = await program.ask("GET", "/api/products/none", token)
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.json()["status"] == 404
    for path in ("/api/products?limit=many", "/api/products?state=odd", "/api/products?cursor=-1"):
        assert (await program.ask("GET", path, token)).status_code == 400
    wrong = await program.ask("POST", "/api/prices", token, {"sku": SKU, "price": -1})
    assert wrong.status_code == 400
    assert (await program.ask("GET", "/api/nowhere", token)).status_code == 404


async def test_a_program_changes_a_price_and_the_stock(program: Program) -> None:
    token = await program.token("prices.change", "catalogue.read", "stock.change", "stock.read")
    body = {"sku": SKU, "price": 1999, "reason": "sale"}
    changed = await program.ask("POST", "/api/prices", token, body)
    assert (changed.status_code, changed.json()["price"]) == (200, 1999)
    levels = (await program.ask("GET", f"/api/stock/{SKU}", token)).json()["levels"]
    where = levels[0]["location_id"]
    row = {"sku": SKU, "location_id": where, "quantity": 3}
    receipt = {"key": "receipt-1", "rows": [row], "reason": "delivery"}
    for _ in range(2):
        answer = await program.ask("POST", "/api/stock/receipts", token, receipt)
        assert answer.status_code == 200, answer.text
    after = (await program.ask("GET", f"/api/stock/{SKU}", token)).json()["levels"]
    assert after[0]["available"] == levels[0]["available"] + 3


async def test_a_program_plans_a_price_and_takes_it_back(program: Program) -> None:
    token = await program.token("prices.change", "catalogue.read")
    plan = {"sku": SKU, "price": 1999, "starts": "2036-12-01T00:00:00Z", "revision": 1}
    planned = await program.ask("POST", "/api/planned-prices", token, plan)
    assert (planned.status_code, planned.json()["scheduled"]["price"]) == (200, 1999)
    none = {**plan, "price": None}
    stale = await program.ask("POST", "/api/planned-prices", token, none)
    assert (stale.status_code, stale.json()["code"]) == (409, "stale_revision")
    taken_back = await program.ask("POST", "/api/planned-prices", token, {**none, "revision": 2})
    assert (taken_back.status_code, taken_back.json()) == (200, {})
    document = (await program.ask("GET", f"/api/products/{SKU}", token)).json()
    assert document["scheduled"] == []


async def test_a_program_makes_changes_and_removes_a_price_list(program: Program) -> None:
    token = await program.token("promotions.read", "promotions.change")
    entries = [{"sku": SKU, "price": 2000}, {"sku": SKU, "at_least": 10, "price": 1750}]
    made = {
        "id": "trade",
        "title": "Trade",
        "groups": ["resellers"],
        "starts": "2026-01-01T00:00:00Z",
        "ends": "2036-12-31T00:00:00Z",
        "entries": entries,
    }
    first = await program.ask("PUT", "/api/price-lists", token, {"price_list": made})
    assert (first.status_code, first.json()["revision"]) == (200, 1)
    changed = {"price_list": {**made, "entries": entries[:1]}, "revision": 1}
    second = await program.ask("PUT", "/api/price-lists", token, changed)
    assert second.json()["revision"] == 2
    where = "/api/price-lists/trade/removal"
    stale = await program.ask("POST", where, token, {"revision": 1})
    assert (stale.status_code, stale.json()["code"]) == (409, "stale_revision")
    gone = await program.ask("POST", where, token, {"revision": 2, "reason": "over"})
    assert (gone.status_code, gone.json()) == (200, {"id": "trade"})
    assert (await program.ask("POST", where, token, {"revision": 3})).status_code == 404
    lists = (await program.ask("GET", "/api/price-lists", token)).json()
    assert lists["price_lists"] == []


async def test_a_stale_revision_is_a_conflict(program: Program) -> None:
    token = await program.token("catalogue.read", "catalogue.change")
    document: dict[str, Any] = (await program.ask("GET", f"/api/products/{SKU}", token)).json()
    document.pop("scheduled", None)
    document["product"]["title"] = "First"
    first = await program.ask("PUT", "/api/products", token, document)
    assert first.status_code == 200, first.text
    document["product"]["title"] = "Second"
    second = await program.ask("PUT", "/api/products", token, document)
    assert (second.status_code, second.json()["code"]) == (409, "stale_revision")


async def test_the_document_describes_every_action(program: Program, actions: list[Action]) -> None:
    answer = await program.ask("GET", "/api/openapi.json")
    document = answer.json()
    described = {
        (method.upper(), path) for path, one in document["paths"].items() for method in one
    }
    assert described == {(one.method, f"/admin{one.path}") for one in actions}
    for schema in document["components"]["schemas"].values():
        Draft202012Validator.check_schema(schema)


async def test_a_program_makes_a_code_once(program: Program) -> None:
    token = await program.token("promotions.read", "promotions.change")
    code = {
        "code": "SUMMER",
        "title": "Summer",
        "kind": "percent",
        "percent": "10",
        "starts": "2026-01-01T00:00:00Z",
        "ends": "2036-01-01T00:00:00Z",
    }
    made = await program.ask("PUT", "/api/codes", token, {"code": code, "reason": "it is warm"})
    assert made.status_code == 200, made.text
    found = (await program.ask("GET", "/api/codes?text=summer", token)).json()
    assert [one["code"]["title"] for one in found["codes"]] == ["Summer"]
    other = {"code": {**code, "percent": "20"}, "reason": "hot"}
    assert (await program.ask("PUT", "/api/codes", token, other)).status_code == 409
