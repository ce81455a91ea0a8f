"""Pages: templates in `templates/`, what every template may use, and the headers of a page."""

from __future__ import annotations

import hashlib
from functools import cache
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

from jinja2 import Environment, FileSystemLoader, StrictUndefined, select_autoescape
from pydantic import JsonValue
from starlette.responses import HTMLResponse, Response

from deployments.backoffice.cookies import is_https

_HERE = Path(__file__).parent
_TYPES = {".css": "text/css; charset=utf-8", ".js": "text/javascript", ".svg": "image/svg+xml"}
_YEAR_SECONDS = 365 * 24 * 3600
_CONTENT_POLICY = (
    "default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self' data:; "
    "connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)
"""Nothing inline and nothing from elsewhere; `data:` pictures are second factors' QR codes."""


def page_headers() -> dict[str, str]:
    """What every page has, upon what the edge gives to every answer: a page is kept nowhere."""
    headers = {
        "Content-Security-Policy": _CONTENT_POLICY,
        "Cross-Origin-Opener-Policy": "same-origin",
        "Cross-Origin-Resource-Policy": "same-origin",
        "Permissions-Policy": "camera=(), geolocation=(), microphone=(), payment=(), usb=()",
        "Referrer-Policy": "same-origin",
        "X-Robots-Tag": "noindex",
    }
    if is_https():
        headers["Strict-Transport-Security"] = f"max-age={_YEAR_SECONDS}"
    return headers


@cache
def environment() -> Environment:
    """The templates. A name that one does not know is an error, and no gap in a page."""
    found = Environment(
        loader=FileSystemLoader(_HERE / "templates"),
        autoescape=select_autoescape(default=True),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    found.filters["plain"] = plain
    return found


def plain(value: JsonValue) -> str:
    """A value of a change as people read it, and not as a program writes it."""
    if isinstance(value, list):
        return ", ".join(plain(one) for one in value) or "-"
    if isinstance(value, dict):
        return ", ".join(f"{name}: {plain(one)}" for name, one in value.items()) or "-"
    if isinstance(value, bool):
        return "✓" if value else "✗"
    return "-" if value is None else str(value)


def rendered(template: str, status: int, values: dict[str, Any]) -> Response:
    """A page."""
    text = environment().get_template(template).render(values)
    return HTMLResponse(text, status, page_headers())


def with_query(path: str, query: dict[str, object]) -> str:
    """A path with a query, of which what is empty is left out."""
    told = {name: value for name, value in query.items() if value not in {None, ""}}
    return f"{path}?{urlencode(told)}" if told else path


@cache
def _static_files() -> dict[str, bytes]:
    files = (_HERE / "static").iterdir()
    return {file.name: file.read_bytes() for file in files if file.suffix in _TYPES}


@cache
def static_version() -> str:
    """Changes whenever a file does: it is part of the files' addresses, which are kept for long."""
    digest = hashlib.sha256(b"".join(text for _, text in sorted(_static_files().items())))
    return digest.hexdigest()[:12]


def static_file(name: str) -> Response | None:
    """A stylesheet, script or picture of the pages; none if there is no such file."""
    text = _static_files().get(name)
    if text is None:
        return None
    kept = {"Cache-Control": f"public, max-age={_YEAR_SECONDS}, immutable"}
    return Response(text, headers=kept, media_type=_TYPES[Path(name).suffix])
