"""The page of settings is as the settings are."""

from __future__ import annotations

from commands import config
from deployments.foundation.values.setting_words import variable
from deployments.foundation.values.settings import Settings


def test_the_page_is_as_settings_are_declared() -> None:
    """If the change is meant, run `fieldhouse config page` and review the diff."""
    assert config.FILE.read_text() == config.text()


def test_the_page_names_every_variable_once() -> None:
    for name, field in Settings.model_fields.items():
        assert config.text().count(f"| `{variable(name, field)}` |") == 1
