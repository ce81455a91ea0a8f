"""A notice as a mail: what its templates say, in MIME.

A template is two files in `templates`: `<name>.txt`, which begins with a line `Subject: …` and an
empty one, and `<name>.html`. A name that a template does not know is an error, and no gap in a
mail. The same notice always gives the same bytes, so that a mail which is sent again is no other.
"""

from __future__ import annotations

from datetime import UTC
from email.charset import QP, Charset
from email.header import Header
from email.headerregistry import Address
from email.message import Message
from email.mime.multipart import MIMEMultipart
from email.mime.text import MIMEText
from email.policy import compat32
from email.utils import format_datetime, formataddr, parseaddr
from pathlib import Path

from jinja2 import BaseLoader, Environment, FileSystemLoader, StrictUndefined, select_autoescape

from deployments.foundation.events.subscriptions import NonRetryableError
from deployments.foundation.values.money import format_money
from deployments.foundation.values.text import as_email
from deployments.notifications.domain import MailNotice

TEMPLATES = Path(__file__).parent / "templates"
_SUBJECT = "Subject: "


# The newer EmailMessage parses back every header that it is given, which took most of the time
# of a mail. What this one writes is read by it all the same: the tests do.
# A link must not be folded (RFC 2369), and nothing else here is longer than a line of SMTP.
_POLICY = compat32.clone(linesep="\r\n", max_line_length=None)
_UTF8 = Charset("utf-8")
_UTF8.body_encoding = QP


class TemplateBrokenError(Exception):
    """A template gives no mail; the message says which and why."""


class MailRenderer:
    """Writes mails from `sender`, such as `Fieldhouse <store@example.org>`."""

    def __init__(self, sender: str, templates: BaseLoader | None = None) -> None:
        name, address = parseaddr(sender)
        self._domain = Address(addr_spec=address).domain
        self._sender = formataddr((name, address))
        self._templates = Environment(
            loader=templates or FileSystemLoader(TEMPLATES),
            autoescape=select_autoescape(["html"]),
            undefined=StrictUndefined,
            trim_blocks=True,
            lstrip_blocks=True,
        )
        self._templates.filters["money"] = format_money

    def write(self, notice: MailNotice, unsubscribe: str | None = None) -> Message:
        """The mail that tells a notice; with a link to opt out, if there is one."""
        subject, text = self._text(notice, unsubscribe)
        html = self._fill(f"{notice.template}.html", notice, unsubscribe)
        mail = MIMEMultipart("alternative", f"=_{notice.source.event}", policy=_POLICY)
        self._address(mail, notice)
        mail["Subject"] = (
            subject if subject.isascii() else Header(subject, "utf-8").encode(maxlinelen=0)
        )
        if unsubscribe is not None:
            mail["List-Unsubscribe"] = f"<{unsubscribe}>"
            mail["List-Unsubscribe-Post"] = "List-Unsubscribe=One-Click"
        mail.attach(_part(text, "plain"))
        mail.attach(_part(html, "html"))
        return mail

    def _address(self, mail: Message, notice: MailNotice) -> None:
        mail["Message-ID"] = f"<{notice.source.event}@{self._domain}>"
        mail["Date"] = format_datetime(notice.source.at.astimezone(UTC))
        mail["From"] = self._sender
        mail["To"] = str(_buyer(notice))
        # RFC 3834: so that nobody's holiday notice answers.
        mail["Auto-Submitted"] = "auto-generated"

    def _text(self, notice: MailNotice, unsubscribe: str | None) -> tuple[str, str]:
        filled = self._fill(f"{notice.template}.txt", notice, unsubscribe)
        head, _, text = filled.partition("\n\n")
        if not head.startswith(_SUBJECT) or not head.isprintable() or not text.strip():
            raise TemplateBrokenError(f"{notice.template}.txt must begin with its subject")
        return head.removeprefix(_SUBJECT), text

    def _fill(self, file: str, notice: MailNotice, unsubscribe: str | None) -> str:
        try:
            template = self._templates.get_template(file)
            return template.render(**notice.details, unsubscribe=unsubscribe)
        except Exception as broken:
            # A template runs whatever it is made of, so it may raise whatever there is.
            raise TemplateBrokenError(f"{file}: {type(broken).__name__}: {broken}") from broken


def _part(text: str, kind: str) -> MIMEText:
    part = MIMEText(text, kind, _UTF8, policy=_POLICY)  # type: ignore[arg-type]  # As documented.
    del part["MIME-Version"]  # Said once, for the whole mail.
    return part


def _buyer(notice: MailNotice) -> Address:
    try:
        return Address(addr_spec=as_email((notice.to or "").strip()))
    except Exception:  # noqa: BLE001 - the parser fails in many ways at what is no address.
        # Not `from` it: that would name the buyer.
        raise NonRetryableError("what the buyer gave is no address") from None
