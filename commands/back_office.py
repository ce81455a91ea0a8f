"""The back office over HTTP, for commands that ask in the name of a token."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import httpx

from commands.exit_status import UNUSABLE, CommandError
from commands.storefront import NoStoreError, said_no
from deployments.foundation.values.settings import revealed, settings

Json = dict[str, Any]
_SECONDS = 330.0
"""A file may take five minutes to arrive."""


class StoreSaysNoError(CommandError):
    """The store refused what was asked; the message is its own sentence."""


class NoTokenError(CommandError):
    """Nobody said in whose name to ask."""

    status = UNUSABLE


class BackOffice:
    """Asks the API of the store that the settings name."""

    def __init__(self, client: httpx.AsyncClient) -> None:
        self._client = client

    async def ask(self, method: str, path: str, **more: Any) -> Json:  # noqa: ANN401 - httpx's own.
        """What the API answers. Raises `StoreSaysNoError`."""
        answer = await _reached(self._client.request(method, f"/admin/api{path}", **more))
        await _check(answer)
        found: Json = answer.json()
        return found

    async def download(self, path: str, format_: str) -> AsyncIterator[bytes]:
        """A file, part by part."""
        request = self._client.build_request("GET", f"/admin/api{path}", params={"format": format_})
        answer = await _reached(self._client.send(request, stream=True))
        try:
            await _check(answer)
            async for part in answer.aiter_bytes():
                yield part
        except httpx.TransportError as broken:
            raise NoStoreError("The store broke off in the middle of the file.") from broken
        finally:
            await answer.aclose()


@asynccontextmanager
async def back_office() -> AsyncIterator[BackOffice]:
    """The back office, as the token of `FIELDHOUSE_STAFF_TOKEN`."""
    said = settings()
    token = revealed(said.staff_token)
    if token is None:
        raise NoTokenError(
            "Set FIELDHOUSE_STAFF_TOKEN to an API token. You make one in your account under /admin."
        )
    headers = {"Authorization": f"Bearer {token}"}
    url = said.url or said.local_url
    async with httpx.AsyncClient(base_url=url, headers=headers, timeout=_SECONDS) as client:
        yield BackOffice(client)


async def _reached(asked: Any) -> httpx.Response:  # noqa: ANN401 - a coroutine of httpx.
    try:
        answer: httpx.Response = await asked
    except httpx.TransportError as away:
        raise NoStoreError(
            f"No store answers ({away}). Is it running, and does FIELDHOUSE_URL name it?"
        ) from away
    return answer


async def _check(answer: httpx.Response) -> None:
    if answer.is_success:
        return
    await answer.aread()
    raise StoreSaysNoError(said_no(answer))
