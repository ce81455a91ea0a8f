"""The store's signing keys: where they come from, and what of them is shown."""

from __future__ import annotations

import base64
import json
import stat
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ec import SECP256R1
from joserfc.jwk import ECKey, RSAKey

from deployments.foundation.http.signing import (
    SIGNING_KEY_FILE,
    SigningKeysUnreadableError,
    read_keys,
    signing_keys,
)


@pytest.fixture(autouse=True)
def data(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """An embedded store that was never started."""
    for name in ("FIELDHOUSE_SIGNING_KEYS", "REDIS_URL"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("FIELDHOUSE_DATA", str(tmp_path / "data"))
    return tmp_path / "data"


def fresh() -> ECKey:
    return ECKey.generate_key("P-256", private=True)


def pem(key: ECKey) -> str:
    return key.as_pem(private=True).decode()


def jwk(key: ECKey) -> dict[str, object]:
    return {**key.as_dict(private=True)}


def test_an_embedded_store_draws_one_key_and_keeps_it(data: Path) -> None:
    (first,), (again,) = signing_keys(), signing_keys()
    assert first.kid == again.kid
    kept = data / SIGNING_KEY_FILE
    assert stat.S_IMODE(kept.stat().st_mode) == 0o600
    assert [path.name for path in data.iterdir()] == [SIGNING_KEY_FILE]


def test_all_who_ask_at_once_get_the_same_key() -> None:
    with ThreadPoolExecutor(16) as threads:
        kids = list(threads.map(lambda _: signing_keys()[0].kid, range(64)))
    assert len(set(kids)) == 1


def test_a_store_on_an_external_redis_has_only_the_keys_that_were_set(
    monkeypatch: pytest.MonkeyPatch, data: Path
) -> None:
    monkeypatch.setenv("REDIS_URL", "redis://redis.example")
    assert signing_keys() == ()
    assert not data.exists()
    key = fresh()
    monkeypatch.setenv("FIELDHOUSE_SIGNING_KEYS", pem(key))
    assert [each.kid for each in signing_keys()] == [key.thumbprint()]


def test_what_is_published_is_the_public_half() -> None:
    key = fresh()
    (read,) = read_keys(pem(key))
    assert set(read.public) == {"kid", "kty", "crv", "x", "y", "use", "alg"}
    assert (read.public["kid"], read.public["alg"]) == (key.thumbprint(), "ES256")
    numbers = read.private.public_key().public_numbers()
    assert isinstance(numbers.curve, SECP256R1)
    for name, number in (("x", numbers.x), ("y", numbers.y)):
        coordinate = base64.urlsafe_b64decode(read.public[name] + "=")
        assert coordinate == number.to_bytes(32, "big")


def test_every_form_gives_the_same_keys_in_their_order() -> None:
    first, second = fresh(), fresh()
    jwks = [jwk(first), jwk(second)]
    forms = [
        pem(first) + pem(second),
        (pem(first) + pem(second)).replace("\n", "\\n"),
        json.dumps(jwks),
        json.dumps({"keys": jwks}),
    ]
    for form in forms:
        kids = [key.kid for key in read_keys(form)]
        assert kids == [first.thumbprint(), second.thumbprint()], form
    assert [key.kid for key in read_keys(json.dumps(jwks[1]))] == [second.thumbprint()]


def test_a_key_may_bring_its_own_id() -> None:
    (key,) = read_keys(json.dumps({**jwk(fresh()), "kid": "store-2026"}))
    assert (key.kid, key.public["kid"]) == ("store-2026", "store-2026")


def test_what_is_no_such_key_is_refused_and_not_told() -> None:
    other_curve = ECKey.generate_key("P-384", private=True)
    public = ECKey.import_key(fresh().as_dict(private=False))
    secret = jwk(fresh())["d"]
    bad = [
        "rubbish",
        "{",
        "[]",
        '{"keys": []}',
        '["text"]',
        pem(other_curve),
        RSAKey.generate_key(2048).as_pem(private=True).decode(),
        json.dumps(public.as_dict()),
        json.dumps({"kty": "EC", "crv": "P-256", "x": "short", "y": "short", "d": secret}),
        pem(fresh())[:60] + "AAAA" + pem(fresh())[60:],
    ]
    for setting in bad:
        with pytest.raises(SigningKeysUnreadableError) as refused:
            read_keys(setting)
        assert "FIELDHOUSE_SIGNING_KEYS takes" in str(refused.value)
        assert str(secret) not in str(refused.value)


def test_a_private_key_does_not_show() -> None:
    (key,) = read_keys(pem(fresh()))
    assert "private" not in repr(key)
