"""Notifications that hand their mails to a real SMTP server."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from deployments.notifications.mailer import SmtpMailer
from tests.conftest import ClientOf
from tests.unit.notifications.composed_notifications import ComposedNotifications
from tests.unit.notifications.smtp_server import SmtpServer, smtp_server


@pytest.fixture
async def smtp() -> AsyncIterator[SmtpServer]:
    async with smtp_server() as opened:
        yield opened


@pytest.fixture
def notifications(redis_of: ClientOf, smtp: SmtpServer) -> ComposedNotifications:
    return ComposedNotifications(redis_of, SmtpMailer(smtp.url))


@pytest.fixture
def operators_store(monkeypatch: pytest.MonkeyPatch, valkey_socket: Path) -> None:
    """The environment names the tests' server to an operator's commands."""
    monkeypatch.setenv("REDIS_URL", f"unix://{valkey_socket}")
