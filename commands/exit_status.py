"""What a command ends with, and how what goes wrong becomes one line."""

from __future__ import annotations

import functools
import sys
from collections.abc import Callable
from typing import ParamSpec

import typer
from redis.exceptions import RedisError

from deployments.foundation.values.settings import SettingsError

OK = 0
FOUND = 1
"""The command did its work and found something, or the store said no."""
UNUSABLE = 2
"""The command was called wrongly, or what it needs does not answer."""
INTERRUPTED = 130

NO_ANSWER = (
    "Redis does not answer ({reason}). Is the store running (`fieldhouse run`), and do "
    "FIELDHOUSE_DATA, REDIS_URL and FIELDHOUSE_REDIS_SECRET name it as they do for the store?"
)
_P = ParamSpec("_P")


class CommandError(Exception):
    """The command cannot go on; the message says why and what to do, in one line if it can."""

    status = FOUND


def command(function: Callable[_P, int]) -> Callable[_P, None]:
    """A function that returns an exit status, as typer wants it: one that exits with it."""

    @functools.wraps(function)
    def run(*args: _P.args, **kwargs: _P.kwargs) -> None:
        raise typer.Exit(_status(lambda: function(*args, **kwargs)))

    return run


def _status(function: Callable[[], int]) -> int:
    try:
        return function()
    except CommandError as problem:
        return _fail(str(problem), problem.status)
    except SettingsError as mistake:
        return _fail(str(mistake), UNUSABLE)
    except BrokenPipeError:
        raise  # Whoever reads the output has seen enough.
    except (RedisError, OSError) as reason:
        return _fail(NO_ANSWER.format(reason=" ".join(str(reason).split())), UNUSABLE)


def _fail(line: str, status: int) -> int:
    print(f"fieldhouse: {line}", file=sys.stderr)
    return status
