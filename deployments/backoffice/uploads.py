"""A form that carries files (multipart/form-data), read as it arrives and kept nowhere here.

The fields stand before the files, so that it is known who sends what before anything is kept of it.
"""

from __future__ import annotations

import re
from collections.abc import AsyncGenerator, AsyncIterator
from dataclasses import dataclass
from typing import Any

from python_multipart.exceptions import FormParserError
from python_multipart.multipart import MultipartParser, parse_options_header
from starlette.requests import Request

from deployments.backoffice.forms import Form
from deployments.backoffice.language import message
from deployments.foundation.http.answers import ProtocolError

_MULTIPART = b"multipart/form-data"
_MOST_FIELDS = 20
_LONGEST_FIELD = 2000
_LONGEST_HEADERS = 4000
_LONGEST_NAME = 200
_ODD = re.compile(r"[\x00-\x1f\x7f/\\]")


@dataclass(frozen=True)
class Upload:
    """A file on its way: its name, as the sender gives it, and what it holds, to be read once."""

    name: str
    chunks: AsyncIterator[bytes]


@dataclass
class _Part:
    """A field, or a part of the file where there is a `filename`."""

    name: str
    filename: str | None
    data: bytes
    ends: bool = False


class _Parser:
    """Turns what arrives into parts, by the library's callbacks."""

    def __init__(self, boundary: bytes) -> None:
        self.parts: list[_Part] = []
        self.is_complete = False
        self._field, self._value = bytearray(), bytearray()
        self._name = ""
        self._filename: str | None = None
        callbacks: dict[str, Any] = {
            "on_part_begin": self._begin,
            "on_header_field": lambda data, start, end: self._head(self._field, data[start:end]),
            "on_header_value": lambda data, start, end: self._head(self._value, data[start:end]),
            "on_header_end": self._header,
            "on_part_data": lambda data, start, end: self._add(bytes(data[start:end])),
            "on_part_end": lambda: self._add(b"", ends=True),
            "on_end": self._end,
        }
        self._parser = MultipartParser(boundary, callbacks)  # type: ignore[arg-type]

    def feed(self, chunk: bytes) -> list[_Part]:
        """What a further chunk of the body brings."""
        try:
            self._parser.write(chunk)
        except FormParserError as mistake:
            raise _no_form() from mistake
        found, self.parts = self.parts, []
        return found

    def _begin(self) -> None:
        self._name, self._filename = "", None
        self._field.clear()
        self._value.clear()

    def _head(self, into: bytearray, data: bytes) -> None:
        into += data
        if len(into) > _LONGEST_HEADERS:
            raise _no_form()

    def _header(self) -> None:
        if bytes(self._field).lower() == b"content-disposition":
            _, options = parse_options_header(bytes(self._value))
            self._name = options.get(b"name", b"").decode(errors="replace")
            filename = options.get(b"filename")
            self._filename = None if filename is None else _clean(filename)
        self._field.clear()
        self._value.clear()

    def _add(self, data: bytes, *, ends: bool = False) -> None:
        self.parts.append(_Part(self._name, self._filename, data, ends))

    def _end(self) -> None:
        self.is_complete = True


def _clean(filename: bytes) -> str:
    """The last part of a name, as one line."""
    name = filename.decode(errors="replace").replace("\\", "/").rpartition("/")[2]
    return _ODD.sub("", name)[:_LONGEST_NAME]


def _no_form() -> ProtocolError:
    return ProtocolError(400, "invalid_request", message("This is no form."))


async def read_uploads(request: Request) -> tuple[Form, AsyncGenerator[Upload]]:
    """The fields of a form, and the files behind them, of which there is one at least, each to be
    read before the next; 400 and 415 for what is no such form."""
    form, first, parts = await _begun(request)
    return form, _Files(first, parts).each()


async def _begun(request: Request) -> tuple[Form, _Part, AsyncIterator[_Part]]:
    """The fields, the first part of the first file, and what follows it."""
    kind, options = parse_options_header(request.headers.get("content-type", ""))
    if kind != _MULTIPART or b"boundary" not in options:
        raise ProtocolError(415, "unsupported_media_type", message("Send the form of the page."))
    parts = _parts(request, _Parser(options[b"boundary"]))
    values: dict[str, bytearray] = {}
    async for part in parts:
        if part.filename is not None:
            fields = {name: [value.decode(errors="replace")] for name, value in values.items()}
            return Form(fields), part, parts
        value = values.setdefault(part.name, bytearray())
        value += part.data
        if len(value) > _LONGEST_FIELD or len(values) > _MOST_FIELDS:
            raise _no_form()
    raise _no_form()


async def _parts(request: Request, parser: _Parser) -> AsyncIterator[_Part]:
    async for chunk in request.stream():
        for part in parser.feed(chunk):
            yield part
    if not parser.is_complete:
        raise _no_form()


class _Files:
    """The files of a form, one after the other. A field that stands behind a file is left alone."""

    def __init__(self, first: _Part, parts: AsyncIterator[_Part]) -> None:
        self._next: _Part | None = first
        self._parts = parts

    async def each(self) -> AsyncGenerator[Upload]:
        """Every file."""
        while self._next is not None:
            name, chunks = self._next.filename, self._chunks(self._next)
            if name is not None:
                yield Upload(name, chunks)
            async for _ in chunks:
                pass  # What nobody wanted to read.

    async def _chunks(self, part: _Part | None) -> AsyncIterator[bytes]:
        while part is not None:
            if part.data:
                yield part.data
            if part.ends:
                break
            part = await anext(self._parts, None)
        self._next = await anext(self._parts, None)
