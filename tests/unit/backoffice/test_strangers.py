"""Nothing of a body is read before it is known who sends it, however large or odd the body is."""

from __future__ import annotations

import asyncio
from itertools import product
from typing import Any
from urllib.parse import urlsplit

from starlette.types import Message

from deployments.backoffice.guard import ANYBODY, PageRoute
from deployments.backoffice.tokens import Action
from tests.served import served
from tests.unit.backoffice.office import Office
from tests.unit.backoffice.test_forms import path_of

GIBIBYTE = str(2**30).encode()
BODIES = {
    "multipart": [(b"content-type", b"multipart/form-data; boundary=x")],
    "odd boundary": [(b"content-type", b'multipart/form-data; boundary="\xff' + b"-" * 3000)],
    "no type": [],
    "a file": [(b"content-type", b"text/csv")],
}
TOKENS = {"no token": [], "a token that is none": [(b"authorization", b"Bearer " + b"x" * 60)]}
SESSIONS = {"no session": [], "one that is none": [(b"cookie", b"fieldhouse-session=xyz")]}
STRANGERS = 100


async def asked(office: Office, method: str, path: str, headers: list[tuple[bytes, bytes]]) -> int:
    """The status of the answer to a request whose body must not be read."""
    statuses: list[int] = []

    async def receive() -> Message:
        raise AssertionError("the body is read")

    async def send(message: Message) -> None:
        if message["type"] == "http.response.start":
            statuses.append(message["status"])

    scope: dict[str, Any] = {
        "type": "http",
        "asgi": {"version": "3.0"},
        "http_version": "1.1",
        "method": method,
        "scheme": "http",
        "path": f"/admin{path}",
        "raw_path": f"/admin{path}".encode(),
        "root_path": "",
        "query_string": b"",
        "headers": [(b"host", b"store"), (b"content-length", GIBIBYTE), *headers],
        "client": ("192.0.2.1", 1),
        "server": ("store", 80),
    }
    await office.app(scope, receive, send)
    (status,) = statuses
    return status


async def test_a_program_is_refused_before_its_body_is_read(
    office: Office, actions: list[Action]
) -> None:
    for action, body, token in product(actions, BODIES, TOKENS):
        path = action.path.replace("{", "").replace("}", "")
        status = await asked(office, action.method, path, BODIES[body] + TOKENS[token])
        assert status == 401, (path, body, token)


async def test_a_stranger_is_sent_away_before_his_form_is_read(
    office: Office, pages: list[PageRoute]
) -> None:
    guarded = (page for page in pages if page.needs != ANYBODY)
    for page, body, session in product(guarded, BODIES, SESSIONS):
        status = await asked(office, page.method, path_of(page), BODIES[body] + SESSIONS[session])
        assert status == 303, (page.path, body, session)


async def test_strangers_who_never_finish_their_files_keep_nobody_waiting(office: Office) -> None:
    await office.host.start(consume=False)
    owner = await office.owner()
    async with served(office.app) as url:
        where = urlsplit(url)
        head = (
            f"POST /admin/api/imports/products HTTP/1.1\r\nHost: {where.netloc}\r\n"
            f"Content-Type: multipart/form-data; boundary=x\r\nContent-Length: {2**30}\r\n\r\n"
        )

        async def stranger() -> str:
            reader, writer = await asyncio.open_connection(where.hostname, where.port)
            try:
                writer.write(head.encode() + b"--x\r\nContent-Disposition: form-data; " * 500)
                # He gets his answer though the rest of his body never comes.
                return (await reader.readline()).decode()
            finally:
                writer.close()

        answers = await asyncio.gather(*(stranger() for _ in range(STRANGERS)))
        assert {answer.split()[1] for answer in answers} == {"401"}
        assert (await owner.get("/products")).status_code == 200
    assert "Nothing was imported yet." in (await owner.get("/imports")).text
