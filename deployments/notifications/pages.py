"""The pages that a link in a mail leads to: no script, nothing from elsewhere, and one button."""

from __future__ import annotations

import hashlib
from base64 import b64encode
from pathlib import Path
from typing import NamedTuple

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from starlette.responses import HTMLResponse, Response

_PAGES = Environment(
    loader=FileSystemLoader(Path(__file__).parent / "templates"),
    autoescape=True,
    undefined=StrictUndefined,
    trim_blocks=True,
    lstrip_blocks=True,
)
_STYLE = (
    "body{margin:0;padding:24px;background:#f4f4f1;color:#222;font-family:Helvetica,Arial,sans-serif}"
    "main{max-width:560px;margin:0 auto;padding:24px;background:#fff;border-radius:6px}"
    "header{font-weight:bold;letter-spacing:.04em}h1{font-size:20px}"
    "button{padding:8px 16px;font-size:16px}"
)
_STYLE_HASH = b64encode(hashlib.sha256(_STYLE.encode()).digest()).decode()
_HEADERS = {
    # Of what the edge forbids to every answer, this style is allowed, and to send the form here.
    "Content-Security-Policy": f"default-src 'none'; style-src 'sha256-{_STYLE_HASH}'; "
    "form-action 'self'; base-uri 'none'; frame-ancestors 'none'",
    # The address of the page is the secret of whom it was sent to.
    "X-Robots-Tag": "noindex",
}


class Button(NamedTuple):
    """What a page can do: post to a path, relative to the page's own."""

    path: str
    label: str


def page(heading: str, text: str, button: Button | None = None, *, status: int = 200) -> Response:
    """A page."""
    shown = {"heading": heading, "text": text, "button": button, "style": _STYLE}
    return HTMLResponse(_PAGES.get_template("page.html").render(shown), status, _HEADERS)
