"""A real SMTP server, on the tests' own loop."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default

from aiosmtpd.smtp import SMTP, Envelope, Session


class PostOffice:
    """Takes mails in, unless it is told to refuse them or to keep its sender waiting."""

    def __init__(self) -> None:
        self.url = ""
        self.taken: list[bytes] = []
        self.refusal: str | None = None
        self.answering = asyncio.Event()
        self.answering.set()

    # No property: aiosmtpd looks at every attribute for each connection.
    def mails(self) -> list[EmailMessage]:
        """What has come in, read."""
        return [mail_of(content) for content in self.taken]

    async def has(self, count: int) -> bool:
        """Whether so many mails have come in."""
        return len(self.taken) == count

    async def handle_RCPT(  # noqa: N802 - aiosmtpd calls it so.
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        if self.refusal is not None:
            return self.refusal
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(  # noqa: N802
        self, server: SMTP, session: Session, envelope: Envelope
    ) -> str:
        assert isinstance(envelope.content, bytes)
        self.taken.append(envelope.content)
        await self.answering.wait()
        return "250 OK"


def mail_of(content: bytes) -> EmailMessage:
    """A mail as it was sent."""
    mail = message_from_bytes(content, policy=default)
    assert isinstance(mail, EmailMessage)
    return mail


def part(mail: EmailMessage, kind: str) -> str:
    """The text of a mail, `plain` or `html`."""
    body = mail.get_body((kind,))
    assert body is not None
    text = body.get_content()
    assert isinstance(text, str)
    return text.replace("\r\n", "\n")


@asynccontextmanager
async def post_office() -> AsyncIterator[PostOffice]:
    """One that is open."""
    office = PostOffice()
    loop = asyncio.get_running_loop()
    server = await loop.create_server(
        lambda: SMTP(office, hostname="post.example", loop=loop), "127.0.0.1", 0
    )
    office.url = f"smtp://127.0.0.1:{server.sockets[0].getsockname()[1]}"
    try:
        yield office
    finally:
        office.answering.set()
        server.close()
        await server.wait_closed()
