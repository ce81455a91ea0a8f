"""What a route says of itself: enough to guard it, and to describe it in the API's document."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from types import MappingProxyType
from typing import Any, Literal

from pydantic import BaseModel
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from deployments.foundation.http.timeouts import Timeouts

Handler = Callable[[Request], Awaitable[Response]]
Schema = Mapping[str, Any]
"""A JSON Schema, whose references are to published schemas by their full URI."""
HTML: Schema = {"type": "string", "contentMediaType": "text/html"}
"""A page for people."""
Content = Schema | type[BaseModel] | None
"""What an answer has for content: JSON of a schema, or of a model; or nothing (204).

A schema that names a `contentMediaType` is not of JSON, but of that.
"""
OPERATION = "fieldhouse.operation"
"""Where in a request's scope the edge says which operation it is for, by its id."""
Dialect = Literal["ucp", "problem"]
"""How a service answers with an error: as UCP does, or with problem details (RFC 9457)."""


class Operation(Route):
    """A route of the public API.

    `answers` are the service's own, by status; those that every route may give are added where the
    document is made. `errors` are the sentences for those statuses that are the operation's own, or
    mean more here than elsewhere; errors are told in the service's one `dialect`. `bodies` are the
    models of which a request's body must be one. An operation that is `keyed` needs a platform's
    key, one that `writes` takes an idempotency key, and one that is `versioned` takes `If-Match`.
    Only a `limited` one is counted by client. `timeouts` are its own where it takes long.
    """

    def __init__(
        self,
        method: Literal["GET", "POST", "PUT", "DELETE"],
        path: str,
        handler: Handler,
        *,
        id: str,  # noqa: A002 - what OpenAPI calls it.
        summary: str,
        answers: Mapping[int, Content],
        errors: Mapping[int, str] = MappingProxyType({}),
        dialect: Dialect = "ucp",
        bodies: tuple[type[BaseModel], ...] = (),
        keyed: bool = True,
        writes: bool = False,
        versioned: bool = False,
        limited: bool = True,
        timeouts: Timeouts | None = None,
    ) -> None:
        super().__init__(path, handler, methods=[method])
        self.method, self.id, self.summary = method, id, summary
        self.answers, self.bodies = answers, bodies
        self.errors, self.dialect = errors, dialect
        self.keyed, self.writes, self.versioned = keyed, writes, versioned
        self.limited, self.timeouts = limited, timeouts

    @property
    def kind(self) -> Literal["read", "write"]:
        """Which of a client's budgets it is counted against, unless it has its own."""
        return "write" if self.writes else "read"
