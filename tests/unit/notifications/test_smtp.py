"""A server that refuses: at what, whose trouble that is, and what the operator reads of it."""

from __future__ import annotations

import base64
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from deployments.notifications.mailer import SmtpMailer
from tests.eventually import eventually
from tests.unit.notifications.certificate import certificate, server_side
from tests.unit.notifications.composed_notifications import ComposedNotifications
from tests.unit.notifications.dead_letter_commands import ALL_ATTEMPTS, fail, operator, replay
from tests.unit.notifications.sample_events import ADA, placed
from tests.unit.notifications.smtp_server import SmtpServer, Stage, smtp_server

pytestmark = pytest.mark.usefixtures("operators_store")
GRACE = "grace@example.com"
SUBJECT = "Your order FH-100001"


async def test_a_server_that_refuses_gets_the_mail_once_it_takes_it(
    notifications: ComposedNotifications, smtp: SmtpServer
) -> None:
    smtp.rejections["recipient"] = "451 Come back later"
    event = await notifications.publish(placed())

    async def refused() -> bool:
        return int((await notifications.store.record(event)).get("attempts", 0)) >= 3

    async with notifications.consuming():
        await eventually(refused)
        smtp.rejections.clear()
        await notifications.settled()
    assert [mail["To"] for mail in smtp.mails()] == [ADA]
    assert await notifications.dead_letters.count() == 0


@pytest.mark.parametrize(
    ("stage", "rejection", "shown"),
    [
        ("connection", "421 Too busy", "refuses the connection: 421 Too busy"),
        ("connection", "554 Not you", "refuses the connection: 554 Not you"),
        ("sender", "451 Not now", "refuses the sender: 451 Not now"),
        ("sender", "553 Not yours", "refuses the sender: 553 Not yours"),
        ("recipient", "451 <ada@example.com> is full", "refuses the recipient: 451 <…> is full"),
        ("recipient", "530 Log in first", "refuses the recipient: 530 Log in first"),
        ("mail", "452 No room", "refuses the mail: 452 No room"),
    ],
)
async def test_what_the_server_or_its_operator_can_mend_is_tried_to_the_end_and_then_replayed(
    notifications: ComposedNotifications,
    smtp: SmtpServer,
    stage: Stage,
    rejection: str,
    shown: str,
    caplog: pytest.LogCaptureFixture,
) -> None:
    smtp.rejections[stage] = rejection
    await notifications.publish(placed())
    (letter,) = await fail(notifications)
    assert letter.attempts == smtp.refused == ALL_ATTEMPTS
    assert letter.error.startswith(
        f"MailNotAcceptedError: {smtp.url.removeprefix('smtp://')} {shown} ("
    )
    assert ADA not in letter.error + caplog.text
    assert "MailNotAcceptedError" in await operator("list")

    smtp.rejections.clear()
    await replay(notifications)
    assert [mail["Subject"] for mail in smtp.mails()] == [SUBJECT]


@pytest.mark.parametrize(
    ("stage", "rejection", "shown"),
    [
        (
            "recipient",
            "550 5.1.1 <Ada@Example.com>: no user ada here",
            "refuses the recipient: 550 5.1.1 <…>: no user … here",
        ),
        ("mail", "554 5.7.1 Spam for ada@example.com", "refuses the mail: 554 5.7.1 Spam for …"),
    ],
)
async def test_what_is_refused_for_good_is_given_up_at_once_and_holds_up_nobody(
    notifications: ComposedNotifications,
    smtp: SmtpServer,
    stage: Stage,
    rejection: str,
    shown: str,
    caplog: pytest.LogCaptureFixture,
) -> None:
    smtp.rejections[stage], smtp.only = rejection, ADA
    await notifications.publish(placed())
    await notifications.publish(placed(2, buyer=GRACE))
    (letter,) = await fail(notifications)
    assert letter.attempts == smtp.refused == 1
    assert letter.error.startswith(
        f"NonRetryableError: {smtp.url.removeprefix('smtp://')} {shown} ("
    )
    assert ADA not in (letter.error + caplog.text).casefold()
    assert [mail["To"] for mail in smtp.mails()] == [GRACE]

    smtp.rejections.clear()
    await replay(notifications)
    assert [mail["To"] for mail in smtp.mails()] == [GRACE, ADA]


async def test_an_address_that_the_server_cannot_write_is_given_up_at_once(
    notifications: ComposedNotifications, smtp: SmtpServer
) -> None:
    await notifications.publish(placed(buyer="ada@bücher.example"))
    (letter,) = await fail(notifications)
    assert letter.attempts == 1
    assert "SMTPUTF8 is not supported" in letter.error
    assert "bücher" not in letter.error


@pytest.fixture
async def smtp_with_login(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> AsyncIterator[SmtpServer]:
    """One that wants a password."""
    file = certificate(tmp_path)
    monkeypatch.setenv("SSL_CERT_FILE", str(file))
    async with smtp_server(server_side(file)) as smtp:
        yield smtp


async def test_a_login_that_is_refused_is_the_operators_trouble_and_shows_no_password(
    notifications: ComposedNotifications,
    smtp_with_login: SmtpServer,
    caplog: pytest.LogCaptureFixture,
) -> None:
    user, secret = "clerk", "hunter2/+x"
    wire = base64.b64encode(f"\0{user}\0{secret}".encode()).decode()
    smtp_with_login.rejections["login"] = f"535 5.7.8 Not with {user}:{secret} {wire}"
    host = smtp_with_login.url.removeprefix("smtp://")
    notifications.mailer = SmtpMailer(f"smtp://clerk:hunter2%2F%2Bx@{host}")
    await notifications.publish(placed())
    (letter,) = await fail(notifications)
    assert letter.attempts == ALL_ATTEMPTS
    assert "refuses the login: 535 5.7.8 Not with …:… …" in letter.error
    for word in (user, "hunter2", wire):
        assert word not in letter.error + caplog.text

    smtp_with_login.rejections.clear()
    await replay(notifications)
    assert [mail["Subject"] for mail in smtp_with_login.mails()] == [SUBJECT]


async def test_a_certificate_that_nobody_vouches_for_is_the_operators_trouble(
    notifications: ComposedNotifications, tmp_path: Path
) -> None:
    async with smtp_server(server_side(certificate(tmp_path))) as smtp:
        notifications.mailer = SmtpMailer(smtp.url.replace("//", "//clerk:hunter2@"))
        await notifications.publish(placed())
        (letter,) = await fail(notifications)
    assert letter.attempts == ALL_ATTEMPTS
    assert "certificate verify failed" in letter.error.casefold()
    assert smtp.taken == []


async def test_a_quit_that_is_not_answered_changes_nothing(
    notifications: ComposedNotifications, smtp: SmtpServer
) -> None:
    """The mail is taken already, and must not be sent again because of it."""
    smtp.parting.clear()
    event = await notifications.publish(placed())

    async def noted() -> bool:
        return (await notifications.store.record(event)).get("state") == "sent"

    async with notifications.consuming():
        await eventually(noted, seconds=1.9)
        await notifications.settled()
    assert len(smtp.taken) == 1


async def test_a_server_that_is_not_there_is_waited_for(
    notifications: ComposedNotifications, smtp: SmtpServer
) -> None:
    notifications.mailer = SmtpMailer("smtp://127.0.0.1:1")
    await notifications.publish(placed())
    (letter,) = await fail(notifications)
    assert "127.0.0.1:1 fails: SMTPConnectError" in letter.error
    notifications.mailer = SmtpMailer(smtp.url)
    await replay(notifications)
    assert len(smtp.taken) == 1
