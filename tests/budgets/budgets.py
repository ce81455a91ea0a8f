"""The budgets. Who makes something cheaper lowers its line; who raises one says why.

`calls` are calls between services, which leave the process where services are placed apart.
`trips` are round trips to Redis. `keys` and `kilobytes` are what one journey leaves there: in all,
and for good. Bytes have some room, since a stream takes memory a page at a time.
"""

from __future__ import annotations

from typing import NamedTuple


class Budget(NamedTuple):
    """What one journey may cost at most."""

    calls: float
    trips: float
    keys: float = 0
    keys_for_good: float = 0
    kilobytes: float = 0
    kilobytes_for_good: float = 0


REQUESTS: dict[str, Budget] = {
    #                          calls  trips  keys  for good   KB   for good
    "product": Budget(1, 1),
    "lookup": Budget(1, 1),
    "search": Budget(1, 1),
    "cart create": Budget(3, 3, 2, 0, 9, 0.1),
    "cart replace": Budget(3, 4, 1, 0, 7, 0.1),
    "session create": Budget(4, 4, 2, 0, 11, 0),
    "session replace": Budget(4, 5, 1, 0, 2.5, 0),
    # Whether everything is on sale still is asked only if nobody asked a moment ago.
    "complete": Budget(6, 15, 17, 8, 30, 5),
    # Of things that nobody else asks about meanwhile. Where others do, four calls fewer.
    "purchase": Budget(16, 29, 24, 8, 42, 5),
    "order": Budget(0, 1),
}
"""What each journey costs until it is answered, and what it leaves behind at that moment."""

WHOLE_PURCHASE = Budget(22, 150, 57, 13.5, 64, 9)
"""A purchase of two lines with all that follows it: mail, webhooks to one endpoint, stock, parcels
that are sent and delivered. What the store does anyway while it idles is not counted.

How many webhooks there are depends on how soon one follows the other: five or six. An event more
or less, or a stream that begins another block, is up to 3 KB."""
WHOLE_PURCHASE_EVENTS = 20
"""How many events a purchase is."""

HEAVY = frozenset(
    [
        *("ray", "numpy", "tantivy", "rapidfuzz", "jinja2", "babel", "pycountry", "ucp_sdk"),
        *("httpx", "joserfc", "cryptography", "aiosmtplib", "email_validator", "limits"),
        *("uvicorn", "typer", "rich"),
    ]
)
"""Modules that cost a process much time or memory at its start."""

SHARED_IMPORTS = frozenset({"cryptography", "limits"})
"""Those of them that every service loads. (`redis` and `limits` bring `cryptography` along.)"""
IMPORTS: dict[str, frozenset[str]] = {
    "profile": frozenset({"joserfc"}),
    "catalog": frozenset({"tantivy", "rapidfuzz", "babel"}),
    "carts": frozenset({"babel", "pycountry", "email_validator"}),
    "checkout": frozenset({"babel", "pycountry", "email_validator"}),
    "orders": frozenset({"babel"}),
    "inventory": frozenset(),
    "payments": frozenset(),
    "shipping": frozenset({"babel", "pycountry"}),
    "pricing": frozenset({"babel", "pycountry"}),
    "notifications": frozenset({"babel", "pycountry", "email_validator", "jinja2", "aiosmtplib"}),
    "webhooks": frozenset({"httpx", "joserfc", "rich"}),  # `httpx` loads `rich` if it is there.
    "staff": frozenset({"babel", "pycountry", "email_validator"}),
    "backoffice": frozenset({"babel", "pycountry", "email_validator", "jinja2"}),
}
"""What a service's replica may load of them beside what every service does."""
