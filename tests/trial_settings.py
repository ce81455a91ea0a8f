"""What the long tests are told by the environment; CONTRIBUTING.md names each variable."""

from __future__ import annotations

import secrets
from functools import cache
from pathlib import Path

from pydantic import Field
from pydantic_settings import BaseSettings, SettingsConfigDict

from deployments.foundation.values.setting_words import takes


def _seed() -> int:
    return secrets.randbelow(1_000_000)


class TrialSettings(BaseSettings):
    """Faults that strike a running store, and storms of purchases while consumers are killed."""

    model_config = SettingsConfigDict(env_ignore_empty=True, extra="ignore", frozen=True)

    faults_minutes: float = Field(30, gt=0, description="How long faults strike.")
    faults_times: int = Field(1_000_000, gt=0, description="How often each fault strikes at most.")
    faults_only: str = Field("", description="Parts of the names of the faults that strike.")
    faults_seed: int = Field(default_factory=_seed, description="Repeats an order of faults.")
    faults_table: Path | None = Field(None, description="A file for the table of outcomes.")
    storm_orders: int = Field(100, gt=0, description="How many orders a storm buys.")
    storm_seed: int = Field(default_factory=_seed, description="Repeats a storm.")


@cache
def trial_settings() -> TrialSettings:
    """The same for the whole run, seeds included."""
    return TrialSettings()


def rows() -> list[str]:
    """The table in CONTRIBUTING.md."""
    return [
        f"| `{name.upper()}` | {takes(field)} | {field.description} |"
        for name, field in TrialSettings.model_fields.items()
    ]
