"""Shoppers who search, look at products and fill carts at a steady rate, whatever it takes.

    python -m tests.unit.backoffice.imports.shoppers URL SECONDS

prints how long answers took, in milliseconds, counted from when each was due to be asked.
"""

from __future__ import annotations

import asyncio
import json
import random
import sys
import time
from typing import Any

import httpx

from deployments.foundation.http.authentication import DEVELOPMENT_KEY

_PER_SECOND = 20
_WORDS = ("tire", "road bike", "helmet", "gloves", "mountain frame", "jersey", "tent 12")


def _asked(number: int) -> tuple[str, Any]:
    if number % 5 == 0:
        item = {"item": {"id": "TI-M267"}, "quantity": 1}
        return "/carts", {"line_items": [item]}
    if number % 5 == 1:
        return "/catalog/lookup", {"ids": ["TI-M267", "BK-R93R-62"]}
    return "/catalog/search", {"query": random.choice(_WORDS)}


async def shop(url: str, seconds: float) -> dict[str, Any]:
    """Ask for so long; the times that answers took, and how many failed."""
    took: list[float] = []
    failed = 0

    async def ask(client: httpx.AsyncClient, number: int, due: float) -> None:
        nonlocal failed
        path, body = _asked(number)
        try:
            answer = await client.post(path, json=body)
            failed += not answer.is_success
        except httpx.HTTPError:
            failed += 1
        took.append((time.perf_counter() - due) * 1000)

    headers = {"X-API-Key": DEVELOPMENT_KEY}
    async with (
        httpx.AsyncClient(base_url=url, headers=headers, timeout=30) as client,
        asyncio.TaskGroup() as tasks,
    ):
        began = time.perf_counter()
        for number in range(int(seconds * _PER_SECOND)):
            due = began + number / _PER_SECOND
            await asyncio.sleep(max(0.0, due - time.perf_counter()))
            tasks.create_task(ask(client, number, due))
    took.sort()
    places = {"p50": 0.5, "p95": 0.95, "p99": 0.99}
    found = {name: round(took[int(len(took) * at)], 1) for name, at in places.items()}
    return {**found, "max": round(took[-1], 1), "asked": len(took), "failed": failed}


if __name__ == "__main__":
    print(json.dumps(asyncio.run(shop(sys.argv[1], float(sys.argv[2])))))
