"""Where mails go: to an SMTP server, or into a directory where there is none."""

from __future__ import annotations

import asyncio
import os
import re
import secrets
from base64 import b64encode
from collections.abc import Iterable
from contextlib import suppress
from email.message import Message
from email.utils import parseaddr
from pathlib import Path
from typing import Protocol
from urllib.parse import unquote, urlsplit

import aiosmtplib

from deployments.foundation.events.subscriptions import NonRetryableError
from deployments.foundation.rpc.detach import go_on
from deployments.foundation.values.private_files import make_private
from deployments.notifications.own_name import OwnName

_PORTS = {"smtp": 25, "smtps": 465}
_ANSWER_SECONDS = 10.0
_QUIT_SECONDS = 2.0
_LEAST_PERMANENT = 500
_LOGIN_WANTED = {530, 534, 535, 538}
"""RFC 4954: the server wants a login, which some say only when they are given a mail."""
_REFUSED: tuple[tuple[type[aiosmtplib.SMTPResponseException], str], ...] = (
    (aiosmtplib.SMTPRecipientRefused, "refuses the recipient"),
    (aiosmtplib.SMTPDataError, "refuses the mail"),
    (aiosmtplib.SMTPSenderRefused, "refuses the sender"),
    (aiosmtplib.SMTPAuthenticationError, "refuses the login"),
    (aiosmtplib.SMTPConnectResponseError, "refuses the connection"),
    (aiosmtplib.SMTPResponseException, "refuses to go on"),
)
_TAKES = "SMTP_URL takes smtp://[user:password@]host[:port], or smtps://…"


class SmtpUrlError(ValueError):
    """`SMTP_URL` names no server; the message says what it takes, and repeats no password."""


class MailNotAcceptedError(Exception):
    """The server did not accept a mail, and may do so later; the message says why."""


class Mailer(Protocol):
    """Takes mails over."""

    async def send(self, mail: Message, event: str) -> None:
        """Returns once somebody else is responsible for the mail; raises if nobody is.

        `event` names the mail: sending it again must be no other mail. `NonRetryableError` if this
        mail or its buyer is refused for good. What is raised names no buyer, and no password.
        """


class SmtpMailer:
    """Hands mails to the server of a URL: `smtp://host:port` or `smtps://user:password@host`.

    `smtps` speaks TLS from the start. `smtp` changes over to TLS where the server offers it, and
    insists on it where there is a password to protect.
    """

    def __init__(self, url: str, own_name: OwnName | None = None) -> None:
        self._own_name = own_name or OwnName()
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

    async def send(self, mail: Message, event: str) -> None:  # noqa: ARG002 - it is in the mail.
        """Over a connection of its own. What fails about a connection or a login is retried."""
        server = self._server(await self._own_name.get())
        try:
            await server.connect()
            await _hand_over(server, mail)
        except aiosmtplib.SMTPException as why:
            # Not `from why`: what the server said may name the buyer.
            raise self._failure(_about_recipient(why), [str(mail["To"])]) from None
        finally:
            # Not awaited: the mail is accepted, or is not, whatever becomes of the connection.
            go_on(_quit(server), seconds=2 * _QUIT_SECONDS, name="quit the mail server")

    def _server(self, own_name: str) -> aiosmtplib.SMTP:
        return aiosmtplib.SMTP(
            hostname=self._host,
            local_hostname=own_name,
            port=self._port,
            username=self._user,
            password=self._password,
            use_tls=self._tls,
            start_tls=None if self._tls or self._user is None else True,
            timeout=_ANSWER_SECONDS,
        )

    def _failure(self, why: aiosmtplib.SMTPException, private: Iterable[str]) -> Exception:
        said = _without([*private, *self._credentials()], str(why.message))
        kind = NonRetryableError if _is_permanent(why) else MailNotAcceptedError
        return kind(f"{self._host}:{self._port} {_what(why)} {said}")

    def _credentials(self) -> list[str]:
        """The user and password, also as they go over the wire."""
        user, password = self._user or "", self._password or ""
        wire = (user, password, f"\0{user}\0{password}")
        return [user, password, *(b64encode(text.encode()).decode() for text in wire)]


async def _hand_over(server: aiosmtplib.SMTP, mail: Message) -> None:
    """The mail as it was written; an address that is not ASCII only where the server takes it."""
    buyer, options = str(mail["To"]), list[str]()
    if not buyer.isascii():
        if not server.supports_extension("smtputf8"):
            raise aiosmtplib.SMTPNotSupported("SMTPUTF8 is not supported by this server")
        options = ["SMTPUTF8"]
    sender = parseaddr(str(mail["From"]))[1]
    await server.sendmail(sender, [buyer], mail.as_bytes(), mail_options=options)


async def _quit(server: aiosmtplib.SMTP) -> None:
    with suppress(aiosmtplib.SMTPException, OSError, TimeoutError):
        async with asyncio.timeout(_QUIT_SECONDS):
            await server.quit()
    server.close()


def _about_recipient(why: aiosmtplib.SMTPException) -> aiosmtplib.SMTPException:
    """The reply about the only recipient, if that is what failed."""
    if isinstance(why, aiosmtplib.SMTPRecipientsRefused):
        return why.recipients[0]
    return why


def _is_permanent(why: aiosmtplib.SMTPException) -> bool:
    """Whether the server will never accept this mail, or mail to this buyer."""
    if isinstance(why, aiosmtplib.SMTPRecipientRefused | aiosmtplib.SMTPDataError):
        return why.code >= _LEAST_PERMANENT and why.code not in _LOGIN_WANTED
    # Raised only for an address that is not ASCII, which this server cannot take.
    return isinstance(why, aiosmtplib.SMTPNotSupported)


def _what(why: aiosmtplib.SMTPException) -> str:
    if isinstance(why, aiosmtplib.SMTPResponseException):
        refused = next(text for kind, text in _REFUSED if isinstance(why, kind))
        return f"{refused}: {why.code}"
    return f"fails: {type(why).__name__}:"


def _without(private: Iterable[str], text: str) -> str:
    """The text without these words, and without the first part of an address."""
    for word in private:
        for part in (word, word.rpartition("@")[0]):
            if part:
                text = re.sub(rf"(?<!\w){re.escape(part)}(?!\w)", "…", text, flags=re.IGNORECASE)
    return text


class MailDirectory:
    """Writes mails as `.eml` files, each named after its event: written again, it is the same."""

    def __init__(self, directory: Path) -> None:
        self._directory = directory

    async def send(self, mail: Message, event: str) -> None:
        """The whole file is there under its name, and on the disk, or none is."""
        await asyncio.to_thread(self._write, mail.as_bytes(), event)

    def _write(self, content: bytes, event: str) -> None:
        make_private(self._directory)
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
