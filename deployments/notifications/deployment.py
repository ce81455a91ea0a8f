"""Notifications as a Serve application: it consumes, and answers other rooms; no public routes."""

from __future__ import annotations

from ray import serve

from actors.event_consumer import Consuming
from deployments.foundation.redis import connect_redis
from deployments.foundation.settings import data_directory, mail_sender, smtp_url
from deployments.notifications.consumers import NotificationsConsumers
from deployments.notifications.contract import NotificationsApi
from deployments.notifications.letters import Letters
from deployments.notifications.mailer import MailDirectory, Mailer, SmtpMailer
from deployments.notifications.service import CLAIM_SECONDS, NotificationsService, Outlet
from deployments.notifications.store import SERVICE, NotificationsStore


def mailer() -> Mailer:
    """The server that the operator named; the directory `mail` beside the data if none was."""
    url = smtp_url()
    return SmtpMailer(url) if url else MailDirectory(data_directory() / "mail")


@serve.deployment
class Notifications(Consuming):
    """One replica of notifications, scaled by how far it is behind."""

    async def __init__(self) -> None:  # type: ignore[misc] # Serve awaits it.
        redis = await connect_redis(SERVICE)
        store = NotificationsStore(redis, claim_seconds=CLAIM_SECONDS)
        service = NotificationsService(store, Outlet(Letters(mail_sender()), mailer()))
        self.expose(NotificationsApi, service, redis)
        await self.consume(SERVICE, redis, NotificationsConsumers(service).subscriptions())


app = Notifications.bind()  # type: ignore[attr-defined] # Serve's decorator gives it `bind`.
