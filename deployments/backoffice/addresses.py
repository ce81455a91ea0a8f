"""The addresses of pages that are named after something: an id may hold any character."""

from __future__ import annotations

from urllib.parse import quote

from deployments.catalog.contract.products import PICTURES_PATH


def picture_url(key: str) -> str:
    """The address of a picture of a product: the catalogue's, beside which the back office is."""
    return f"{PICTURES_PATH}/{key}"


def path_of(*parts: str) -> str:
    """A path of these parts, each of which may hold any character but is never empty."""
    return "".join(f"/{quote(part, safe='')}" for part in parts)
