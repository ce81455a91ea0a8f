"""What cannot be sent is tried again, kept for an operator, and sent when he says so."""

from __future__ import annotations

import resource
import signal
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from jinja2 import ChoiceLoader, DictLoader, FileSystemLoader

from deployments.notifications.letters import TEMPLATES
from deployments.notifications.mailer import MailDirectory, SmtpMailer
from tests.unit.consuming.toys import eventually
from tests.unit.notifications.facts import ADA, cancelled, placed
from tests.unit.notifications.post_office import PostOffice, mail_of, part
from tests.unit.notifications.world import World

OURS = FileSystemLoader(TEMPLATES)


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


async def replay(world: World) -> None:
    """All dead letters, once more, until none is left."""
    letters = await world.letters.oldest()
    async with world.consuming():
        await world.letters.replay(letter.id for letter in letters)

        async def gone() -> bool:
            return await world.letters.count() == 0

        await eventually(gone)


async def test_a_broken_template_is_replayed_when_it_is_mended(
    world: World, office: PostOffice
) -> None:
    broken = {"order_placed.html": "{{ order.nothing_of_the_kind }}"}
    world.templates = ChoiceLoader([DictLoader(broken), OURS])
    event = await world.announce(placed())
    await world.announce(placed(2))
    async with world.consuming():
        await world.settled()
    assert office.taken == []
    letters = await world.letters.oldest()
    assert len(letters) == 2
    assert "TemplateBrokenError: order_placed.html" in letters[0].error
    assert "nothing_of_the_kind" in letters[0].error
    assert (await world.store.record(event))["state"] == "failed"

    world.templates = None
    await replay(world)
    assert sorted(str(mail["Subject"]) for mail in office.mails()) == [
        "Your order FH-100001",
        "Your order FH-100002",
    ]


async def test_a_template_without_a_subject_is_broken(world: World, office: PostOffice) -> None:
    broken = {"order_placed.txt": "Thank you.\n\nThank you."}
    world.templates = ChoiceLoader([DictLoader(broken), OURS])
    await world.announce(placed())
    async with world.consuming():
        await world.settled()
    (letter,) = await world.letters.oldest()
    assert "must begin with its subject" in letter.error
    assert office.taken == []


async def test_a_server_that_refuses_gets_the_mail_once_it_takes_it(
    world: World, office: PostOffice
) -> None:
    office.refusal = "451 Come back later"
    event = await world.announce(placed())

    async def refused() -> bool:
        return int((await world.store.record(event)).get("attempts", 0)) >= 3

    async with world.consuming():
        await eventually(refused)
        office.refusal = None
        await world.settled()
    assert [mail["To"] for mail in office.mails()] == [ADA]
    assert await world.letters.count() == 0


async def test_a_server_that_goes_on_refusing_is_told_again_when_an_operator_says_so(
    world: World, office: PostOffice
) -> None:
    office.refusal = "550 No such mailbox"
    await world.announce(placed())
    async with world.consuming():
        await world.settled()
    (letter,) = await world.letters.oldest()
    assert "550" in letter.error
    assert "No such mailbox" in letter.error
    office.refusal = None
    await replay(world)
    assert len(office.taken) == 1


async def test_a_confirmation_that_was_held_up_is_none_of_an_order_that_was_cancelled_meanwhile(
    world: World, office: PostOffice
) -> None:
    office.refusal = "451 Come back later"
    event = await world.announce(placed())
    async with world.consuming():
        await world.settled()
    office.refusal = None
    await world.announce(cancelled())
    async with world.consuming():
        await world.settled()
    await replay(world)
    assert [mail["Subject"] for mail in office.mails()] == ["Your order FH-100001 was cancelled"]
    assert (await world.store.record(event))["why"] == "order cancelled"


async def test_a_server_that_is_not_there_is_waited_for(world: World, office: PostOffice) -> None:
    world.mailer = SmtpMailer("smtp://127.0.0.1:1")
    await world.announce(placed())
    async with world.consuming():
        await world.settled()
    (letter,) = await world.letters.oldest()
    assert "fails: SMTPConnectError" in letter.error
    world.mailer = SmtpMailer(office.url)
    await replay(world)
    assert len(office.taken) == 1


async def test_without_a_server_mails_are_files(world: World, tmp_path: Path) -> None:
    directory = tmp_path / "mail"
    world.mailer = MailDirectory(directory)
    events = [await world.announce(placed(number)) for number in (1, 2)]
    async with world.consuming():
        await world.settled()
    assert names(directory) == sorted(f"{event}.eml" for event in events)
    mail = mail_of((directory / f"{events[0]}.eml").read_bytes())
    assert (mail["To"], mail["Subject"]) == (ADA, "Your order FH-100001")
    assert "$81.00" in part(mail, "html")
    assert (directory / f"{events[0]}.eml").stat().st_mode & 0o777 == 0o600


async def test_a_disk_that_is_full_leaves_nothing_behind(world: World, tmp_path: Path) -> None:
    world.mailer = MailDirectory(tmp_path)
    await world.announce(placed(title="Helmet " * 1000))
    with file_size_limit(4096):
        async with world.consuming():
            await world.settled()
    assert names(tmp_path) == []
    (letter,) = await world.letters.oldest()
    assert "OSError" in letter.error
    await replay(world)
    assert len(names(tmp_path)) == 1


async def test_a_file_that_is_written_again_is_the_same_file(world: World, tmp_path: Path) -> None:
    world.mailer = MailDirectory(tmp_path)
    event = await world.announce(placed())
    async with world.consuming():
        await world.settled()
    before = (tmp_path / f"{event}.eml").read_bytes()
    await world.redis_of("notifications").delete(
        f"{{notifications}}:inbox:{event}", f"{{notifications}}:mail:{event}"
    )
    await world.announce_again()
    async with world.consuming():
        await world.settled()
    assert names(tmp_path) == [f"{event}.eml"]
    assert (tmp_path / f"{event}.eml").read_bytes() == before
