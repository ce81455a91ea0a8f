"""One application is replaced, mostly by another release, and goes back if that is not healthy.

Serve starts the new replicas beside the old ones, which answer until the new ones are healthy:
`max_surge_percent` in serve_config.yaml says so.
"""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable
from contextlib import suppress

from commands.deploying.releases import Release
from commands.deploying.serve_control import (
    ApplicationState,
    Declared,
    Json,
    NoServeError,
    ServeControl,
    environment_of,
    with_release,
)
from commands.exit_status import CommandError
from commands.serve_status import FAILED, RUNNING, UNHEALTHY

_EVERY_SECONDS = 0.3
_BACK_WITHIN_SECONDS = 120.0


class NotHealthyError(CommandError):
    """The release did not become healthy; the message says why, and what runs now."""


class OverruledError(CommandError):
    """Somebody else declared something else meanwhile."""


class Rollout:
    """Replaces the replicas of one application; `say` is told how far it is."""

    def __init__(
        self, serve: ServeControl, application: str, say: Callable[[str], None], *, seconds: float
    ) -> None:
        self._serve, self._application = serve, application
        self._say, self._seconds = say, seconds
        self._began = time.monotonic()
        self._told = ""

    def to(self, release: Release) -> None:
        """Deploy, and return when the release serves alone. Raises as `replace`."""
        self.replace(lambda declared: with_release(declared, self._application, release))

    def replace(self, changed: Callable[[Json], Json], *, drained: bool = True) -> None:
        """Declare the application as `changed`, and return when only new replicas serve: if
        `drained`, when the old ones have ended, else while they finish what they were at.

        It must have another environment then, by which it is known. Raises `NotHealthyError` when
        it does not get there in time or at all: what ran before goes on then, as it does when the
        command is interrupted.
        """
        found = self._serve.find()
        old = {one.id for one in found.status(self._application).replicas}
        wanted = changed(found.declared)
        self._serve.declare(wanted)
        try:
            self._until_it_runs(wanted, old, drained=drained)
        except (NotHealthyError, KeyboardInterrupt):
            self._back_to(found.declared)
            raise

    def _until_it_runs(self, wanted: Json, old: set[str], *, drained: bool) -> None:
        while not self._is_switched(wanted, old, drained=drained):
            if time.monotonic() - self._began > self._seconds:
                raise NotHealthyError(self._unhealthy(f"not healthy after {self._seconds:.0f} s"))
            time.sleep(_EVERY_SECONDS)

    def _is_switched(self, wanted: Json, old: set[str], *, drained: bool) -> bool:
        found = self._found()
        if found is None:
            return False
        mine = environment_of(wanted, self._application)
        if environment_of(found.declared, self._application) != mine:
            raise OverruledError(
                f"Somebody else has changed {self._application} meanwhile, by `serve deploy` "
                "perhaps. `fieldhouse releases` shows what runs."
            )
        status = found.status(self._application)
        self._tell(status, old)
        if status.status in (FAILED, UNHEALTHY):
            raise NotHealthyError(self._unhealthy(status.message))
        if drained:
            return status.status == RUNNING and not old & {one.id for one in status.replicas}
        serving = {one.id for one in status.replicas if one.state == RUNNING}
        return bool(serving) and not serving & old

    def _found(self) -> Declared | None:
        """None while Serve does not answer, which it does again when its controller is back."""
        with suppress(NoServeError):
            return self._serve.find()
        return None

    def _back_to(self, before: Json) -> None:
        self._say("going back to what ran before")
        self._serve.declare(before)
        last = time.monotonic() + _BACK_WITHIN_SECONDS
        while (found := self._found()) is None or not self._runs(found):
            if time.monotonic() > last:
                raise CommandError(f"{self._application} does not go back: see `serve status`.")
            time.sleep(_EVERY_SECONDS)

    def _runs(self, found: Declared) -> bool:
        return found.status(self._application).status == RUNNING

    def _unhealthy(self, why: str) -> str:
        return f"{self._application} was not switched: {why}\nWhat ran before goes on."

    def _tell(self, status: ApplicationState, old: set[str]) -> None:
        """One line for each change: how many replicas of either age are in which state."""
        counts = Counter(
            f"{'old' if one.id in old else 'new'} {one.state.lower().replace('_', ' ')}"
            for one in status.replicas
        )
        line = ", ".join(f"{number} {what}" for what, number in sorted(counts.items()))
        if line != self._told:
            self._told = line
            self._say(f"{time.monotonic() - self._began:6.1f} s  {line}")
