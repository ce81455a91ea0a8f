"""Where mails go: to an SMTP server, or into a directory where there is none."""

from __future__ import annotations

import asyncio
import os
import secrets
from email.message import EmailMessage
from pathlib import Path
from typing import Protocol
from urllib.parse import unquote, urlsplit

import aiosmtplib

_PORTS = {"smtp": 25, "smtps": 465}
_ANSWER_SECONDS = 10.0
_TAKES = "SMTP_URL takes smtp://[user:password@]host[:port], or smtps://…"


class SmtpUrlError(ValueError):
    """`SMTP_URL` names no server; the message says what it takes, and repeats no password."""


class Mailer(Protocol):
    """Takes a mail over."""

    async def send(self, mail: EmailMessage, event: str) -> None:
        """Returns once somebody else is responsible for the mail; raises if nobody is.

        `event` names the mail: sending it again must be no other mail.
        """


class SmtpMailer:
    """Hands mails to the server of a URL: `smtp://host:port` or `smtps://user:password@host`.

    `smtps` speaks TLS from the start. `smtp` changes over to TLS where the server offers it, and
    insists on it where there is a password to protect.
    """

    def __init__(self, url: str) -> None:
        try:
            parts = urlsplit(url)
            host, port = parts.hostname, parts.port
        except ValueError as reason:
            raise SmtpUrlError(_TAKES) from reason
        if parts.scheme not in _PORTS or not host:
            raise SmtpUrlError(_TAKES)
        self._host, self._port = host, port or _PORTS[parts.scheme]
        self._user = unquote(parts.username) if parts.username else None
        self._password = unquote(parts.password) if parts.password else None
        self._tls = parts.scheme == "smtps"

    async def send(self, mail: EmailMessage, event: str) -> None:  # noqa: ARG002 - it is in the mail.
        """One connection a mail. What the server refuses is raised as it says so."""
        await aiosmtplib.send(
            mail,
            hostname=self._host,
            port=self._port,
            username=self._user,
            password=self._password,
            use_tls=self._tls,
            start_tls=None if self._tls or self._user is None else True,
            timeout=_ANSWER_SECONDS,
        )


class MailDirectory:
    """Writes mails as `.eml` files, each named after its event: written again, it is the same."""

    def __init__(self, directory: Path) -> None:
        self._directory = directory

    async def send(self, mail: EmailMessage, event: str) -> None:
        """The whole file is there under its name, and on the disk, or none is."""
        await asyncio.to_thread(self._write, mail.as_bytes(), event)

    def _write(self, content: bytes, event: str) -> None:
        self._directory.mkdir(mode=0o700, parents=True, exist_ok=True)
        unfinished = self._directory / f".{event}.{secrets.token_hex(4)}"
        try:
            with unfinished.open("xb") as file:
                unfinished.chmod(0o600)
                file.write(content)
                file.flush()
                os.fsync(file.fileno())
            unfinished.rename(self._directory / f"{event}.eml")
        finally:
            unfinished.unlink(missing_ok=True)
