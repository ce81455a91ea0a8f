"""What a contract's protocol says: its methods, and the one message in and out of each."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from typing import Any, TypeVar, get_type_hints

from pydantic import TypeAdapter

M = TypeVar("M", bound=Callable[..., Any])


@dataclass(frozen=True)
class Method:
    """One method of a protocol: how its request and its answer are written, and what it allows."""

    name: str
    request: TypeAdapter[Any]
    answer: TypeAdapter[Any]
    repeatable: bool


def repeatable(method: M) -> M:
    """Declares in a contract that a call whose answer was lost may be made once more.

    That is so for what only reads, and for a step that is deduplicated under its key.
    """
    vars(method)["repeatable"] = True
    return method


@cache
def methods_of(api: type) -> dict[str, Method]:
    """Every public async method of a contract's protocol, by name.

    Raises `TypeError` for a method that does not take exactly one message: a mistake in a
    contract shows when it is first connected, not when it is first called.
    """
    return {
        name: _method(name, function)
        for name, function in inspect.getmembers(api, inspect.isfunction)
        if not name.startswith("_")
    }


def _method(name: str, function: Any) -> Method:  # noqa: ANN401 - any function of a protocol.
    hints = get_type_hints(function)
    answer = hints.pop("return", None)
    if not inspect.iscoroutinefunction(function) or len(hints) != 1:
        raise TypeError(f"{function.__qualname__} must be async and take exactly one message")
    (request,) = hints.values()
    marked = "repeatable" in vars(function)
    return Method(name, TypeAdapter(request), TypeAdapter(answer), marked)
