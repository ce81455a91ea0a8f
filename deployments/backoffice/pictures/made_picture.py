"""A picture as it is kept."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class MadePicture:
    """Its bytes, what they are (`jpg`, `png`, `webp`), and its sides in pixels."""

    content: bytes
    ending: str
    width: int
    height: int
