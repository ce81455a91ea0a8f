"""The text of a description that is HTML: the catalogue keeps plain text."""

from __future__ import annotations

import re
from html.parser import HTMLParser

_BLOCKS = frozenset(
    (
        *("address", "article", "blockquote", "br", "dd", "div", "dl", "dt", "h1", "h2", "h3"),
        *("h4", "h5", "h6", "hr", "li", "ol", "p", "pre", "section", "table", "tr", "ul"),
    )
)
_HIDDEN = frozenset(("script", "style", "template", "head"))
_BLANKS = re.compile(r"[ \t\r\f\v\u00a0]+")
_LOOKS_LIKE_HTML = re.compile(r"<[a-zA-Z!/][^>]*>|&(?:[a-zA-Z]{2,8}|#\d{2,6});")
_LONGEST = 20_000


class _Text(HTMLParser):
    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.parts: list[str] = []
        self._hidden = 0

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:  # noqa: ARG002
        self._hidden += tag in _HIDDEN
        if tag in _BLOCKS:
            self.parts.append("\n- " if tag == "li" else "\n")

    def handle_endtag(self, tag: str) -> None:
        self._hidden = max(0, self._hidden - (tag in _HIDDEN))
        if tag in _BLOCKS and tag != "li":
            self.parts.append("\n")

    def handle_data(self, data: str) -> None:
        if not self._hidden:
            # A break in the source is a blank on the page.
            self.parts.append(data.replace("\n", " "))


def plain_text(html: str) -> str:
    """What a reader of the page sees, line by line; a text without tags stays as it is."""
    if not _LOOKS_LIKE_HTML.search(html):
        return html.strip()[:_LONGEST]
    parser = _Text()
    parser.feed(html)
    parser.close()
    lines = (_BLANKS.sub(" ", line).strip() for line in "".join(parser.parts).split("\n"))
    text = re.sub(r"\n{2,}", "\n", "\n".join(line for line in lines if line not in {"", "-"}))
    return text[:_LONGEST]
