"""Whatever goes wrong, nothing secret is written down: not in logs, not in stored state or events.

It runs after the faults, so that the logs are full of failures.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path

from commands.serve_status import token
from deployments.foundation.authentication import DEVELOPMENT_KEY
from deployments.foundation.redis import SECRET_FILE, password
from deployments.foundation.redis_users import USERS
from tests.faults.buyers import contents_of
from tests.integration.running_store import RunningStore
from tests.integration.shopper import Json, Shopper, payment

TOKENS = ("success_token", "fail_token", "fraud_token", "a-token-that-nobody-knows")
CARD = "4111111111111111"
OTHER_KEY = "a-key-that-nobody-gave-out"


async def test_no_secret_is_in_any_log_or_in_the_data(store: RunningStore) -> None:
    await pay_in_every_way(store)
    found = [
        f"{what} is in {file}"
        for file in written(store)
        for what in inside(file.read_bytes(), secrets_of(store))
    ]
    assert found == []


async def pay_in_every_way(store: RunningStore) -> None:
    """Pay well, badly, and with requests that cannot even be read."""
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


def written(store: RunningStore) -> Iterator[Path]:
    """All logs of Ray, Serve, the services and Valkey, and Valkey's data: state and events."""
    for directory in (store.logs.parent, store.data):
        for file in directory.rglob("*"):
            if file.is_file() and file.name != SECRET_FILE:
                yield file


def secrets_of(store: RunningStore) -> Mapping[str, str]:
    """What must not be written down, by what it is."""
    secret = (store.data / SECRET_FILE).read_text().strip()
    return {
        **{f"the token {given}": given for given in TOKENS},
        **{f"the password of {user}": password(user, secret) for user in (*USERS, "admin")},
        "the card": CARD,
        "the platform's key": DEVELOPMENT_KEY,
        "the key that is wrong": OTHER_KEY,
        "Redis's secret": secret,
        "Ray's token": token(),
    }


def inside(content: bytes, secrets: Mapping[str, str]) -> list[str]:
    """Which secrets it contains."""
    return [what for what, secret in secrets.items() if secret.encode() in content]
