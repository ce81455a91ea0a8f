"""Serve with as many applications as the store has apart, each empty: a baseline for what it takes.

It is started as the store is, with the same proxy and the same settings of Ray, and says so in the
same words.
"""

from __future__ import annotations

import signal
import sys
import threading
import time
from dataclasses import replace
from pathlib import Path
from typing import Any

import yaml
from rich.console import Console

from commands.run import applications_of
from commands.run_settings import (
    APART,
    RunSettings,
    make_data,
    make_scratch,
    settings_from_environment,
)
from commands.serve_process import ServeProcess
from commands.serve_status import RUNNING, applications
from commands.start_progress import StartProgress

_IMPORT = "commands.bench.stores.ceiling:empty"
_EVERY_SECONDS = 0.5


def emptied(config: dict[str, Any]) -> dict[str, Any]:
    """A configuration with the same applications, none of which does anything."""
    wanted = [
        {"name": one["name"], "route_prefix": f"/{one['name']}", "import_path": _IMPORT}
        for one in config["applications"]
    ]
    return {**config, "applications": wanted}


def live(run: RunSettings, console: Console, asked_to_stop: threading.Event) -> None:
    """Start, report, wait and stop."""
    began, serve, names = time.monotonic(), ServeProcess(run), applications_of(run.config)
    try:
        with StartProgress(console, names) as progress:
            while not asked_to_stop.wait(_EVERY_SECONDS) and not serve.has_ended:
                list(serve.new_lines())
                found = applications(serve.dashboard) if serve.dashboard else {}
                progress.show(found, time.monotonic() - began)
                if [one.status for one in found.values()] == [RUNNING] * len(names):
                    break
        console.out(f"ready after {time.monotonic() - began:.1f} s\nCtrl-C ends the store.")
        while not asked_to_stop.wait(_EVERY_SECONDS) and not serve.has_ended:
            list(serve.new_lines())
    finally:
        serve.stop()


def main(source: Path = APART) -> int:
    """Run it until a signal comes."""
    run = settings_from_environment(source)
    make_data(run)
    make_scratch(run)
    config = run.scratch / "empty_config.yaml"
    config.write_text(yaml.safe_dump(emptied(yaml.safe_load(source.read_text()))))
    asked_to_stop = threading.Event()
    signal.signal(signal.SIGTERM, lambda *_: asked_to_stop.set())
    console = Console(highlight=False, soft_wrap=True)
    live(replace(run, config=config), console, asked_to_stop)
    return 0


if __name__ == "__main__":
    sys.exit(main())
