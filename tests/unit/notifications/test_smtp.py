"""A server that refuses: at what, whose trouble that is, and what the operator reads of it."""

from __future__ import annotations

import base64
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from deployments.notifications.mailer import SmtpMailer
from tests.unit.consuming.toys import eventually
from tests.unit.notifications.certificate import certificate, server_side
from tests.unit.notifications.post_office import PostOffice, Stage, post_office
from tests.unit.notifications.recovery import ALL_ATTEMPTS, fail, operator, replay
from tests.unit.notifications.sample_events import ADA, placed
from tests.unit.notifications.world import World

pytestmark = pytest.mark.usefixtures("operators_store")
GRACE = "grace@example.com"
SUBJECT = "Your order FH-100001"


async def test_a_server_that_refuses_gets_the_mail_once_it_takes_it(
    world: World, office: PostOffice
) -> None:
    office.rejections["recipient"] = "451 Come back later"
    event = await world.publish(placed())

    async def refused() -> bool:
        return int((await world.store.record(event)).get("attempts", 0)) >= 3

    async with world.consuming():
        await eventually(refused)
        office.rejections.clear()
        await world.settled()
    assert [mail["To"] for mail in office.mails()] == [ADA]
    assert await world.letters.count() == 0


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
    world: World,
    office: PostOffice,
    stage: Stage,
    rejection: str,
    shown: str,
    caplog: pytest.LogCaptureFixture,
) -> None:
    office.rejections[stage] = rejection
    await world.publish(placed())
    (letter,) = await fail(world)
    assert letter.attempts == office.refused == ALL_ATTEMPTS
    assert letter.error.startswith(f"NotTakenError: {office.url.removeprefix('smtp://')} {shown} (")
    assert ADA not in letter.error + caplog.text
    assert "NotTakenError" in await operator("list")

    office.rejections.clear()
    await replay(world)
    assert [mail["Subject"] for mail in office.mails()] == [SUBJECT]


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
    world: World,
    office: PostOffice,
    stage: Stage,
    rejection: str,
    shown: str,
    caplog: pytest.LogCaptureFixture,
) -> None:
    office.rejections[stage], office.only = rejection, ADA
    await world.publish(placed())
    await world.publish(placed(2, buyer=GRACE))
    (letter,) = await fail(world)
    assert letter.attempts == office.refused == 1
    assert letter.error.startswith(
        f"NonRetryableError: {office.url.removeprefix('smtp://')} {shown} ("
    )
    assert ADA not in (letter.error + caplog.text).casefold()
    assert [mail["To"] for mail in office.mails()] == [GRACE]

    office.rejections.clear()
    await replay(world)
    assert [mail["To"] for mail in office.mails()] == [GRACE, ADA]


async def test_an_address_that_the_server_cannot_write_is_given_up_at_once(
    world: World, office: PostOffice
) -> None:
    await world.publish(placed(buyer="ada@bücher.example"))
    (letter,) = await fail(world)
    assert letter.attempts == 1
    assert "SMTPUTF8 is not supported" in letter.error
    assert "bücher" not in letter.error


@pytest.fixture
async def strict_office(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> AsyncIterator[PostOffice]:
    """One that wants a password."""
    file = certificate(tmp_path)
    monkeypatch.setenv("SSL_CERT_FILE", str(file))
    async with post_office(server_side(file)) as office:
        yield office


async def test_a_login_that_is_refused_is_the_operators_trouble_and_shows_no_password(
    world: World, strict_office: PostOffice, caplog: pytest.LogCaptureFixture
) -> None:
    user, secret = "clerk", "hunter2/+x"
    wire = base64.b64encode(f"\0{user}\0{secret}".encode()).decode()
    strict_office.rejections["login"] = f"535 5.7.8 Not with {user}:{secret} {wire}"
    host = strict_office.url.removeprefix("smtp://")
    world.mailer = SmtpMailer(f"smtp://clerk:hunter2%2F%2Bx@{host}")
    await world.publish(placed())
    (letter,) = await fail(world)
    assert letter.attempts == ALL_ATTEMPTS
    assert "refuses the login: 535 5.7.8 Not with …:… …" in letter.error
    for word in (user, "hunter2", wire):
        assert word not in letter.error + caplog.text

    strict_office.rejections.clear()
    await replay(world)
    assert [mail["Subject"] for mail in strict_office.mails()] == [SUBJECT]


async def test_a_certificate_that_nobody_vouches_for_is_the_operators_trouble(
    world: World, tmp_path: Path
) -> None:
    async with post_office(server_side(certificate(tmp_path))) as office:
        world.mailer = SmtpMailer(office.url.replace("//", "//clerk:hunter2@"))
        await world.publish(placed())
        (letter,) = await fail(world)
    assert letter.attempts == ALL_ATTEMPTS
    assert "certificate verify failed" in letter.error.casefold()
    assert office.taken == []


async def test_a_goodbye_that_is_not_answered_changes_nothing(
    world: World, office: PostOffice
) -> None:
    """The mail is taken already, and must not be sent again because of it."""
    office.parting.clear()
    event = await world.publish(placed())

    async def noted() -> bool:
        return (await world.store.record(event)).get("state") == "sent"

    async with world.consuming():
        await eventually(noted, seconds=1.9)
        await world.settled()
    assert len(office.taken) == 1


async def test_a_server_that_is_not_there_is_waited_for(world: World, office: PostOffice) -> None:
    world.mailer = SmtpMailer("smtp://127.0.0.1:1")
    await world.publish(placed())
    (letter,) = await fail(world)
    assert "127.0.0.1:1 fails: SMTPConnectError" in letter.error
    world.mailer = SmtpMailer(office.url)
    await replay(world)
    assert len(office.taken) == 1
