"""Notifications' composition root: it consumes, and answers who has a link."""

from __future__ import annotations

from redis.asyncio import Redis

from deployments.foundation.http.rate_limits import RateLimits
from deployments.foundation.placement.composition import Composition, Connect
from deployments.foundation.values.clock import Clock, utc_now
from deployments.foundation.values.meter import UNMEASURED, Meter
from deployments.foundation.values.settings import revealed, settings
from deployments.notifications.consumers import NotificationsConsumers
from deployments.notifications.contract import NotificationsApi
from deployments.notifications.mailer import MailDirectory, Mailer, SmtpMailer
from deployments.notifications.metrics import MailMetrics
from deployments.notifications.renderer import MailRenderer
from deployments.notifications.routes import NotificationsRoutes
from deployments.notifications.service import CLAIM_SECONDS, NotificationsService, Outlet
from deployments.notifications.store import SERVICE, NotificationsStore


def compose(
    redis: Redis,
    connect: Connect,
    *,
    clock: Clock = utc_now,
    meter: Meter = UNMEASURED,
    outlet: Outlet | None = None,
    claim_seconds: float = CLAIM_SECONDS,
) -> Composition:
    """Notifications upon its Redis.

    `outlet` is how mails leave, if not as the settings say. After `claim_seconds` a process that is
    at a mail counts as dead.
    """
    store = NotificationsStore(redis, claim_seconds=claim_seconds)
    service = NotificationsService(store, outlet or outlet_of_settings(), clock, MailMetrics(meter))
    return Composition(
        api=NotificationsApi,
        service=service,
        routes=NotificationsRoutes(service).routes(),
        # Nobody has a key here: who asks too often is known by his address, or not at all.
        limits=RateLimits(redis, SERVICE, {}),
        subscriptions=NotificationsConsumers(service).subscriptions(),
    )


def _mailer() -> Mailer:
    """The server that the operator named; the directory `mail` beside the data if none was."""
    url = revealed(settings().smtp_url)
    return SmtpMailer(url) if url else MailDirectory(settings().data_directory / "mail")


def outlet_of_settings() -> Outlet:
    """How mails leave, with links to the page that this service answers."""
    return Outlet(
        MailRenderer(settings().mail_from),
        _mailer(),
        links=f"{settings().public_url}/mail/unsubscribe",
    )
