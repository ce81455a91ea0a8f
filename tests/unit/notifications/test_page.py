"""The page that a link in a mail leads to: looking changes nothing, one POST does."""

from __future__ import annotations

import hashlib
import html
import re
from base64 import b64encode
from collections.abc import AsyncIterator
from urllib.parse import quote, urljoin

import httpx
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from starlette.types import Receive, Scope, Send

from commands.openapi import public_operations
from deployments.foundation.http.edge import http_app
from deployments.foundation.http.rate_limits import RateLimits, parse_rates
from deployments.notifications.contract import Addressee
from deployments.notifications.deployment import outlet_of_settings as outlet
from deployments.notifications.store import SERVICE
from tests.served import served
from tests.unit.notifications.composed_notifications import LINKS, ComposedNotifications
from tests.unit.notifications.sample_events import ADA, abandoned
from tests.unit.notifications.smtp_server import SmtpServer

PREFIX = "/mail"
FORM = re.compile(r'<form method="post" action="([^"]+)">\s*<button>([^<]+)</button>')
NO_MORE, AGAIN = "No more reminders, please", "Send me reminders again"
ONE_CLICK = {"List-Unsubscribe": "One-Click"}


@pytest.fixture
async def http(notifications: ComposedNotifications) -> AsyncIterator[httpx.AsyncClient]:
    """A client of the service behind a real server; an address has five requests a minute."""
    limits = RateLimits(
        notifications.redis_of(SERVICE),
        SERVICE,
        {},
        rates=parse_rates("address=5/minute"),
        proxies=1,
    )
    routes = http_app(notifications.composed().routes, limits)

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        await routes({**scope, "root_path": PREFIX}, receive, send)

    async with served(app) as url, httpx.AsyncClient(base_url=url) as client:
        yield client


@pytest.fixture
async def link(notifications: ComposedNotifications, smtp: SmtpServer) -> str:
    """Where the link of a reminder leads."""
    await notifications.publish(abandoned())
    async with notifications.consuming():
        await notifications.settled()
    (mail,) = smtp.mails()
    smtp.taken.clear()
    url = str(mail["List-Unsubscribe"]).strip("<>")
    assert url.startswith(f"{LINKS}/")
    return url.removeprefix("https://store.example")


async def promotional(notifications: ComposedNotifications) -> bool:
    return (await notifications.service().preferences(Addressee(address=ADA))).promotional


def button(response: httpx.Response) -> tuple[str, str]:
    """Where the page's only form posts to, and what its button says."""
    assert response.status_code == 200
    ((action, label),) = FORM.findall(response.text)
    return urljoin(response.request.url.path, html.unescape(action)), label


async def test_looking_changes_nothing(
    notifications: ComposedNotifications, http: httpx.AsyncClient, link: str
) -> None:
    for method in ("GET", "HEAD", "GET"):
        response = await http.request(method, link)
        assert response.status_code == 200
        assert response.headers["content-type"] == "text/html; charset=utf-8"
    assert button(response) == (link, NO_MORE)
    assert await promotional(notifications)


async def test_the_button_ends_reminders_and_another_brings_them_back(
    notifications: ComposedNotifications, http: httpx.AsyncClient, link: str, smtp: SmtpServer
) -> None:
    ended = await http.post(button(await http.get(link))[0])
    assert "You get no more reminders" in ended.text
    assert not await promotional(notifications)
    assert button(await http.get(link)) == button(ended)
    assert button(ended)[1] == AGAIN
    await notifications.publish(abandoned(2))
    async with notifications.consuming():
        await notifications.settled()
    assert smtp.taken == []

    back = await http.post(button(ended)[0])
    assert button(back) == (link, NO_MORE)
    assert await promotional(notifications)


