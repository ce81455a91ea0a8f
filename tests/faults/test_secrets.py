"""Whatever goes wrong, nothing secret is written down: in no log, mail or event, and in no state.

It runs after the faults, so that the logs are full of failures.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Mapping

import pytest

from commands.serve_status import token
from deployments.foundation.http.authentication import DEVELOPMENT_KEY
from deployments.foundation.redis.connection import SECRET_FILE, password
from deployments.topology import USERS
from tests.faults.books import ledgers_of
from tests.faults.buyers import contents_of
from tests.faults.declared import applications
from tests.faults.written import Kind, Writing, written
from tests.integration.running_store import RunningStore
from tests.integration.shopper import Json, Shopper, payment

pytestmark = pytest.mark.long

TOKENS = ("success_token", "fail_token", "fraud_token", "a-token-that-nobody-knows")
CARD = "4111111111111111"
OTHER_KEY = "a-key-that-nobody-gave-out"
PRIVATE = re.compile(rb'BEGIN [A-Z ]*PRIVATE KEY|"d\\*"\s*:\s*\\*"[\w-]{40}')
"""How a private key looks, as PEM or as a JSON Web Key. A service may keep one among its own
state."""
KEPT: frozenset[Kind] = frozenset({"state", "file"})
_LOG_OF = re.compile(r"replica_(\w+?)_[A-Z]")


@pytest.mark.on_ray
async def test_no_secret_is_in_any_log_mail_or_event_or_in_the_data(store: RunningStore) -> None:
    await pay_in_every_way(store)
    secrets, found, read = secrets_of(store), list[str](), Counter[Kind]()
    logged = set[str]()
    async for writing in written(store):
        read[writing.kind] += 1
        logged |= set(_LOG_OF.findall(writing.where))
        found += [
            f"{what} is in the {writing.kind} {writing.where}" for what in _in(writing, secrets)
        ]
    assert found == []
    assert all(read[kind] for kind in ("log", "mail", "event", "state", "file")), read
    assert logged >= set(applications(store.placement))


async def pay_in_every_way(store: RunningStore) -> None:
    """Pay well, badly, and with requests that cannot even be read, and let what follows follow."""
    async with store.client() as client:
        session = await Shopper(client).open([("TI-M267", 1)])
        path = f"/checkout-sessions/{session['id']}/complete"
        for body in bodies(session):
            answer = await client.post(path, json=body)
            assert answer.status_code in {200, 400}, answer.text
        await client.post(path, content=f'{{"token": "{TOKENS[0]}"'.encode())
        opened = await client.post("/checkout-sessions", json=contents_of([("TI-M267", 1)]))
        assert opened.status_code == 201
        refused = await client.get(path, headers={"X-API-Key": OTHER_KEY})
        assert refused.status_code in {401, 405}, refused.text
    async with ledgers_of(store) as ledgers:
        await ledgers.settled()
        await ledgers.consumed()


def bodies(session: Json) -> Iterator[Json]:
    """Payments by token, by card, and with mistakes; the one that succeeds is the last."""
    for token_ in reversed(TOKENS):
        body = payment(session, token_)
        if token_ != TOKENS[0]:
            yield body
    card = payment(session, CARD)
    credential: Json = {"type": "card", "card_number_type": "fpan", "number": CARD}
    card["payment"]["instruments"][0]["credential"] = credential
    yield card
    yield {"payment": {"instruments": [{"credential": {"token": TOKENS[0]}}]}}
    yield {"payment": TOKENS[0]}
    yield payment(session, TOKENS[0])


def secrets_of(store: RunningStore) -> Mapping[str, bytes]:
    """What must not be written down, by what it is."""
    secret = (store.data / SECRET_FILE).read_text().strip()
    secrets = {
        **{f"the token {given}": given for given in TOKENS},
        **{f"the password of {user}": password(user, secret) for user in (*USERS, "admin")},
        "the card": CARD,
        "the platform's key": DEVELOPMENT_KEY,
        "the key that is wrong": OTHER_KEY,
        "Redis's secret": secret,
        "Ray's token": token(),
    }
    return {what: text.encode() for what, text in secrets.items()}


def _in(writing: Writing, secrets: Mapping[str, bytes]) -> Iterator[str]:
    """Which secrets it contains."""
    yield from (what for what, secret in secrets.items() if secret in writing.content)
    if writing.kind not in KEPT and PRIVATE.search(writing.content):
        yield "a private key"
