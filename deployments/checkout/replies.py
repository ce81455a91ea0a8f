"""What the service's scripts reply, as sessions, sagas and rejections."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, NoReturn, cast

from deployments.carts.contract import cart_bought
from deployments.checkout.contract import (
    CreatedSession,
    Session,
    SessionBusy,
    SessionClosed,
    SessionNotFound,
)
from deployments.foundation.http.idempotency import key_reused, stale_version, still_running
from deployments.foundation.http.rate_limits import LimitReached


@dataclass(frozen=True)
class Saga:
    """A saga as its driver holds it: where it stands, under which fence, for which session.

    Of one that turned back: how far it had come, why, and steps that certainly took no effect.
    """

    id: str
    fence: int
    stage: str
    session: Session
    order_id: str
    request: str
    undo_from: str | None = None
    untaken: frozenset[str] = frozenset()
    rejection: tuple[str, str] | None = None
    failures: int = 0


@dataclass(frozen=True)
class UnreadableSaga:
    """A saga that cannot be driven, because it or its session cannot be read, and why."""

    id: str
    fence: int
    why: str


def claimed(saga_id: str, flat: list[str], snapshot: str | None) -> Saga | UnreadableSaga:
    """A saga that was taken over: its id, its hash as a flat list, its session's snapshot."""
    fields: Mapping[str, str] = dict(zip(flat[::2], flat[1::2], strict=True))
    if snapshot is None:
        return UnreadableSaga(saga_id, int(fields["fence"]), "its session is gone")
    try:
        return _readable(saga_id, fields, load(snapshot))
    except (ValueError, KeyError) as reason:
        why = f"it or its session cannot be read: {type(reason).__name__}"
        return UnreadableSaga(saga_id, int(fields["fence"]), why)


def _readable(saga_id: str, fields: Mapping[str, str], session: Session) -> Saga:
    rejection = None
    if "rejection" in fields:
        rejection = (fields["rejection"], fields["rejection_body"])
    return Saga(
        id=saga_id,
        fence=int(fields["fence"]),
        stage=fields["stage"],
        session=session,
        order_id=fields["order"],
        request=fields["request"],
        undo_from=fields.get("undo_from"),
        untaken=frozenset(fields.get("untaken", "").split()),
        rejection=rejection,
        failures=int(fields.get("failures", 0)),
    )


def load(snapshot: str) -> Session:
    """A session from its snapshot: version, status and doc, a line each."""
    version, status, doc = snapshot.split("\n", 2)
    session = Session.model_validate_json(doc)
    return session.model_copy(update={"version": int(version), "status": status})


def created(outcome: Any) -> CreatedSession:  # noqa: ANN401 - a script's reply.
    """The session of a request to create one, and whether it was new then."""
    kind, snapshot, *existing = cast(list[str | None], outcome)
    if kind == "existing" and snapshot is not None:
        return CreatedSession(session=load(snapshot), created=False)
    return CreatedSession(session=settle([kind, snapshot]), created=not any(existing))


def settle(outcome: Any) -> Session:  # noqa: ANN401 - a script's reply.
    """The session of a good outcome; the rejection of any other."""
    kind, detail = cast(tuple[str, str | None], outcome)
    if kind in {"ok", "repeat"} and detail is not None:
        return load(detail)
    return _reject(kind, detail or "")


def _reject(kind: str, detail: str) -> NoReturn:
    if kind == "repeat":
        raise still_running()
    if kind == "reused":
        raise key_reused()
    if kind == "busy":
        raise SessionBusy("This checkout is being completed. Get it again in a moment.")
    if kind == "stale":
        raise stale_version(int(detail))
    if kind == "bought":
        order = load(detail).order
        raise cart_bought("" if order is None else order.order_id)
    if kind == "too_many":
        sentence = f"You have {detail} open checkouts. Complete some, or wait until they expire."
        raise LimitReached(sentence, limit=int(detail))
    if kind == "closed":
        raise SessionClosed("This checkout cannot be changed.", session=load(detail))
    raise not_found()


def not_found() -> SessionNotFound:
    """The rejection with its sentence."""
    return SessionNotFound("There is no such checkout session. Create one.")
