"""People are invited, changed and disabled, and each has an account of his own."""

from __future__ import annotations

import re

import pyotp

from tests.unit.backoffice.browser import Browser
from tests.unit.backoffice.office import PASSWORD, Office

GRACE = "/people/grace%40example.org"


def secrets(text: str) -> list[str]:
    """What a page shows once."""
    return re.findall(r'<code class="secret">([^<]+)</code>', text)


async def invite(owner: Browser, *roles: str, email: str = "grace@example.org") -> str:
    """Invites somebody by the form; the link."""
    typed = {"email": email, "name": "Grace", "roles": list(roles), "locale": "de"}
    page = await owner.submit("/people/invite", typed)
    assert page.status_code == 200, page.text
    (link,) = secrets(page.text)
    return link


async def test_an_invited_colleague_comes_in_by_the_link(office: Office) -> None:
    link = await invite(await office.owner(), "warehouse")
    browser = office.browser()
    path = link.split("/admin", 1)[1]
    page = await browser.submit(
        path, {"name": "Grace", "password": PASSWORD, "password_again": PASSWORD}
    )
    assert page.status_code == 200
    assert "Grace" in page.text


async def test_whoever_is_known_is_not_invited_again(office: Office) -> None:
    owner = await office.owner()
    await invite(owner, "warehouse")
    typed = {"email": "grace@example.org", "name": "G", "roles": ["owner"], "locale": "en"}
    page = await owner.submit("/people/invite", typed)
    assert page.status_code == 422
    assert 'id="email-wrong"' in page.text


async def test_an_invitation_needs_a_role_and_keeps_what_was_typed(office: Office) -> None:
    owner = await office.owner()
    page = await owner.submit(
        "/people/invite", {"email": "grace@example.org", "name": "Grace", "locale": "en"}
    )
    assert page.status_code == 422
    assert 'value="grace@example.org"' in page.text


async def test_two_owners_who_change_one_person_see_both_versions(office: Office) -> None:
    ada = await office.owner()
    await office.colleague("warehouse")
    page = await ada.get(GRACE)
    typed = {"name": "Grace the First", "roles": ["warehouse"], "reason": "a title"}
    await ada.submit(GRACE, {**typed, "name": "Grace Hopper"}, at=GRACE)
    answer = await ada.send(page, GRACE, typed)
    assert answer.status_code == 422
    assert "Grace the First" in answer.text
    assert "Grace Hopper" in answer.text
    assert "meanwhile" in answer.text
    again = await ada.follow(await ada.send(answer, GRACE, typed))
    assert "Grace the First" in again.text


async def test_new_roles_take_the_old_ones_away(office: Office) -> None:
    ada, grace = await office.owner(), await office.colleague("auditor")
    assert (await grace.get("/audit")).status_code == 200
    await ada.submit(GRACE, {"name": "Grace", "roles": ["warehouse"], "reason": "moved"}, at=GRACE)
    grace = await office.sign_in("grace@example.org")
    assert (await grace.get("/audit")).status_code == 403


async def test_disabling_says_what_it_takes_and_lets_nobody_in(office: Office) -> None:
    ada, grace = await office.owner(), await office.colleague("auditor")
    token = {"token_name": "reports", "scopes": ["audit.read"], "days": "30"}
    page = await grace.send(await grace.get("/account"), "/tokens/create", token)
    assert len(secrets(page.text)) == 1
    asked = await ada.get(f"{GRACE}/disable")
    assert "1 API token opens nothing" in asked.text
    assert (await ada.send(asked, "/disable", {})).status_code == 422
    await ada.send(asked, "/disable", {"reason": "left"})
    assert (await grace.get("/")).status_code == 303
    refused = await office.browser().submit(
        "/sign-in", {"email": "grace@example.org", "password": PASSWORD}
    )
    assert refused.status_code == 422


async def test_the_last_owner_stays(office: Office) -> None:
    ada = await office.owner()
    path = "/people/ada%40example.org"
    page = await ada.submit(
        path, {"name": "Ada", "roles": ["auditor"], "reason": "enough"}, at=path
    )
    assert page.status_code == 422
    assert 'id="roles-wrong"' in page.text


async def test_a_second_factor_is_set_up_and_asked_for(office: Office) -> None:
    ada = await office.owner()
    page = await ada.send(await ada.get("/account"), "/second-factor/start", {"password": PASSWORD})
    assert "data:image/svg+xml" in page.text
    (shared,) = secrets(page.text)
    wrong = await ada.send(page, "/confirm", {"code": "000000"})
    assert wrong.status_code == 422
    assert shared in wrong.text
    codes = await ada.send(wrong, "/confirm", {"code": pyotp.TOTP(shared).now()})
    recovery = secrets(codes.text)
    assert len(recovery) > 1
    assert (await ada.get("/account")).status_code == 200
    browser = office.browser()
    asked = await browser.submit("/sign-in", {"email": "ada@example.org", "password": PASSWORD})
    assert 'name="code"' in asked.text
    assert (await browser.get("/")).status_code == 303
    refused = await browser.send(asked, "code?next=%2F", {"code": "nonsense"})
    assert refused.status_code == 422
    answer = await browser.send(refused, "code?next=%2F", {"code": recovery[0]})
    home = await browser.follow(answer)
    assert "Hello" in home.text


async def test_a_new_password_ends_all_other_sessions(office: Office) -> None:
    ada, other = await office.owner(), await office.sign_in()
    new = {"current_password": PASSWORD, "password": "another horse, a battery"}
    typed = {**new, "password_again": new["password"]}
    await ada.send(await ada.get("/account"), "/account/password", typed)
    assert (await ada.get("/account")).status_code == 200
    assert (await other.get("/account")).status_code == 303


async def test_one_ends_ones_other_sessions(office: Office) -> None:
    ada, other = await office.owner(), await office.sign_in()
    await ada.send(await ada.get("/account"), "/sessions/end", {})
    assert (await other.get("/account")).status_code == 303
    assert (await ada.get("/account")).status_code == 200


async def test_every_change_is_in_the_audit_log(office: Office) -> None:
    ada = await office.owner()
    await office.colleague("warehouse")
    await ada.submit(
        GRACE, {"name": "Grace", "roles": ["auditor"], "reason": "She asked for it"}, at=GRACE
    )
    page = await ada.get("/audit?subject=staff/person/grace%40example.org")
    assert "She asked for it" in page.text
    assert "Ada" in page.text
    found = await ada.get("/audit?author=nobody%40example.org")
    assert "no such entry" in found.text


async def test_the_audit_log_is_taken_away_as_a_file(office: Office) -> None:
    ada = await office.owner()
    answer = await ada.send(await ada.get("/audit"), "/audit/export", {})
    assert answer.headers["content-type"].startswith("text/csv")
    assert "attachment" in answer.headers["content-disposition"]
    assert "ada@example.org" in answer.text


async def test_a_filter_that_makes_no_sense_filters_nothing(office: Office) -> None:
    ada = await office.owner()
    assert (await ada.get("/audit?since=yesterday&until=9999-12-31")).status_code == 200
    assert (await ada.get("/audit?before=x")).status_code == 400
