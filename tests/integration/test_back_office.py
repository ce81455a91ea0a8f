"""The back office answers beside the store, wherever services run."""

from __future__ import annotations

import httpx

from tests.integration.running_store import RunningStore


def test_a_stranger_is_asked_to_sign_in(running_store: RunningStore) -> None:
    with httpx.Client(base_url=running_store.base_url) as http:
        led = http.get("/admin")
        assert (led.status_code, led.headers["location"]) == (303, "/admin/sign-in?next=/")
        page = http.get("/admin/sign-in")
        assert page.status_code == 200
        assert "default-src 'none'" in page.headers["content-security-policy"]


def test_who_guesses_a_password_is_told_so_and_no_more(running_store: RunningStore) -> None:
    with httpx.Client(base_url=running_store.base_url) as http:
        page = http.get("/admin/sign-in")
        token = page.text.split('name="csrf" value="')[1].split('"')[0]
        typed = {"csrf": token, "email": "nobody@example.org", "password": "a guess at it"}
        answer = http.post("/admin/sign-in", data=typed)
        assert answer.status_code == 422
        assert "do not belong together" in answer.text
