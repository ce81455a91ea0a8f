"""Where the store sends to: which URLs it takes, and which of their addresses are public.

A platform names a host, which may resolve to something inside the store's own network. So only
public addresses are permitted, at registration and for every connection.
"""

from __future__ import annotations

import ipaddress
import re
from ipaddress import IPv4Address, IPv6Address

from httpx import URL, InvalidURL

from deployments.webhooks.contract import LONGEST_URL, UrlRefused

Address = IPv4Address | IPv6Address
_NAME = re.compile(r"[a-z0-9_-]+(\.[a-z0-9_-]+)*\.?")
_NUMBER = re.compile(r"(?i)(?:[0-9]+|0x[0-9a-f]*)\.?")
_HIGHEST_PORT = 65535
_UNICAST = ipaddress.IPv6Network("2000::/3")
_TRANSLATED = ipaddress.IPv6Network("64:ff9b::/96")
"""NAT64 (RFC 6052): the IPv4 internet, as networks without IPv4 of their own see it."""
_NOT_THE_INTERNET = tuple(
    ipaddress.ip_network(network)
    for network in (
        "192.88.99.0/24",  # 6to4 relays, withdrawn (RFC 7526).
        "2001::/23",  # Protocols' own, Teredo tunnels among them (RFC 2928).
        "2002::/16",  # 6to4: any IPv4 address in disguise (RFC 3056).
        "2001:db8::/32",  # Documentation (RFC 3849).
        "3fff::/20",  # Documentation (RFC 9637).
    )
)


def parse_url(text: str, *, loopback: bool) -> URL:
    """A URL that may be registered, in the one spelling that is kept. Raises `UrlRefused`.

    `loopback` says whether this machine may be named, and spoken to without TLS.
    """
    if len(text) > LONGEST_URL or "#" in text or "\\" in text:
        raise UrlRefused("Give an absolute https URL without a fragment.")
    try:
        url = URL(text)
    except InvalidURL:
        raise UrlRefused("Give an absolute https URL.") from None
    if url.scheme not in ({"https", "http"} if loopback else {"https"}) or not url.host:
        raise UrlRefused("Give an absolute https URL.")
    if url.userinfo:
        raise UrlRefused("The URL must not hold a user or a password.")
    if url.port is not None and not 0 < url.port <= _HIGHEST_PORT:
        raise UrlRefused("There is no such port.")
    if not _is_host(url.raw_host.decode("ascii")):
        raise UrlRefused("The host is neither a name nor an address, spelled in the usual way.")
    return url


def _is_host(host: str) -> bool:
    """Whether it is an address or a name, and not a number that resolvers take for an address."""
    if literal(host) is not None:
        return True
    last = host.rstrip(".").rpartition(".")[2]
    return bool(_NAME.fullmatch(host)) and not _NUMBER.fullmatch(last)


def literal(host: str) -> Address | None:
    """The address that a host is itself; none for a name."""
    try:
        return ipaddress.ip_address(host)
    except ValueError:
        return None


def permitted(address: Address, *, scheme: str, loopback: bool) -> bool:
    """Whether a connection to this address may be made for a URL of this scheme.

    With `loopback`, also to this machine, and there without TLS.
    """
    plain = _plain(address)
    if plain.is_loopback:
        return loopback
    return scheme == "https" and is_internet(address)


def is_internet(address: Address) -> bool:
    """Whether an address is one that everybody on the internet knows by it, and one host's."""
    if isinstance(address, IPv6Address):
        if address in _TRANSLATED:
            return is_internet(IPv4Address(int(address) & 0xFFFFFFFF))
        if address.ipv4_mapped is not None:
            return is_internet(address.ipv4_mapped)
        if address not in _UNICAST:
            return False
    listed = any(address in network for network in _NOT_THE_INTERNET)
    return address.is_global and not (address.is_multicast or address.is_reserved or listed)


def _plain(address: Address) -> Address:
    """Without the IPv6 that an IPv4 address may be wrapped in."""
    mapped = address.ipv4_mapped if isinstance(address, IPv6Address) else None
    return mapped or address


def shown(url: str) -> str:
    """A URL for people who run the store: what may be a secret is left out."""
    known = URL(url)
    return str(known.copy_with(query=None)) + ("?…" if known.query else "")
