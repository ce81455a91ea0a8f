"""The types of settings that are more than a number or a text, and what they take in words."""

from __future__ import annotations

import re
from email.errors import HeaderParseError
from email.headerregistry import Address
from email.utils import parseaddr
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, Field

Partitioned = Literal["orders"]
"""A service whose keys can be grouped by partition."""


def _web_address(url: str) -> str:
    if not re.fullmatch(r"https?://[^\s/?#]+\S*", url):
        raise ValueError
    return url.rstrip("/")


def _key_pairs(setting: str) -> str:
    for pair in filter(None, (part.strip() for part in setting.split(","))):
        if not re.fullmatch(r"[^=\s]{1,100}=[0-9a-f]{64}", pair):
            raise ValueError
    return setting


def _mailbox(setting: str) -> str:
    """A name and an address, or an address alone (RFC 5322)."""
    try:
        name, addr_spec = parseaddr(setting)
        address = Address(name, addr_spec=addr_spec)
    except (HeaderParseError, ValueError, IndexError):
        address = Address()
    if not address.username or not address.domain:
        raise ValueError
    return setting


def _object_place(setting: str) -> str:
    if "://" in setting and not re.fullmatch(
        r"s3://[a-z0-9][a-z0-9.-]{1,61}[a-z0-9](/\S*)?", setting
    ):
        raise ValueError
    return setting.rstrip("/")


def _takes(what: str) -> Any:  # noqa: ANN401 - pydantic's type of it is its own.
    """What a variable takes, where its type does not say it."""
    return Field(json_schema_extra={"takes": what})


REDIS = "a URL: redis://, unix://, redis+sentinel:// or redis+cluster://; rediss with TLS"
ADDRESS = "an address such as https://store.example"
WebAddress = Annotated[str, AfterValidator(_web_address), _takes(ADDRESS)]
Mailbox = Annotated[str, AfterValidator(_mailbox), _takes("`Name <name@example.org>`")]
ObjectPlace = Annotated[
    str, AfterValidator(_object_place), _takes("a directory, or `s3://bucket/path`")
]
KeyPairs = Annotated[
    str,
    AfterValidator(_key_pairs),
    _takes(
        "platform=sha256 pairs with commas between them (`fieldhouse platform-key acme` prints one)"
    ),
]
