"""Every form belongs to one session, keeps what was typed, and says what is wrong beside it."""

from __future__ import annotations

import pytest

from deployments.backoffice.guard import PageRoute
from tests.unit.backoffice.browser import forms_of
from tests.unit.backoffice.office import OWNER, PASSWORD, Office

TYPED = {"email": OWNER, "password": PASSWORD}


async def test_a_form_of_another_browser_is_refused(office: Office) -> None:
    await office.owner()
    mine, others = office.browser(), office.browser()
    (form,) = forms_of(await others.get("/sign-in"))
    await mine.get("/sign-in")
    answer = await mine.post("/sign-in", {**form.fields, **TYPED})
    assert answer.status_code == 403
    assert "out of date" in answer.text


@pytest.mark.parametrize("token", ["", "0" * 64, "ü"])
async def test_a_form_without_its_token_is_refused(office: Office, token: str) -> None:
    await office.owner()
    browser = office.browser()
    await browser.get("/sign-in")
    assert (await browser.post("/sign-in", {**TYPED, "csrf": token})).status_code == 403


async def test_a_form_that_another_site_sends_is_refused(office: Office) -> None:
    await office.owner()
    browser = office.browser(**{"Sec-Fetch-Site": "cross-site"})
    page = await browser.get("/sign-in")
    assert (await browser.send(page, "/sign-in", TYPED)).status_code == 403


async def test_no_page_takes_a_form_without_the_token_of_its_session(
    office: Office, posted: PageRoute
) -> None:
    owner = await office.owner()
    path = path_of(posted)
    if posted.takes_files:
        answer = await owner.upload(path, {"csrf": "0" * 64}, "a.csv", b"sku,price")
    else:
        answer = await owner.post(path, {"csrf": "0" * 64})
    assert answer.status_code == 403


def path_of(page: PageRoute) -> str:
    """The page's path, with something in the place of what varies."""
    return page.path.replace("{path:path}", "nowhere").replace("{", "").replace("}", "")


async def test_a_form_of_before_signing_in_is_of_no_use_after(office: Office) -> None:
    browser = office.browser()
    (form,) = forms_of(await browser.get("/sign-in"))
    page = await browser.submit(
        await office.owner_link(),
        {"email": OWNER, "name": "Ada", "password": PASSWORD, "password_again": PASSWORD},
    )
    assert page.status_code == 200
    answer = await browser.post("/language", {**form.fields, "language": "de"})
    assert answer.status_code == 403


async def test_what_was_typed_is_kept_but_no_password(office: Office) -> None:
    page = await office.browser().submit("/sign-in", {"email": OWNER, "password": "not that one"})
    assert page.status_code == 422
    assert f'value="{OWNER}"' in page.text
    assert "not that one" not in page.text


async def test_what_is_wrong_stands_beside_its_field(office: Office) -> None:
    page = await office.browser().submit("/sign-in", {"email": "", "password": ""})
    assert page.status_code == 422
    assert 'id="email-wrong"' in page.text
    assert 'aria-describedby="email-wrong"' in page.text


@pytest.mark.parametrize(
    ("content", "kind", "status"),
    [
        (b"a=1&" * 500, "application/x-www-form-urlencoded", 400),
        (b"\xff=\xff", "application/x-www-form-urlencoded", 400),
        (b"a=" + b"x" * 300_000, "application/x-www-form-urlencoded", 413),
        (b"{}", "application/json", 415),
        (b"email=%00", "application/x-www-form-urlencoded", 400),
    ],
)
async def test_what_is_no_form_of_ours_is_refused(
    office: Office, content: bytes, kind: str, status: int
) -> None:
    answer = await office.browser().http.post(
        "/admin/sign-in", content=content, headers={"Content-Type": kind}
    )
    assert answer.status_code == status
