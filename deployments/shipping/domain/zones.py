"""The zone in which a country lies."""

from __future__ import annotations

from typing import Literal

Zone = Literal["US", "CA", "WORLD"]
"""Where a method delivers: the United States, Canada, or every other country."""


def zone_of(alpha_2_code: str) -> Zone:
    """The zone of a country."""
    if alpha_2_code == "US":
        return "US"
    return "CA" if alpha_2_code == "CA" else "WORLD"
