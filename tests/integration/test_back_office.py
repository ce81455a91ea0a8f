"""The back office answers beside the store, wherever services run."""

from __future__ import annotations

import httpx

from deployments.foundation.values.clock import utc_now
from deployments.staff.operator import Operator
from deployments.staff.store import StaffStore
from tests.eventually import eventually
from tests.integration.running_store import RunningStore
from tests.integration.shopper import Json
from tests.unit.backoffice.browser import Browser, forms_of
from tests.unit.backoffice.pictures.samples import picture

PRODUCT = "model-85"


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


async def test_a_picture_is_added_and_shown(running_store: RunningStore) -> None:
    """Whichever process takes it and whichever gives it out, they have the same directory."""
    async with running_store.redis("staff") as redis:
        link = await Operator(StaffStore(redis), utc_now).owner_link()
    assert link is not None
    browser = Browser(running_store.base_url)
    async with browser.http as http:
        await browser.become_owner(f"/link/{link.get_secret_value()}")
        page = await browser.open(f"/products/{PRODUCT}")
        (form,) = (one for one in forms_of(page) if one.action.endswith("/pictures/new"))
        sent = {**form.fields, "alt_text": "A tire", "reason": "new season"}
        file = {"files": ("tire.jpg", picture(), "image/jpeg")}
        answer = await http.post(form.action, data=sent, files=file, follow_redirects=True)
        assert "The pictures are there." in answer.text
        media: list[Json] = []

        async def shown() -> bool:
            found = await http.post("/catalog/product", json={"id": PRODUCT})
            media[:] = found.json()["product"].get("media", [])
            return bool(media)

        await eventually(shown)
        assert (media[0]["alt_text"], media[0]["width"]) == ("A tire", 640)
        path = media[0]["url"].removeprefix(running_store.base_url)
        read = await http.get(path)
        assert (read.status_code, read.headers["content-type"]) == (200, "image/jpeg")
        assert read.headers["cache-control"] == "public, max-age=31536000, immutable"
        head = await http.head(path)
        assert (head.status_code, head.headers["etag"]) == (200, read.headers["etag"])
        held = {"If-None-Match": read.headers["etag"]}
        assert (await http.get(path, headers=held)).status_code == 304
