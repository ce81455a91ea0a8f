"""Notifications as a Serve application under `/mail`: it consumes, and answers who has a link."""

from __future__ import annotations

from ray import serve
from starlette.types import ASGIApp

from deployments.foundation.events.consuming import Consuming
from deployments.foundation.http.edge import http_app
from deployments.foundation.http.rate_limits import RateLimits
from deployments.foundation.redis.connection import connect_redis
from deployments.foundation.values.settings import data_directory, mail_sender, public_url, smtp_url
from deployments.notifications.consumers import NotificationsConsumers
from deployments.notifications.contract import NotificationsApi
from deployments.notifications.mailer import MailDirectory, Mailer, SmtpMailer
from deployments.notifications.renderer import MailRenderer
from deployments.notifications.routes import NotificationsRoutes
from deployments.notifications.service import CLAIM_SECONDS, NotificationsService, Outlet
from deployments.notifications.store import SERVICE, NotificationsStore


def mailer() -> Mailer:
    """The server that the operator named; the directory `mail` beside the data if none was."""
    url = smtp_url()
    return SmtpMailer(url) if url else MailDirectory(data_directory() / "mail")


def outlet() -> Outlet:
    """How mails leave, with links to the page that this application answers."""
    return Outlet(MailRenderer(mail_sender()), mailer(), links=f"{public_url()}/mail/unsubscribe")


@serve.deployment
@serve.ingress()
class Notifications(Consuming):
    """One replica of notifications, scaled by how far it is behind."""

    async def __init__(self) -> None:  # type: ignore[misc] # Serve awaits it.
        redis = await connect_redis(SERVICE)
        # Nobody has a key here: who asks too often is known by his address, or not at all.
        self._limits = RateLimits(redis, SERVICE, {})
        store = NotificationsStore(redis, claim_seconds=CLAIM_SECONDS)
        self._service = NotificationsService(store, outlet())
        self.expose(NotificationsApi, self._service, redis)
        await self.consume(SERVICE, redis, NotificationsConsumers(self._service).subscriptions())

    def __serve_build_asgi_app__(self) -> ASGIApp:
        """The public routes, with this replica's state bound to them."""
        return http_app(NotificationsRoutes(self._service).routes(), self._limits)


app = Notifications.bind()  # type: ignore[attr-defined] # Serve's decorator gives it `bind`.
