"""What unknown paths, rejections and failures are answered with."""

from __future__ import annotations

import httpx
import pytest

from tests.unit.foundation.notes_service import FAILURES, app, is_error


async def test_unknown_paths_and_methods_are_answered_as_json(http: httpx.AsyncClient) -> None:
    assert is_error(await http.get("/notes/nothing"), 404, "not_found")
    assert is_error(await http.get("/notes/me/"), 404, "not_found")
    assert is_error(await http.get("/notes//"), 404, "not_found")
    refused = await http.delete("/notes")
    assert is_error(refused, 405, "method_not_allowed")
    assert refused.headers["allow"] == "POST"


@pytest.mark.parametrize("how", ["dependency", "redis away", "redis late", "redis loading"])
async def test_what_does_not_answer_is_503_and_worth_a_repetition(
    http: httpx.AsyncClient, how: str
) -> None:
    response = await http.get(f"/notes/fail/{how}")
    assert is_error(response, 503, "unavailable")
    assert response.headers["retry-after"] == "1"
    assert "secret" not in response.text


@pytest.mark.parametrize(
    ("how", "status", "code"),
    [
        ("reused", 409, "idempotency_key_reused"),
        ("running", 409, "request_in_progress"),
        ("stale", 412, "stale_version"),
    ],
)
async def test_rejections_that_all_services_share(
    http: httpx.AsyncClient, how: str, status: int, code: str
) -> None:
    response = await http.get(f"/notes/fail/{how}")
    assert is_error(response, status, code)
    assert response.json()["content"] == str(FAILURES[how])


@pytest.mark.parametrize("how", ["bug", "unforeseen"])
async def test_a_bug_is_opaque_to_the_client(http: httpx.AsyncClient, how: str) -> None:
    response = await http.get(f"/notes/fail/{how}")
    assert is_error(response, 500, "internal_error")
    assert "secret" not in response.text


async def test_a_bug_is_not_swallowed() -> None:
    transport = httpx.ASGITransport(app(), root_path="/notes")
    async with httpx.AsyncClient(transport=transport, base_url="http://store") as http:
        with pytest.raises(ZeroDivisionError):
            await http.get("/notes/fail/bug")
