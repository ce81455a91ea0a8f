"""Signing a request as UCP has it: HTTP Message Signatures (RFC 9421) with ES256."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime

import httpx
from http_message_signatures import HTTPMessageSigner, MappingKeyResolver
from http_message_signatures.algorithms import ECDSA_P256_SHA256

from deployments.foundation.http.signing import SigningKey

_LABEL = "sig1"
_FIELDS = (
    *("ucp-agent", "idempotency-key", "webhook-id", "webhook-timestamp"),
    *("content-digest", "content-type"),
)


class NoSigningKeyError(Exception):
    """The store has no key, and sends nothing unsigned."""


class Signer:
    """Signs with the first of the store's keys. Each signature says when it was made."""

    def __init__(self, keys: Sequence[SigningKey]) -> None:
        self._kid = keys[0].kid if keys else None
        private = {key.kid: key.private for key in keys}
        self._signer = HTTPMessageSigner(
            signature_algorithm=ECDSA_P256_SHA256,
            key_resolver=MappingKeyResolver(public_keys={}, private_keys=private),
        )

    @property
    def can_sign(self) -> bool:
        """Whether there is a key."""
        return self._kid is not None

    def sign(self, request: httpx.Request, at: datetime) -> None:
        """Add `Signature-Input` and `Signature` to a request. Raises `NoSigningKeyError`.

        UCP (signatures, "REST Request Signing") says which components; the algorithm is the key's.
        """
        if self._kid is None:
            raise NoSigningKeyError
        query = ("@query",) if request.url.query else ()
        self._signer.sign(
            request,
            key_id=self._kid,
            created=at.astimezone(UTC),
            label=_LABEL,
            include_alg=False,
            use_existing_digest=True,
            covered_component_ids=("@method", "@authority", "@path", *query, *_FIELDS),
        )
