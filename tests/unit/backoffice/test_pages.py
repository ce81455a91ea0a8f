"""What every page has: its headers, its language, its files, and an answer to what goes wrong."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from pydantic import JsonValue

from deployments.backoffice import renderer
from tests.conftest import ClientOf
from tests.unit.backoffice.office import Office

TEMPLATES = sorted((Path(renderer.__file__).parent / "templates").glob("*.html"))


@pytest.mark.parametrize("path", ["/sign-in", "/", "/nowhere", "/link/none"])
async def test_a_page_runs_nothing_of_others_and_is_kept_nowhere(office: Office, path: str) -> None:
    headers = (await (await office.owner()).get(path)).headers
    policy = headers["content-security-policy"]
    assert "default-src 'none'" in policy
    assert "frame-ancestors 'none'" in policy
    assert "unsafe" not in policy
    assert headers["cache-control"] == "no-store"
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["x-frame-options"] == "DENY"
    assert headers["referrer-policy"] == "same-origin"


@pytest.mark.parametrize("template", TEMPLATES, ids=lambda path: path.name)
def test_a_template_has_neither_script_nor_style_of_its_own(template: Path) -> None:
    text = template.read_text()
    assert not re.search(r"<script(?![^>]*\bsrc=)|<style|\sstyle=|\son\w+=", text)
    assert "|safe" not in text.replace(" ", "")


@pytest.mark.parametrize(
    ("value", "read"),
    [(["a", "b"], "a, b"), ([], "-"), (None, "-"), (True, "✓"), (0, "0"), ({"a": [1]}, "a: 1")],
)
def test_a_value_of_a_change_is_read_by_people(value: JsonValue, read: str) -> None:
    assert renderer.plain(value) == read


async def test_a_session_is_no_scripts_business(office: Office) -> None:
    browser = office.browser()
    answer = await browser.get("/sign-in")
    assert "httponly" in answer.headers["set-cookie"].lower()
    assert "samesite=lax" in answer.headers["set-cookie"].lower()


async def test_under_tls_cookies_are_this_hosts_alone(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("FIELDHOUSE_PUBLIC_URL", "https://store.example")
    answer = await office.browser().get("/sign-in")
    cookie = answer.headers["set-cookie"].lower()
    assert cookie.startswith("__host-fieldhouse-visit=")
    assert "secure" in cookie
    assert "path=/" in cookie
    assert "domain" not in cookie
    assert answer.headers["strict-transport-security"]


async def test_a_page_is_in_the_readers_language(office: Office) -> None:
    german = await office.browser(**{"Accept-Language": "de-AT, en;q=0.5"}).get("/sign-in")
    assert '<html lang="de">' in german.text
    assert "Anmelden" in german.text


async def test_a_language_that_somebody_chose_stays(office: Office) -> None:
    browser = office.browser()
    await browser.get("/sign-in")
    token = (await browser.get("/sign-in")).text.split('name="csrf" value="')[1].split('"')[0]
    await browser.post("/language", {"csrf": token, "language": "de"})
    assert '<html lang="de">' in (await browser.get("/sign-in")).text


async def test_files_of_pages_are_kept_by_their_address(office: Office) -> None:
    page = await office.browser().get("/sign-in")
    for address in re.findall(r'(?:href|src)="(/admin/static/[^"]+)"', page.text):
        file = await office.browser().http.get(address)
        assert file.status_code == 200
        assert "immutable" in file.headers["cache-control"]
        assert "v=" in address


@pytest.mark.parametrize("name", ["..%2frenderer.py", "htmx.LICENSE", "none.css"])
async def test_no_other_file_is_to_be_had(office: Office, name: str) -> None:
    answer = await office.browser().get(f"/static/{name}")
    assert answer.status_code in {404, 303}


async def test_what_is_not_there_says_so(office: Office) -> None:
    page = await (await office.owner()).get("/nowhere")
    assert page.status_code == 404
    assert "There is no such page" in page.text


async def test_a_link_that_is_none_says_so_to_anybody(office: Office) -> None:
    page = await office.browser().get("/link/none")
    assert page.status_code == 404


async def test_the_owners_link_is_used_once(office: Office) -> None:
    path = await office.owner_link()
    owner = await office.owner()
    assert (await owner.get(path)).status_code == 404


async def test_passwords_that_differ_are_refused(office: Office) -> None:
    page = await office.browser().submit(
        await office.owner_link(),
        {"email": "a@example.org", "name": "A", "password": "one two three", "password_again": "x"},
    )
    assert page.status_code == 422
    assert "not the same" in page.text


async def test_a_person_who_asks_too_often_is_told_to_wait(
    redis_of: ClientOf, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("FIELDHOUSE_RATE_LIMITS", "staff_read=5/day")
    owner = await Office(redis_of).owner()
    answers = [await owner.get("/account") for _ in range(6)]
    assert answers[0].status_code == 200
    assert answers[-1].status_code == 429
    assert int(answers[-1].headers["retry-after"]) > 0
