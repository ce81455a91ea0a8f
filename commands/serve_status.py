"""What Serve says of the applications, over Ray's dashboard, and whether the store can be used."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx

from commands.exit_status import UNUSABLE, CommandError
from deployments.foundation.values.settings import revealed, settings
from deployments.topology import TOPOLOGY

RUNNING = "RUNNING"
FAILED = "DEPLOY_FAILED"
UNHEALTHY = "UNHEALTHY"
_ANSWERS_WITHIN_SECONDS = 5.0
_PREFIXES = tuple(one.prefix for one in TOPOLOGY if one.prefix is not None)


class NoDashboardError(CommandError):
    """There is no store with a dashboard; the message says where one was looked for."""

    status = UNUSABLE


@dataclass(frozen=True)
class ApplicationStatus:
    """One application: its status as Serve names it, and what Serve has to say about it."""

    status: str
    message: str = ""


def token_file() -> Path:
    """Where Ray keeps the token that its dashboard asks for."""
    return settings().ray_auth_token_path.expanduser()


def token() -> str:
    """Ray's token, or nothing while Ray has not drawn one."""
    if (known := revealed(settings().ray_auth_token)) is not None:
        return known.strip()
    return token_file().read_text().strip() if token_file().exists() else ""


def dashboard_file(data: Path) -> Path:
    """Where a store that runs says what its dashboard's address is."""
    return data / "dashboard"


def dashboard() -> str:
    """The address of the running store's dashboard. Raises `NoDashboardError`."""
    said = settings()
    if said.ray_dashboard_address is not None:
        return said.ray_dashboard_address
    file = dashboard_file(said.data_directory.resolve())
    if not file.exists():
        raise NoDashboardError(
            f"No store runs on {file.parent}: start it (`fieldhouse run`), set FIELDHOUSE_DATA as "
            "it has it, or RAY_DASHBOARD_ADDRESS for a cluster."
        )
    return file.read_text().strip()


def details(dashboard: str) -> Mapping[str, Any]:
    """All that Serve tells of itself. Raises `httpx.HTTPError`."""
    response = httpx.get(
        f"{dashboard}/api/serve/applications/",
        headers={"Authorization": f"Bearer {token()}"},
        timeout=_ANSWERS_WITHIN_SECONDS,
    )
    return dict(response.raise_for_status().json())


def applications(dashboard: str) -> Mapping[str, ApplicationStatus]:
    """Every application by name; none while the dashboard does not answer."""
    try:
        found = details(dashboard).get("applications") or {}
    except (httpx.HTTPError, ValueError):
        return {}
    return {name: ApplicationStatus(app["status"], _message(app)) for name, app in found.items()}


def _message(app: Mapping[str, Any]) -> str:
    """What a deployment that failed says, which is more than what its application says."""
    parts = (app.get("deployments") or {}).values()
    said = [part.get("message") for part in parts if part.get("status") in (FAILED, UNHEALTHY)]
    return next((brief(text) for text in (*said, app.get("message")) if text), "")


def brief(text: str) -> str:
    """The first and the last line of a message: what happened, and what a traceback ends in."""
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    return " ... ".join(dict.fromkeys(lines[:1] + lines[-1:]))


def can_be_used(url: str) -> bool:
    """Whether the store can be used from outside, as a client does: every public service answers,
    and there is something to sell."""
    try:
        with httpx.Client(base_url=url, timeout=_ANSWERS_WITHIN_SECONDS) as client:
            return all(_answers(client, prefix) for prefix in _PREFIXES) and _sells(client)
    except (httpx.HTTPError, ValueError):
        return False


def _answers(client: httpx.Client, prefix: str) -> bool:
    """Whether the service behind the prefix answers; the proxy's own answers are told apart."""
    return "X-Content-Type-Options" in client.get(f"{prefix}/").headers


def _sells(client: httpx.Client) -> bool:
    body = {"query": "bike", "pagination": {"limit": 1}}
    response = client.post("/catalog/search", json=body)
    return response.is_success and bool(response.json().get("products"))
