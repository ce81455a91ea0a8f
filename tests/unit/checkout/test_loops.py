"""The recovery asks again at once only while that ends something."""

from __future__ import annotations

import pytest

from deployments.checkout.contract import CheckoutApi, Recovered
from deployments.checkout.loops import BATCH, saga_recovery
from deployments.foundation.rpc.calls import Reply, client_of


@pytest.mark.parametrize(
    ("claimed", "ended", "more"),
    [(0, 0, False), (BATCH - 1, BATCH - 1, False), (BATCH, 1, True), (BATCH, 0, False)],
)
async def test_another_tick(claimed: int, ended: int, *, more: bool) -> None:
    async def checkout(method: str, body: bytes, seconds: float) -> Reply:
        assert method == "recover"
        return "ok", Recovered(claimed=claimed, ended=ended).model_dump_json().encode()

    assert await saga_recovery(client_of(CheckoutApi, checkout)).tick() is more
