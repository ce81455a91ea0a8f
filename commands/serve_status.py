"""What Serve says of the applications, over Ray's dashboard, and whether the store can be used."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import httpx

RUNNING = "RUNNING"
FAILED = "DEPLOY_FAILED"
UNHEALTHY = "UNHEALTHY"
_ANSWERS_WITHIN_SECONDS = 5.0


@dataclass(frozen=True)
class Application:
    """One application: its status as Serve names it, and what Serve has to say about it."""

    status: str
    message: str = ""


def token_file() -> Path:
    """Where Ray keeps the token that its dashboard asks for."""
    return Path(os.environ.get("RAY_AUTH_TOKEN_PATH") or Path.home() / ".ray" / "auth_token")


def _token() -> str:
    """Ray's token, or nothing while Ray has not drawn one."""
    if token := os.environ.get("RAY_AUTH_TOKEN"):
        return token.strip()
    return token_file().read_text().strip() if token_file().exists() else ""


def applications(dashboard: str) -> Mapping[str, Application]:
    """Every application by name; none while the dashboard does not answer."""
    try:
        response = httpx.get(
            f"{dashboard}/api/serve/applications/",
            headers={"Authorization": f"Bearer {_token()}"},
            timeout=_ANSWERS_WITHIN_SECONDS,
        )
        found = response.raise_for_status().json().get("applications") or {}
    except (httpx.HTTPError, ValueError):
        return {}
    return {name: Application(app["status"], _message(app)) for name, app in found.items()}


def _message(app: Mapping[str, object]) -> str:
    """The application's message, or its first deployment's that has one."""
    deployments = app.get("deployments")
    parts = deployments.values() if isinstance(deployments, dict) else []
    said = [app.get("message"), *(part.get("message") for part in parts)]
    return next((str(text).strip() for text in said if text), "")


def catalogue_is_loaded(url: str) -> bool:
    """Whether the store finds something to sell, from outside, as a client does."""
    body = {"query": "bike", "pagination": {"limit": 1}}
    try:
        response = httpx.post(f"{url}/catalog/search", json=body, timeout=_ANSWERS_WITHIN_SECONDS)
        return response.is_success and bool(response.json().get("products"))
    except (httpx.HTTPError, ValueError):
        return False