@pytest.mark.parametrize(
    "body",
    [
        {"data": ONE_CLICK},
        {"files": {"List-Unsubscribe": (None, "One-Click")}},
        {"content": b""},
        {"content": b"\xff" * 100_000},
    ],
    ids=["form", "multipart", "nothing", "rubbish"],
)
async def test_one_click_of_a_mail_program_is_enough(
    notifications: ComposedNotifications,
    http: httpx.AsyncClient,
    link: str,
    body: dict[str, object],
) -> None:
    for _ in range(2):  # Twice is no mistake.
        response = await http.post(link, **body)  # type: ignore[arg-type]
        assert response.status_code == 200
        assert "set-cookie" not in response.headers
        assert not await promotional(notifications)


@pytest.mark.parametrize("method", ["GET", "POST"])
@pytest.mark.parametrize("verb", ["unsubscribe", "resubscribe"])
async def test_a_link_of_somebody_elses_making_is_not_found(
    notifications: ComposedNotifications, http: httpx.AsyncClient, link: str, method: str, verb: str
) -> None:
    token = link.rpartition("/")[2]
    other = f"{token[:-1]}{'0' if token[-1] != '0' else '1'}"
    response = await http.request(method, f"{PREFIX}/{verb}/{other}")
    if (method, verb) == ("GET", "resubscribe"):
        assert response.status_code == 405
        return
    assert response.status_code == 404
    assert response.headers["content-type"] == "text/html; charset=utf-8"
    assert "This link does not work" in response.text
    assert "<form" not in response.text
    assert await promotional(notifications)


@settings(
    max_examples=50, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(
    token=st.text(min_size=1, max_size=2000).filter(
        lambda text: "/" not in text and text not in {".", ".."}
    )
)
async def test_whatever_the_token_it_is_a_page(
    notifications: ComposedNotifications, token: str
) -> None:
    transport = httpx.ASGITransport(http_app(notifications.composed().routes))
    async with httpx.AsyncClient(transport=transport, base_url="http://store") as http:
        response = await http.get(f"/unsubscribe/{quote(token, safe='')}")
    assert response.status_code == 404
    assert response.headers["content-type"].startswith("text/html")


async def test_a_page_may_show_its_own_style_and_post_to_the_store_and_nothing_else(
    http: httpx.AsyncClient, link: str
) -> None:
    response = await http.get(link)
    ((style,),) = [re.findall("<style>(.*)</style>", response.text, re.DOTALL)]
    of_style = b64encode(hashlib.sha256(style.encode()).digest()).decode()
    assert set(response.headers["content-security-policy"].split("; ")) == {
        "default-src 'none'",
        f"style-src 'sha256-{of_style}'",
        "form-action 'self'",
        "base-uri 'none'",
        "frame-ancestors 'none'",
    }
    assert response.headers["referrer-policy"] == "no-referrer"
    assert response.headers["cache-control"] == "no-store"
    assert response.headers["x-robots-tag"] == "noindex"
    assert " style=" not in response.text
    assert "http" not in response.text


async def test_an_address_that_asks_too_often_is_told_to_wait(
    http: httpx.AsyncClient, link: str
) -> None:
    asking = {"X-Forwarded-For": "198.51.100.7", "X-API-Key": "a-guessed-key"}
    statuses = [(await http.post(link, headers=asking)).status_code for _ in range(6)]
    assert statuses == [200] * 5 + [429]
    other = {"X-Forwarded-For": "198.51.100.8"}
    assert (await http.post(link, headers=other)).status_code == 200


async def test_what_is_no_page_is_a_problem(http: httpx.AsyncClient) -> None:
    for path in ("/mail", "/mail/unsubscribe", "/mail/unsubscribe/a/b"):
        response = await http.get(path)
        assert response.status_code == 404
        assert response.headers["content-type"] == "application/problem+json"


def test_links_lead_to_where_this_application_answers(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FIELDHOUSE_PUBLIC_URL", "https://shop.example/")
    paths = {f"{PREFIX}{one.path}" for one in public_operations()[PREFIX] if one.method == "POST"}
    assert outlet().links is not None
    assert f"{outlet().links}/{{token}}".removeprefix("https://shop.example") in paths
