"""Every page says what it needs, and whoever has not that is refused."""

from __future__ import annotations

from typing import Any

import pytest

from deployments.backoffice.guard import ANYBODY, PageRoute
from deployments.staff.contract.permissions import ROLES, ListRoles, Role
from tests.unit.backoffice.browser import forms_of
from tests.unit.backoffice.office import OWNER, PASSWORD, Office
from tests.unit.backoffice.test_forms import path_of

OPEN = {"/sign-in", "/sign-in/code", "/sign-out", "/link/{secret}", "/language"}
"""What anybody may see: all else needs somebody."""


def test_only_the_doors_are_open_to_anybody(page: PageRoute) -> None:
    assert (page.needs == ANYBODY) == (page.path in OPEN)


@pytest.mark.parametrize("role", ROLES)
async def test_a_role_opens_the_pages_that_the_table_says_and_no_other(
    office: Office, role: Role, pages: list[PageRoute]
) -> None:
    await office.host.start(consume=False)
    browser = await office.colleague(role)
    table = {one.role: one.permissions for one in (await office.staff.roles(ListRoles())).roles}
    for page in (one for one in pages if one.needs != ANYBODY):
        fields = {"csrf": await browser.token()} if page.method == "POST" else None
        answer = await browser.http.request(page.method, f"/admin{path_of(page)}", data=fields)
        may = page.needs in table[role]
        assert (answer.status_code != 403) == may, (page.method, page.path, answer.status_code)
        assert answer.status_code != 500, page.path
        assert answer.headers.get("location", "").find("/sign-in") < 0, page.path


async def test_a_stranger_is_sent_to_sign_in(office: Office, guarded: PageRoute) -> None:
    browser = office.browser()
    answer = await browser.http.request(guarded.method, f"/admin{path_of(guarded)}")
    assert answer.status_code == 303
    assert answer.headers["location"].startswith("/admin/sign-in?next=")


@pytest.mark.parametrize("cookie", ["x", "0" * 64, "ä" * 10])
async def test_a_session_that_is_none_opens_nothing(office: Office, cookie: str) -> None:
    await office.owner()
    browser = office.browser(Cookie=f"fieldhouse-session={cookie.encode().hex()}")
    assert (await browser.get("/")).status_code == 303


async def test_a_session_ends_with_signing_out(office: Office) -> None:
    owner = await office.owner()
    session = owner.http.cookies["fieldhouse-session"]
    page = await owner.get("/")
    await owner.send(page, "/sign-out", {})
    assert "fieldhouse-session" not in owner.http.cookies
    thief = office.browser(Cookie=f"fieldhouse-session={session}")
    assert (await thief.get("/")).status_code == 303


async def test_signing_in_gives_a_session_that_nobody_knew_before(office: Office) -> None:
    """Whoever put a cookie into another's browser knows nothing of his session (fixation)."""
    await office.owner()
    browser = office.browser(Cookie="fieldhouse-session=chosen-by-somebody-else")
    (form,) = forms_of(await browser.get("/sign-in"))
    answer = await browser.post("/sign-in", {**form.fields, "email": OWNER, "password": PASSWORD})
    assert answer.status_code == 303
    assert answer.cookies["fieldhouse-session"] != "chosen-by-somebody-else"
    thief = office.browser(Cookie="fieldhouse-session=chosen-by-somebody-else")
    assert (await thief.get("/")).status_code == 303


@pytest.mark.parametrize(
    ("wanted", "gets"),
    [
        ("/nowhere", "/admin/nowhere"),
        ("//elsewhere.example", "/admin/"),
        ("/\\elsewhere.example", "/admin/"),
        ("https://elsewhere.example", "/admin/"),
        ("", "/admin/"),
    ],
)
async def test_signing_in_leads_to_a_page_of_the_back_office(
    office: Office, wanted: str, gets: str
) -> None:
    await office.owner()
    browser = office.browser()
    page = await browser.http.get("/admin/sign-in", params={"next": wanted})
    typed: dict[str, Any] = {"email": OWNER, "password": PASSWORD}
    (form,) = forms_of(page)
    answer = await browser.http.post(str(page.url.join(form.action)), data={**form.fields, **typed})
    assert (answer.status_code, answer.headers["location"]) == (303, gets)
