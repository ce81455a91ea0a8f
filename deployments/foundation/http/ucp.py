"""The Universal Commerce Protocol's envelope and messages, version 2026-04-08."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, Literal

from deployments.foundation.rpc.rejection import Rejection
from deployments.foundation.values.message import Message

VERSION = "2026-04-08"
Json = dict[str, Any]
Severity = Literal["recoverable", "requires_buyer_input", "requires_buyer_review", "unrecoverable"]


def ucp_schema(name: str) -> Json:
    """The JSON Schema of an answer, as a reference to UCP's published schema of this name."""
    return {"$ref": f"https://ucp.dev/schemas/shopping/{name}"}


ERROR = ucp_schema("types/error_response.json")


class Notice(Message):
    """One entry of a response's `messages`: what is the matter, where, and what to do."""

    type: Literal["error", "warning", "info"]
    code: str
    content: str
    path: str | None = None
    severity: Severity | None = None

    def to_json(self) -> Json:
        """The message as UCP spells it."""
        return self.model_dump(exclude_none=True)


def error(code: str, content: str, *, path: str | None = None, severity: Severity) -> Notice:
    """An error message; `path` is a JSONPath (RFC 9535) into the response."""
    return Notice(type="error", code=code, content=content, path=path, severity=severity)


def warning(code: str, content: str, *, path: str | None = None) -> Notice:
    """A warning that the platform must display."""
    return Notice(type="warning", code=code, content=content, path=path)


def info(code: str, content: str, *, path: str | None = None) -> Notice:
    """An informational message."""
    return Notice(type="info", code=code, content=content, path=path)


class PaymentHandler(Message):
    """A way to pay: its namespace, which is also its id, and what it takes."""

    id: str
    specification: str
    environment: Literal["sandbox", "production"]
    instrument_types: tuple[str, ...]
    credential_types: tuple[str, ...]

    def to_json(self) -> Json:
        """The handler as UCP spells it."""
        return {
            "id": self.id,
            "version": VERSION,
            "spec": self.specification,
            "available_instruments": [{"type": kind} for kind in self.instrument_types],
            "config": {
                "environment": self.environment,
                "credential_types": list(self.credential_types),
            },
        }


def handler_registry(handlers: Iterable[PaymentHandler]) -> Json:
    """UCP's `payment_handlers`: ways to pay by their namespace."""
    return {handler.id: [handler.to_json()] for handler in handlers}


def envelope(*capabilities: str, handlers: Iterable[PaymentHandler] | None = None) -> Json:
    """The `ucp` member of a successful answer, with the capabilities that are active in it."""
    ucp: Json = {
        "version": VERSION,
        "status": "success",
        "capabilities": {name: [{"version": VERSION}] for name in capabilities},
    }
    if handlers is not None:
        ucp["payment_handlers"] = handler_registry(handlers)
    return ucp


def error_body(notices: Iterable[Notice], *, continue_url: str | None = None) -> Json:
    """The answer when there is no resource to show (`types/error_response.json`)."""
    body: Json = {
        "ucp": {"version": VERSION, "status": "error"},
        "messages": [notice.to_json() for notice in notices],
    }
    if continue_url is not None:
        body["continue_url"] = continue_url
    return body


def rejection_body(rejection: Rejection) -> Json:
    """The answer to what can never be had by sending the same request again."""
    return error_body([error(rejection.public_code, rejection.sentence, severity="unrecoverable")])


def not_found(what: str, *, continue_url: str | None = None) -> Json:
    """The answer for an id that names nothing the caller may see."""
    sentence = f"{what} not found, expired, or not yours. Check the id, or create a new one."
    notice = error("not_found", sentence, severity="unrecoverable")
    return error_body([notice], continue_url=continue_url)
