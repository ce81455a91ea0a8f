"""What cannot be sent is tried again, kept for an operator, and sent when he says so."""

from __future__ import annotations

import asyncio
import resource
import signal
import sys
from asyncio.subprocess import DEVNULL, Process
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path
from typing import Any, cast

import pytest
from jinja2 import ChoiceLoader, DictLoader, FileSystemLoader

from deployments.foundation.events.subscriptions import inbox_place
from deployments.foundation.redis.connection import password
from deployments.notifications.mailer import MailDirectory
from deployments.notifications.renderer import TEMPLATES
from deployments.notifications.store import SERVICE
from tests.conftest import SECRET
from tests.unit.notifications.composed_notifications import ComposedNotifications
from tests.unit.notifications.dead_letter_commands import (
    ALL_ATTEMPTS,
    fail,
    none_is_left,
    operator,
    replay,
)
from tests.unit.notifications.full_disk import FILLER
from tests.unit.notifications.sample_events import ADA, cancelled, placed
from tests.unit.notifications.smtp_server import SmtpServer, mail_of, part

pytestmark = pytest.mark.usefixtures("operators_store")
OURS = FileSystemLoader(TEMPLATES)
SUBJECT = "Your order FH-100001"


def names(directory: Path) -> list[str]:
    """What lies in a directory, unfinished files included."""
    return sorted(path.name for path in directory.iterdir())


@contextmanager
def file_size_limit(size: int) -> Iterator[None]:
    """A disk that takes no file larger than this."""
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    ignored = signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
        signal.signal(signal.SIGXFSZ, ignored)


async def test_a_broken_template_is_replayed_when_it_is_mended(
    notifications: ComposedNotifications, smtp: SmtpServer
) -> None:
    broken = {"order_placed.html": "{{ order.nothing_of_the_kind }}"}
    notifications.templates = ChoiceLoader([DictLoader(broken), OURS])
    event = await notifications.publish(placed())
    await notifications.publish(placed(2))
    letters = await fail(notifications, letters=2)
    assert smtp.taken == []
    assert "TemplateBrokenError: order_placed.html" in letters[0].error
    assert "nothing_of_the_kind" in letters[0].error
    assert (await notifications.store.record(event))["state"] == "failed"
    assert "TemplateBrokenError: order_placed.html" in await operator("show", letters[0].id)

    notifications.templates = None
    await replay(notifications)
    assert sorted(str(mail["Subject"]) for mail in smtp.mails()) == [
        SUBJECT,
        "Your order FH-100002",
    ]


async def test_a_template_that_shows_the_buyer_does_not_show_him_to_the_operator(
    notifications: ComposedNotifications, smtp: SmtpServer, caplog: pytest.LogCaptureFixture
) -> None:
    broken = {"order_placed.txt": "Subject: {{ {}[order.buyer_email] }}\n\nThank you."}
    notifications.templates = ChoiceLoader([DictLoader(broken), OURS])
    await notifications.publish(placed())
    (letter,) = await fail(notifications)
    assert "order_placed.txt: UndefinedError: 'dict object' has no attribute …@…'" in letter.error
    assert ADA not in letter.error + caplog.text


async def test_a_template_without_a_subject_is_broken(
    notifications: ComposedNotifications, smtp: SmtpServer
) -> None:
    broken = {"order_placed.txt": "Thank you.\n\nThank you."}
    notifications.templates = ChoiceLoader([DictLoader(broken), OURS])
    await notifications.publish(placed())
    (letter,) = await fail(notifications)
    assert "must begin with its subject" in letter.error
    assert smtp.taken == []


async def test_a_confirmation_that_was_held_up_is_none_of_an_order_that_was_cancelled_meanwhile(
    notifications: ComposedNotifications, smtp: SmtpServer
) -> None:
    smtp.rejections["recipient"] = "451 Come back later"
    event = await notifications.publish(placed())
    await fail(notifications)
    smtp.rejections.clear()
    await notifications.publish(cancelled())
    async with notifications.consuming():
        await notifications.settled()
    await replay(notifications)
    assert [mail["Subject"] for mail in smtp.mails()] == ["Your order FH-100001 was cancelled"]
    assert (await notifications.store.record(event))["why"] == "order cancelled"


