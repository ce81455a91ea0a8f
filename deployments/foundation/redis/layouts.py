"""How a service's keys are laid out, as they are stored, against what the environment says.

| key | what |
| --- | --- |
| `{orders}:events:layout` | stream: the layouts that keys were brought to; none is `whole` |

It is where subscribers may read it, too. Whoever would look for keys where they are not does not
start.
"""

from __future__ import annotations

from typing import Any, Literal, cast

from redis.asyncio import Redis

from deployments.foundation.values.partitions import layout_of
from deployments.foundation.values.settings import SettingsError

StoredLayout = Literal["whole", "partitioning", "partitioned"]
_FIELD = "layout"


class WrongLayoutError(SettingsError):
    """Keys are laid out otherwise than the environment says; the message says what to do."""


async def stored_layout(redis: Redis, service: str) -> StoredLayout:
    """How a service's keys are laid out; `partitioning` if they were left half way."""
    entries = cast(Any, await redis.xrange(_key(service)))
    return cast(StoredLayout, entries[-1][1][_FIELD]) if entries else "whole"


async def note_layout(redis: Redis, service: str, layout: StoredLayout) -> None:
    """Say how a service's keys are laid out from now on."""
    await redis.xadd(_key(service), {_FIELD: layout})


async def check_layout(redis: Redis, service: str) -> None:
    """Raises `WrongLayoutError` unless the keys are where the environment says. One round trip."""
    stored = await stored_layout(redis, service)
    if stored == ("partitioned" if layout_of(service).partitioned else "whole"):
        return
    if stored == "partitioned":
        raise WrongLayoutError(
            f"The keys of {service} are grouped by partition: set FIELDHOUSE_PARTITIONED={service}."
        )
    state = "not" if stored == "whole" else "only in part"
    raise WrongLayoutError(
        f"The keys of {service} are {state} grouped by partition: run `fieldhouse partition` with "
        f"FIELDHOUSE_PARTITIONED={service} while the store is stopped."
    )


def _key(service: str) -> str:
    return f"{{{service}}}:events:layout"
