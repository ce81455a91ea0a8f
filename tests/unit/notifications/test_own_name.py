"""How a machine calls itself to a mail server, though no name server tells it its name."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from email.message import EmailMessage

import pytest

from deployments.notifications.mailer import SmtpMailer
from deployments.notifications.own_name import LITERAL, OwnName
from tests.eventually import eventually
from tests.unit.notifications.smtp_server import SmtpServer


class SlowNames:
    """A name server that answers when it is told to."""

    def __init__(self) -> None:
        self.answering, self.asked = threading.Event(), 0

    def look_up(self) -> str:
        self.asked += 1
        self.answering.wait()
        return "shop.example"


@pytest.fixture
def names() -> Iterator[SlowNames]:
    """One that keeps whoever asks waiting until the test has ended, at the latest."""
    names = SlowNames()
    yield names
    names.answering.set()


def mail() -> EmailMessage:
    made = EmailMessage()
    made["From"], made["To"] = "store@fieldhouse.example", "ada@example.com"
    made.set_content("Thank you.")
    return made


async def test_mail_does_not_wait_for_a_name_server(smtp: SmtpServer, names: SlowNames) -> None:
    mailer = SmtpMailer(smtp.url, OwnName(names.look_up, seconds=0.01))
    for _ in range(2):
        await mailer.send(mail(), "event")
    assert len(smtp.taken) == 2
    assert smtp.greetings == [LITERAL, LITERAL]
    names.answering.set()

    async def known() -> bool:
        await mailer.send(mail(), "event")
        return smtp.greetings[-1] == "shop.example"

    await eventually(known)
    assert names.asked == 1


@pytest.mark.parametrize(("found", "said"), [("shop.example", "shop.example"), ("shop", LITERAL)])
async def test_a_name_without_a_domain_is_none(found: str, said: str) -> None:
    name = OwnName(lambda: found)
    assert [await name.get(), await name.get()] == [said, said]
