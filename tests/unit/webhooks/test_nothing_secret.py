"""A platform's URL may hold its secret, and the store's key is one: no log has either."""

from __future__ import annotations

import logging

import pytest
from cryptography.hazmat.primitives import serialization
from starlette.responses import Response

from deployments.webhooks.contract import UrlRefused
from tests.eventually import eventually
from tests.unit.webhooks.composed_webhooks import ComposedWebhooks
from tests.unit.webhooks.receiver import receiver
from tests.unit.webhooks.test_deliveries import took

QUERY, USER = "tok_in_the_query_71", "user_in_the_url_72"


async def test_logs_have_no_secret(
    webhooks: ComposedWebhooks, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    async with receiver(f"/hooks?key={QUERY}") as hooks:
        with pytest.raises(UrlRefused) as refused:
            await webhooks.register(hooks.url.replace("//", f"//{USER}:{USER}@"))
        assert USER not in refused.value.sentence
        hooks.answer = lambda _received: Response(status_code=500)
        await webhooks.register(hooks.url)
        async with webhooks.running():
            await webhooks.place()

            async def failed() -> bool:
                return (await webhooks.endpoints())[0].state == "failing"

            await eventually(failed)
            hooks.answer = lambda _received: Response()
            assert await webhooks.store.retry("1", webhooks.clock()) == "retried"
            await took(hooks, 1)
    numbers = webhooks.keys[0].private.private_numbers()
    pem = webhooks.keys[0].private.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    )
    secrets = [QUERY, USER, str(numbers.private_value), pem.decode().splitlines()[1]]
    assert "webhook 1 to endpoint_" in caplog.text
    for secret in secrets:
        assert secret not in caplog.text
    for buyers in ("ada@example.com", "Analytical Way"):
        assert buyers not in caplog.text


async def test_what_failed_is_told_without_the_url(webhooks: ComposedWebhooks) -> None:
    async with receiver(f"/hooks?key={QUERY}") as hooks:
        await webhooks.register(hooks.url)
    await webhooks.place()
    await webhooks.queued()
    async with webhooks.dispatching():

        async def failed() -> bool:
            return (await webhooks.endpoints())[0].state == "failing"

        await eventually(failed)
    assert QUERY not in str((await webhooks.endpoints())[0].last_error)
