"""Sends a delivery to its endpoint: one signed request, to an address that was checked.

The connection goes to an address that was resolved and checked here, so that a name which resolves
to something else a moment later leads nowhere. TLS is verified against the name. Redirects are not
followed, proxies of the environment are not used, and of the response little more than the status
is read.
"""

from __future__ import annotations

import asyncio
import ssl
from contextlib import suppress
from typing import cast

import httpx

from deployments.foundation.values.clock import Clock, utc_now
from deployments.webhooks.domain import DeliveryAttempt, WebhookDelivery, headers_of
from deployments.webhooks.resolver import AddressCheck, AddressRefusedError, HostUnknownError
from deployments.webhooks.signatures import NoSigningKeyError, Signer
from deployments.webhooks.url_policy import Address

ATTEMPT_SECONDS = 10.0
"""How long an attempt may take, from looking the host up to the response."""
_READ_BYTES, _READ_SECONDS = 4096, 1.0
"""How much of a response is read, so that its sender sees no broken connection."""
_LONGEST_ERROR = 200


class WebhookClient:
    """Makes attempts, to addresses that `check` permits."""

    def __init__(
        self,
        signer: Signer,
        profile_url: str,
        check: AddressCheck,
        *,
        verify: ssl.SSLContext | None = None,
        seconds: float = ATTEMPT_SECONDS,
        clock: Clock = utc_now,
    ) -> None:
        self._signer, self._profile_url, self._check = signer, profile_url, check
        self._seconds, self._clock = seconds, clock
        # Every attempt has a connection of its own: one that hangs keeps no other from anything.
        self._transport = httpx.AsyncHTTPTransport(
            verify=verify or httpx.create_ssl_context(),
            trust_env=False,
            limits=httpx.Limits(max_connections=None, max_keepalive_connections=0),
        )

    @property
    def can_sign(self) -> bool:
        """Whether anything can be delivered at all."""
        return self._signer.can_sign

    async def attempt(self, delivery: WebhookDelivery) -> DeliveryAttempt:
        """Send a delivery once. What goes wrong is told in the result, not raised."""
        try:
            async with asyncio.timeout(self._seconds):
                return await self._send(self._request(delivery), delivery.platform)
        except TimeoutError:
            return DeliveryAttempt(None, f"no answer in {self._seconds:g} s")
        except HostUnknownError:
            return DeliveryAttempt(None, "the host has no address")
        except AddressRefusedError:
            return DeliveryAttempt(None, "the host has an address that is not public")
        except NoSigningKeyError:
            return DeliveryAttempt(None, "the store has no signing key")
        except httpx.HTTPError as failure:
            return DeliveryAttempt(None, _described(failure))

    def _request(self, delivery: WebhookDelivery) -> httpx.Request:
        headers = headers_of(delivery, self._profile_url)
        request = httpx.Request("POST", delivery.url, headers=headers, content=delivery.body)
        self._signer.sign(request, self._clock())
        return request

    async def _send(self, request: httpx.Request, platform: str) -> DeliveryAttempt:
        addresses = await self._check.addresses(request.url, platform)
        for address in addresses[:-1]:
            with suppress(httpx.ConnectError):
                return await self._send_to(address, request)
        return await self._send_to(addresses[-1], request)

    async def _send_to(self, address: Address, request: httpx.Request) -> DeliveryAttempt:
        """Send the request over a connection to this address."""
        # The deadline is that of the whole attempt.
        extensions = {"sni_hostname": request.url.raw_host.decode("ascii"), "timeout": {}}
        response = await self._transport.handle_async_request(
            httpx.Request(
                request.method,
                request.url.copy_with(host=str(address)),
                headers=request.headers,
                stream=request.stream,
                extensions=extensions,
            )
        )
        try:
            await _drain(response)
        finally:
            await response.aclose()
        return DeliveryAttempt(response.status_code, retry_after=_retry_after(response))

    async def aclose(self) -> None:
        """Close what is open."""
        await self._transport.aclose()


async def _drain(response: httpx.Response) -> None:
    taken = 0
    with suppress(httpx.HTTPError, TimeoutError):
        async with asyncio.timeout(_READ_SECONDS):
            async for chunk in cast(httpx.AsyncByteStream, response.stream):
                taken += len(chunk)
                if taken > _READ_BYTES:
                    return


def _retry_after(response: httpx.Response) -> float:
    """The seconds that the endpoint asks for; a date is ignored."""
    text = response.headers.get("retry-after", "")
    return float(text) if text.isascii() and text.isdigit() else 0.0


def _described(failure: httpx.HTTPError) -> str:
    """What went wrong. It may name a host, and never a URL."""
    return f"{type(failure).__name__}: {failure}"[:_LONGEST_ERROR].rstrip(": ")
