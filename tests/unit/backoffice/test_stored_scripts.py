"""What somebody types is shown as text, wherever it turns up."""

from __future__ import annotations

from tests.unit.backoffice.office import PASSWORD, Office

SCRIPT = '"><script>alert(1)</script><img src=x onerror=alert(1)>'


def is_harmless(text: str) -> bool:
    return "<script>alert" not in text and "<img src=x" not in text


async def test_names_and_reasons_of_people(office: Office) -> None:
    ada = await office.owner()
    typed = {
        "email": "grace@example.org",
        "name": SCRIPT,
        "roles": ["owner"],
        "locale": "en",
        "reason": SCRIPT,
    }
    pages = [await ada.submit("/people/invite", typed)]
    profile = {"name": SCRIPT, "locale": "en"}
    await ada.send(await ada.get("/account"), "/profile", profile)
    token = {"token_name": SCRIPT, "scopes": ["audit.read"], "days": "1"}
    pages.append(await ada.send(await ada.get("/account"), "/tokens/create", token))
    paths = ("/", "/people", "/people/grace%40example.org", "/audit", "/account")
    pages += [await ada.get(path) for path in paths]
    shown = [page for page in pages if "alert(1)" in page.text]
    assert len(shown) >= 6
    assert all(is_harmless(page.text) for page in pages)


async def test_what_a_refused_form_shows_again(office: Office) -> None:
    page = await office.browser().submit("/sign-in", {"email": SCRIPT, "password": PASSWORD})
    assert "alert(1)" in page.text
    assert is_harmless(page.text)


async def test_what_an_address_says(office: Office) -> None:
    ada = await office.owner()
    for path in ("/people?q=", "/audit?author=", "/audit?subject=", "/sign-in?next="):
        page = await ada.http.get(f"/admin{path}{SCRIPT}")
        assert is_harmless(page.text), path
    assert is_harmless((await ada.http.get(f"/admin/people/{SCRIPT}")).text)
