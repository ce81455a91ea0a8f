"""Files of pictures go when no product has shown them for long.

Once a day one replica looks through all files and writes down which no product shows, and since
when. What is shown again meanwhile is taken off that list by the script that shows it.
"""

from __future__ import annotations

import logging
import re
import time
from datetime import timedelta

from deployments.catalog.contract.products import PICTURE_KEY
from deployments.catalog.file_store import FileStore
from deployments.foundation.objects.object_store import Objects
from deployments.foundation.values.clock import Clock

SWEEPS_EVERY = timedelta(days=1)
_HURRY_SECONDS = 60.0
"""After that a claim may be somebody else's soon, and what is left is left to him."""
_KEY = re.compile(PICTURE_KEY)
_log = logging.getLogger(__name__)


class FileSweep:
    """Looks through the files of one place. `kept` is how long one stays that nobody shows."""

    def __init__(self, store: FileStore, objects: Objects, clock: Clock, kept: timedelta) -> None:
        self._store, self._objects, self._clock, self._kept = store, objects, clock, kept

    async def tick(self) -> bool:
        """Look through all files if it is time, and delete what is due."""
        if await self._store.begin_sweep(SWEEPS_EVERY):
            await self._look_through()
        while files := await self._store.claim(self._clock(), self._kept):
            await self._delete(files)
        return False

    async def _look_through(self) -> None:
        shown = await self._store.shown()
        # First, so that nothing is due that somebody shows.
        await self._store.unmark([one for one in await self._store.unshown() if one in shown])
        async for keys in self._objects.listed():
            unshown = [key for key in keys if key not in shown and _KEY.fullmatch(key)]
            await self._store.mark(unshown, self._clock())

    async def _delete(self, files: list[str]) -> None:
        claimed = time.monotonic()
        for file in files:
            if time.monotonic() - claimed > _HURRY_SECONDS:
                return
            await self._objects.delete(file)
            await self._store.deleted(file)
            _log.info("no product has shown %s for long: it is deleted", file)
