"""A real SMTP server, on the tests' own loop."""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default
from typing import Any, AnyStr, Literal

from aiosmtpd.smtp import SMTP, AuthResult, Envelope, Session

Stage = Literal["connection", "login", "sender", "recipient", "mail"]


class SmtpServer:
    """Takes mails in, unless it is told to refuse them or to keep its sender waiting.

    What it rejects with at the recipient and the mail may be for one address `only`.
    """

    def __init__(self) -> None:
        self.url = ""
        self.taken: list[bytes] = []
        self.greetings: list[str] = []
        """What its clients called themselves."""
        self.rejections: dict[Stage, str] = {}
        self.only: str | None = None
        self.refused = 0
        self.answering, self.parting = asyncio.Event(), asyncio.Event()
        self.answering.set()
        self.parting.set()

    # No property: aiosmtpd looks at every attribute for each connection.
    def mails(self) -> list[EmailMessage]:
        """What has come in, read."""
        return [mail_of(content) for content in self.taken]

    async def has(self, count: int) -> bool:
        """Whether so many mails have come in."""
        return len(self.taken) == count

    def answer(self, stage: Stage, address: str | None = None) -> str:
        """What is said at a stage, of mail to an address."""
        rejection = self.rejections.get(stage)
        if rejection is None or self.only not in (None, address):
            return "250 OK"
        self.refused += 1
        return rejection

    async def handle_MAIL(  # noqa: N802 - aiosmtpd calls it so.
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        envelope.mail_from = address
        return self.answer("sender")

    async def handle_RCPT(  # noqa: N802
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        said = self.answer("recipient", address)
        if said.startswith("250"):
            envelope.rcpt_tos.append(address)
        return said

    async def handle_DATA(  # noqa: N802
        self, server: SMTP, session: Session, envelope: Envelope
    ) -> str:
        said = self.answer("mail", envelope.rcpt_tos[0])
        self.greetings.append(str(session.host_name))
        if said.startswith("250"):
            assert isinstance(envelope.content, bytes)
            self.taken.append(envelope.content)
            await self.answering.wait()
        return said

    async def handle_QUIT(  # noqa: N802
        self, server: SMTP, session: Session, envelope: Envelope
    ) -> str:
        await self.parting.wait()
        return "221 Bye"

    def login(self, *_: object) -> AuthResult:
        """Anybody is let in, unless nobody is."""
        rejection = self.rejections.get("login")
        return AuthResult(success=rejection is None, handled=False, message=rejection)


class _Session(SMTP):
    """Where a client is greeted, or is not."""

    async def push(self, status: AnyStr) -> None:
        greets = isinstance(status, str) and status.startswith("220 post.example")
        said = self.event_handler.answer("connection") if greets else "250 OK"
        if said.startswith("250"):
            await super().push(status)
        else:
            await super().push(said)


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
async def smtp_server(
    tls: ssl.SSLContext | None = None, host: str = "127.0.0.1"
) -> AsyncIterator[SmtpServer]:
    """One that is open; where there is TLS one may log in."""
    smtp = SmtpServer()
    loop = asyncio.get_running_loop()
    options: dict[str, Any] = {"tls_context": tls, "authenticator": smtp.login} if tls else {}
    server = await loop.create_server(
        lambda: _Session(smtp, hostname="post.example", loop=loop, **options), host, 0
    )
    smtp.url = f"smtp://{host}:{server.sockets[0].getsockname()[1]}"
    try:
        yield smtp
    finally:
        smtp.answering.set()
        smtp.parting.set()
        server.close()
        await server.wait_closed()
