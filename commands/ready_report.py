"""What a store says when it is ready, however it is placed."""

from __future__ import annotations

from collections.abc import Mapping

from rich.console import Console

from commands.run_settings import RunSettings
from deployments.foundation.http.authentication import DEVELOPMENT_KEY, hash_key, platform_keys


def report(
    console: Console,
    run: RunSettings,
    seconds: float,
    places: Mapping[str, str],
    note: str,
    *,
    owner_link: str | None = None,
) -> None:
    """How long it took, how to use the store, where to look beside its data, and how to end it.

    `owner_link` is there while the shop has no owner.
    """
    say = console.out
    say(f"ready after {seconds:.1f} s\n", style="bold")
    say(f"API        {run.url}")
    say(f"           {_key()}")
    say(f"           curl -s {run.url}/catalog/search \\")
    say("             -H 'Content-Type: application/json' -d '{\"query\": \"helmet\"}'")
    say("           fieldhouse demo")
    if owner_link is not None:
        say(f"owner      {owner_link}")
        say("           makes the shop's owner, once, within a day")
    for name, place in {**places, "data": str(run.data)}.items():
        say(f"{name:10} {place}")
    say(f"\n{note}Ctrl-C ends the store.")


def _key() -> str:
    if hash_key(DEVELOPMENT_KEY) in platform_keys():
        return f"X-API-Key: {DEVELOPMENT_KEY} (known to everybody, for development only)"
    return "X-API-Key: one of FIELDHOUSE_PLATFORM_KEYS"