async def test_without_a_server_mails_are_files(
    notifications: ComposedNotifications, tmp_path: Path
) -> None:
    directory = tmp_path / "mail"
    notifications.mailer = MailDirectory(directory)
    events = [await notifications.publish(placed(number)) for number in (1, 2)]
    async with notifications.consuming():
        await notifications.settled()
    assert names(directory) == sorted(f"{event}.eml" for event in events)
    mail = mail_of((directory / f"{events[0]}.eml").read_bytes())
    assert (mail["To"], mail["Subject"]) == (ADA, SUBJECT)
    assert "$81.00" in part(mail, "html")
    assert (directory / f"{events[0]}.eml").stat().st_mode & 0o777 == 0o600


async def test_a_file_that_the_disk_does_not_take_leaves_nothing_behind(
    notifications: ComposedNotifications, tmp_path: Path
) -> None:
    notifications.mailer = MailDirectory(tmp_path)
    await notifications.publish(placed(title="Helmet " * 1000))
    with file_size_limit(4096):
        (letter,) = await fail(notifications)
    assert names(tmp_path) == []
    assert "File too large" in letter.error
    await replay(notifications)
    assert len(names(tmp_path)) == 1


@asynccontextmanager
async def consuming_on_a_full_disk(socket: Path, directory: Path) -> AsyncIterator[Path]:
    """A process whose directory is a tiny disk of its own; how others reach that directory."""
    private = ("unshare", "--user", "--map-root-user", "--mount", "sh", "-c")
    mount = 'mount -t tmpfs -o size=64k tmpfs "$1"'
    allowed = await asyncio.create_subprocess_exec(
        *private, mount, "sh", str(directory), stderr=DEVNULL
    )
    if await allowed.wait():
        pytest.skip("this system lets nobody mount a disk of his own")
    program = (sys.executable, "-m", "tests.unit.notifications.full_disk")
    arguments = (str(socket), password(SERVICE, SECRET), str(directory))
    process: Process = await asyncio.create_subprocess_exec(
        *private, f'{mount} && shift && exec "$@"', "sh", str(directory), *program, *arguments
    )
    try:
        yield Path(f"/proc/{process.pid}/root") / directory.relative_to("/")
    finally:
        process.kill()
        await process.wait()


async def test_a_full_disk_is_seen_and_its_mails_are_replayed_when_there_is_service(
    notifications: ComposedNotifications, valkey_socket: Path, tmp_path: Path
) -> None:
    event = await notifications.publish(placed())
    async with consuming_on_a_full_disk(valkey_socket, tmp_path) as directory:
        await notifications.settled()
        assert names(directory) == [FILLER]
        (letter,) = await notifications.dead_letters.oldest()
        assert letter.attempts == ALL_ATTEMPTS
        assert letter.error.startswith("OSError: [Errno 28] No space left on device")
        assert "No space left on device" in await operator("show", letter.id)

        (directory / FILLER).unlink()
        await operator("replay", letter.id)
        await none_is_left(notifications)
        assert names(directory) == [f"{event}.eml"]
        assert mail_of((directory / f"{event}.eml").read_bytes())["Subject"] == SUBJECT


async def test_a_file_that_is_written_again_is_the_same_file(
    notifications: ComposedNotifications, tmp_path: Path
) -> None:
    notifications.mailer = MailDirectory(tmp_path)
    event = await notifications.publish(placed())
    async with notifications.consuming():
        await notifications.settled()
    before = (tmp_path / f"{event}.eml").read_bytes()
    redis = notifications.redis_of("notifications")
    await cast(Any, redis.hdel(*inbox_place("notifications", event)))
    await redis.delete(f"{{notifications}}:mail:{event}")
    await notifications.publish_again()
    async with notifications.consuming():
        await notifications.settled()
    assert names(tmp_path) == [f"{event}.eml"]
    assert (tmp_path / f"{event}.eml").read_bytes() == before
