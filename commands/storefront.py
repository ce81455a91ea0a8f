"""The running store over HTTP, for commands: an answer, or one line that says why there is none."""

from __future__ import annotations

import time
import uuid
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import httpx

from commands.exit_status import UNUSABLE, CommandError
from deployments.foundation.http.authentication import DEVELOPMENT_KEY
from deployments.foundation.values.settings import revealed, settings

Json = dict[str, Any]
_SECONDS = 30.0


class StoreError(CommandError):
    """The store said no, or something that cannot be right."""


class NoStoreError(StoreError):
    """No store answers, or what answers is none."""

    status = UNUSABLE


@dataclass(frozen=True)
class Answer:
    """What the store answered: its body, and the version of what it shows, if it has one."""

    body: Json
    etag: str | None


def said_no(answer: httpx.Response) -> str:
    """The sentence in which the store said no, or its status if there is none."""
    try:
        return str(answer.json()["detail"])
    except (ValueError, KeyError, TypeError):
        return f"The store answered {answer.status_code}."


def connect() -> httpx.AsyncClient:
    """A client of the store that the settings name, as the platform of `FIELDHOUSE_API_KEY`."""
    said = settings()
    url, key = said.url or said.local_url, revealed(said.api_key) or DEVELOPMENT_KEY
    try:
        return httpx.AsyncClient(base_url=url, headers={"X-API-Key": key}, timeout=_SECONDS)
    except (httpx.InvalidURL, UnicodeError) as odd:
        raise NoStoreError(f"FIELDHOUSE_URL or FIELDHOUSE_API_KEY cannot be used: {odd}.") from odd


class Storefront:
    """Asks the store, and tells every call that it makes."""

    def __init__(self, client: httpx.AsyncClient, tell: Callable[[str], None]) -> None:
        self._client, self._tell = client, tell
        self.url = str(client.base_url).rstrip("/")

    async def reach(self) -> None:
        """Raises `StoreError` unless there is a store; the call is not told."""
        await Storefront(self._client, lambda _: None).get("/.well-known/ucp")

    async def get(self, path: str) -> Answer:
        """What lies at a path."""
        return await self._ask("GET", path)

    async def post(self, path: str, body: Json) -> Answer:
        """The answer to a new request."""
        return await self._ask("POST", path, body)

    async def put(self, path: str, body: Json, etag: str | None) -> Answer:
        """What replaced the version that `etag` names."""
        return await self._ask("PUT", path, body, {"If-Match": etag} if etag else {})

    async def _ask(
        self,
        method: str,
        path: str,
        body: Json | None = None,
        headers: dict[str, str] | None = None,
    ) -> Answer:
        sent = dict(headers or {})
        if method != "GET":
            sent["Idempotency-Key"] = str(uuid.uuid4())
        began = time.perf_counter()
        try:
            response = await self._client.request(method, path, json=body, headers=sent)
        except (httpx.TransportError, httpx.UnsupportedProtocol) as failure:
            raise NoStoreError(self._silent(failure)) from failure
        spent = (time.perf_counter() - began) * 1000
        self._tell(f"{method} {path} -> {response.status_code}, {spent:.0f} ms")
        return Answer(self._body(f"{method} {path}", response), response.headers.get("etag"))

    def _silent(self, failure: Exception) -> str:
        if isinstance(failure, httpx.ConnectError | httpx.UnsupportedProtocol):
            return f"No store answers at {self.url}. Start it, or set FIELDHOUSE_URL."
        why = str(failure) or type(failure).__name__
        return f"The store at {self.url} did not answer: {why}. Look at its logs."

    def _body(self, what: str, response: httpx.Response) -> Json:
        body = _json(response)
        if response.is_error and "content" in body:
            raise StoreError(f"{what} was refused: {body['content']}")
        if body.get("ucp", {}).get("status") == "error":
            raise StoreError(f"{what} was refused: {_sentences(body)}")
        if response.is_error or "ucp" not in body:
            raise NoStoreError(
                f"What answers at {self.url} is not the store, or it is still starting "
                f"({what}: {response.status_code}). `fieldhouse run` says when it is ready."
            )
        return body


def _json(response: httpx.Response) -> Json:
    """The body, or nothing if it is no JSON object."""
    try:
        body = response.json()
    except ValueError:
        return {}
    return body if isinstance(body, dict) else {}


def _sentences(body: Json) -> str:
    return " ".join(str(message["content"]) for message in body["messages"])
