"""Pages of a ranked list, and the opaque cursors that lead from one to the next.

A cursor holds the key of the last hit that was shown, so that it stays valid on every replica and
when products come and go. It is bound to its search: a digest tells a cursor that was altered, or
that belongs to another search. It grants nothing, so the digest needs no secret.
"""

from __future__ import annotations

import base64
import hashlib
import json
from collections.abc import Iterable
from dataclasses import dataclass

from deployments.catalog.domain.products import Filters

_DIGEST_BYTES = 9
_RANK_BYTES = 8


@dataclass(frozen=True)
class Hit:
    """A product and how well it fits: the higher the rank, the better."""

    rank: int
    product_id: str

    @property
    def key(self) -> tuple[int, str]:
        """Where it stands: best first, ties by id."""
        return -self.rank, self.product_id


@dataclass(frozen=True)
class SearchPage:
    """A page of hits; `cursor` is none on the last one. `total` is none if nobody counted them."""

    hits: tuple[Hit, ...]
    total: int | None
    cursor: str | None


class ForeignCursorError(ValueError):
    """The cursor is not one that this search was given."""


def identity(query: str | None, filters: Filters) -> str:
    """What makes two searches the same, whatever their page size."""
    return json.dumps([query, sorted(filters.categories), filters.min_price, filters.max_price])


def turn(hits: Iterable[Hit], search: str, cursor: str | None, limit: int) -> SearchPage:
    """The page after a cursor, or the first; raises `ForeignCursorError`."""
    ranked = sorted(hits, key=lambda hit: hit.key)
    last_shown = None if cursor is None else _decode(cursor, search)
    rest = ranked if last_shown is None else [hit for hit in ranked if hit.key > last_shown.key]
    shown = tuple(rest[:limit])
    following = _encode(shown[-1], search) if len(rest) > len(shown) else None
    return SearchPage(hits=shown, total=len(ranked), cursor=following)


def _encode(hit: Hit, search: str) -> str:
    position = hit.rank.to_bytes(_RANK_BYTES) + hit.product_id.encode()
    return base64.urlsafe_b64encode(_digest(position, search) + position).decode().rstrip("=")


def _decode(cursor: str, search: str) -> Hit:
    try:
        raw = base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4))
        position = raw[_DIGEST_BYTES:]
        rank, product_id = position[:_RANK_BYTES], position[_RANK_BYTES:].decode()
    except ValueError as garbled:
        raise ForeignCursorError(cursor) from garbled
    hit = Hit(rank=int.from_bytes(rank), product_id=product_id)
    # Whatever decodes to the same hit but is spelled otherwise was not written here.
    if _encode(hit, search) != cursor:
        raise ForeignCursorError(cursor)
    return hit


def _digest(position: bytes, search: str) -> bytes:
    content = search.encode() + b"\n" + position
    return hashlib.blake2b(content, digest_size=_DIGEST_BYTES).digest()
