"""Notifications that hand their mails to a real SMTP server."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from deployments.notifications.mailer import SmtpMailer
from tests.conftest import ClientOf
from tests.unit.notifications.post_office import PostOffice, post_office
from tests.unit.notifications.world import World


@pytest.fixture
async def office() -> AsyncIterator[PostOffice]:
    async with post_office() as opened:
        yield opened


@pytest.fixture
def world(redis_of: ClientOf, office: PostOffice) -> World:
    return World(redis_of, SmtpMailer(office.url))


@pytest.fixture
def operators_store(monkeypatch: pytest.MonkeyPatch, valkey_socket: Path) -> None:
    """The environment names the tests' server to an operator's commands."""
    monkeypatch.setenv("REDIS_URL", f"unix://{valkey_socket}")
