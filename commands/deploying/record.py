"""What was deployed, as a file in the data directory: a store that is started again goes on so."""

from __future__ import annotations

import os
from datetime import datetime
from pathlib import Path

from pydantic import BaseModel, ConfigDict, Field

from commands.deploying.releases import Release

_FILE = "deployed.json"


class Deployed(BaseModel):
    """One application's release, the one before it, and when they changed places.

    Both are unknown of what somebody deployed whose record is gone.
    """

    model_config = ConfigDict(frozen=True)

    release: Release
    previous: Release | None
    since: datetime | None


class Record(BaseModel):
    """What every application runs: what was deployed, or what the store was started with."""

    model_config = ConfigDict(frozen=True)

    started: Release
    applications: dict[str, Deployed] = Field(default_factory=dict)

    def release_of(self, application: str) -> Release:
        """What the application runs."""
        deployed = self.applications.get(application)
        return deployed.release if deployed else self.started

    def with_release(self, application: str, release: Release, now: datetime) -> Record:
        """The record after a deployment."""
        deployed = Deployed(release=release, previous=self.release_of(application), since=now)
        return self.model_copy(update={"applications": self.applications | {application: deployed}})

    def as_found(self, application: str, running: Release | None) -> Record:
        """The record, put right by what Serve says that the application runs, if it says so.

        The head that wrote the record may be gone, and Serve with what it runs is not.
        """
        if running is None or running == self.release_of(application):
            return self
        found = Deployed(release=running, previous=None, since=None)
        return self.model_copy(update={"applications": self.applications | {application: found}})

    def started_with(self, release: Release) -> Record:
        """The record of a store that starts with this release: what was deployed stays so."""
        others = {
            application: deployed
            for application, deployed in self.applications.items()
            if deployed.release != release
        }
        return Record(started=release, applications=others)

    def named(self) -> set[str]:
        """Every release that a service runs, or may go back to."""
        pairs = [(one.release, one.previous) for one in self.applications.values()]
        return {self.started.name, *(one.name for pair in pairs for one in pair if one)}


def recorded(data: Path) -> Record | None:
    """What was written down last; nothing in a store that was never started."""
    file = data / _FILE
    return Record.model_validate_json(file.read_bytes()) if file.exists() else None


def write(data: Path, record: Record) -> None:
    """Write it down, whoever reads meanwhile."""
    temporary = data / f"{_FILE}.{os.getpid()}"
    temporary.write_text(record.model_dump_json(indent=1))
    temporary.chmod(0o600)
    temporary.replace(data / _FILE)


def starting(data: Path, release: Release) -> Record:
    """Write down that the store starts with this release, and give what its applications run."""
    before = recorded(data) or Record(started=release)
    record = before.started_with(release)
    write(data, record)
    return record
