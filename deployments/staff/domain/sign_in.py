"""How long sessions and links last, and how attempts to sign in are slowed down."""

from __future__ import annotations

import hashlib
import ipaddress
from datetime import timedelta
from typing import NamedTuple

from deployments.staff.contract.sign_in import LinkKind

IDLE = timedelta(hours=1)
"""After so long without a request a session is over."""
LONGEST = timedelta(hours=12)
"""After so long a session is over in any case."""
DEVICE_LASTS = timedelta(days=90)
"""How long a device counts as known after the last sign-in from it."""
CHALLENGE_LASTS = timedelta(minutes=5)
CHALLENGE_TRIES = 5
MOST_SESSIONS = 20
"""Sessions and devices of a person; a further one ends the oldest."""
LINK_LASTS: dict[LinkKind, timedelta] = {
    "owner": timedelta(hours=24),
    "invitation": timedelta(hours=72),
    "reset": timedelta(hours=1),
}


class Slowing(NamedTuple):
    """So many attempts are free; each further one waits twice as long as the one before."""

    free: int
    first: timedelta
    longest: timedelta


BY_ACCOUNT = Slowing(5, timedelta(seconds=1), timedelta(minutes=15))
"""For what strangers try on one account, and for one known device."""
BY_ADDRESS = Slowing(20, timedelta(seconds=1), timedelta(minutes=15))
FORGOTTEN = timedelta(hours=24)
"""Attempts are counted until so long after the last one."""
_IPV6_NETWORK = 64


def counter_of(kind: str, name: str) -> str:
    """The name of a counter of attempts: short, whatever somebody sends as an account."""
    return f"{kind}:{hashlib.sha256(name.encode(errors='replace')).hexdigest()[:32]}"


def network_of(address: str) -> str:
    """What counts as one address: of IPv6 a whole network, which one customer has to himself."""
    try:
        known = ipaddress.ip_address(address)
    except ValueError:
        return address
    if known.version == 4:  # noqa: PLR2004 - the version's own name.
        return str(known)
    return str(ipaddress.ip_network((known, _IPV6_NETWORK), strict=False))
