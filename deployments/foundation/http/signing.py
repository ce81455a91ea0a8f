"""The keys with which the store signs what it sends, and their public halves for its profile.

`FIELDHOUSE_SIGNING_KEYS` holds private keys on the curve P-256: PEM blocks one after another, or
JSON, which is a JWK, a list of them or a JWK Set. The first one signs, and all are published, so
that a key can be known before it signs, and after. Without the setting an embedded store draws a
key once and keeps it beside its data; a store on an external Redis has none, and signs nothing.
"""

from __future__ import annotations

import json
import os
import re
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from cryptography.hazmat.primitives.asymmetric.ec import EllipticCurvePrivateKey
from joserfc.errors import JoseError
from joserfc.jwk import ECKey

from deployments.foundation.http.ucp import Json
from deployments.foundation.values.private_files import make_private
from deployments.foundation.values.settings import revealed, settings

SIGNING_KEY_FILE = "signing-key.pem"
"""The name of an embedded store's own key, beside the data."""
_CURVE = "P-256"
_PEM = re.compile(r"-----BEGIN ([A-Z ]*PRIVATE KEY)-----.*?-----END \1-----", re.DOTALL)


class SigningKeysUnreadableError(Exception):
    """`FIELDHOUSE_SIGNING_KEYS`, or the key beside the data, is no key for ES256."""


@dataclass(frozen=True)
class SigningKey:
    """A private key, which never shows, and its public half as a JWK (RFC 7517)."""

    kid: str
    public: Json
    private: EllipticCurvePrivateKey = field(repr=False)


def signing_keys() -> tuple[SigningKey, ...]:
    """The store's keys, of which the first signs; none where nobody set any.

    Raises `SigningKeysUnreadableError`.
    """
    configured = configured_keys()
    if configured or not settings().is_embedded:
        return configured
    return read_keys(_kept(settings().data_directory / SIGNING_KEY_FILE))


def configured_keys() -> tuple[SigningKey, ...]:
    """The keys that the operator set; none if there are none.

    Raises `SigningKeysUnreadableError`.
    """
    setting = revealed(settings().signing_keys)
    return read_keys(setting) if setting and setting.strip() else ()


def read_keys(text: str) -> tuple[SigningKey, ...]:
    """The keys in a setting; see the top. Raises `SigningKeysUnreadableError`."""
    try:
        found = [ECKey.import_key(each) for each in _split(text)]
        keys = tuple(_signing_key(key) for key in found)
    except (JoseError, ValueError, TypeError, KeyError):
        # What could not be read may be a key: nothing of it is told.
        raise SigningKeysUnreadableError(_EXPECTED) from None
    if not keys:
        raise SigningKeysUnreadableError(_EXPECTED)
    return keys


_EXPECTED = (
    "FIELDHOUSE_SIGNING_KEYS takes private keys on the curve P-256 as PEM or JWK: "
    "`openssl genpkey -algorithm EC -pkeyopt ec_paramgen_curve:P-256` prints one."
)


def _split(text: str) -> Sequence[Any]:
    """Each key in the form that the library takes."""
    if not text.lstrip().startswith(("{", "[")):
        # Settings in one line spell the ends of a PEM's lines as two characters.
        return [match[0] for match in _PEM.finditer(text.replace("\\n", "\n"))]
    found = json.loads(text)
    if isinstance(found, dict):
        found = found.get("keys", [found])
    return list(found)


def _signing_key(key: ECKey) -> SigningKey:
    private = key.private_key
    if private is None or key.curve_name != _CURVE:
        raise ValueError
    kid = key.kid or key.thumbprint()
    coordinates = key.as_dict(private=False)
    public = {name: coordinates[name] for name in ("kty", "crv", "x", "y")}
    return SigningKey(kid, {"kid": kid, **public, "use": "sig", "alg": "ES256"}, private)


def _kept(path: Path) -> str:
    """The key in this file, drawn by whoever asks first, if all ask at once."""
    if not path.exists():
        make_private(path.parent)
        _offer(path)
    return path.read_text()


def _offer(path: Path) -> None:
    """Put a fresh key there, whole and for this user's eyes only, unless there is one by now."""
    fresh = ECKey.generate_key(_CURVE, private=True)
    with tempfile.NamedTemporaryFile(dir=path.parent, prefix=f".{path.name}-") as file:
        # Such a file has mode 0600 from its first moment on.
        file.write(fresh.as_pem(private=True))
        file.flush()
        os.fsync(file.fileno())
        try:
            os.link(file.name, path)
        except FileExistsError:
            return
