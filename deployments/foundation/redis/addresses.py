"""What a Redis URL says: one server, the primary that sentinels name, or a cluster.

| URL | what is entered |
| --- | --- |
| `redis://user:password@host:6379/0`, `unix://user:password@/path` | that server |
| `redis+sentinel://user:password@host:26379,host:26379/primary` | whichever server the sentinels
  call the primary of that name |
| `redis+cluster://user:password@host:6379,host:6379` | the node of a cluster that holds the slot |

`rediss` in the place of `redis` speaks TLS, with sentinels too; `?ssl_ca_certs=/path` names who is
trusted. Sentinels that want credentials take `?sentinel_username=…&sentinel_password=…`.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any, Literal
from urllib.parse import SplitResult, parse_qsl, unquote, urlencode, urlsplit

from redis.asyncio.connection import parse_url

Kind = Literal["server", "sentinel", "cluster"]
HostAndPort = tuple[str, int]
_PORTS: dict[Kind, int] = {"server": 6379, "sentinel": 26379, "cluster": 6379}
_OF_SENTINELS = "sentinel_"


@dataclass(frozen=True)
class RedisAddress:
    """Where a Redis is. `options` are what redis-py's connections take, credentials among them.

    `hosts` are sentinels or nodes of a cluster, any of which is asked; a `server` has none.
    """

    kind: Kind
    options: dict[str, Any]
    hosts: tuple[HostAndPort, ...] = ()
    primary: str = ""
    """What sentinels call it."""
    of_sentinels: tuple[tuple[str, str], ...] = ()
    """Credentials that the sentinels themselves want."""

    @property
    def is_one_server(self) -> bool:
        """Whether there is one server, and nobody to be asked which."""
        return self.kind == "server"

    @property
    def speaks_tls(self) -> bool:
        """Whether connections are encrypted."""
        return "ssl" in str(self.options.get("connection_class", "")).lower()


def address_of(url: str) -> RedisAddress:
    """What a URL says. Raises `ValueError`, in a sentence without the URL, if it makes no sense."""
    base, _, kind = url.partition("://")[0].partition("+")
    if not kind:
        return RedisAddress("server", dict(parse_url(url)))
    parts = _split(url)
    if base not in ("redis", "rediss") or kind not in ("sentinel", "cluster"):
        raise ValueError(
            "A Redis URL begins with redis://, rediss:// or unix://, or with redis+sentinel:// or "
            "redis+cluster:// (rediss with TLS)"
        )
    named: Kind = "sentinel" if kind == "sentinel" else "cluster"
    hosts = tuple(_host_and_port(each, _PORTS[named]) for each in _hosts(parts))
    primary, path = _primary(parts) if named == "sentinel" else ("", parts.path)
    query = parse_qsl(parts.query, keep_blank_values=True)
    own = urlencode([(name, value) for name, value in query if not name.startswith(_OF_SENTINELS)])
    asked = tuple(
        (name.removeprefix(_OF_SENTINELS), value)
        for name, value in query
        if name.startswith(_OF_SENTINELS)
    )
    credentials, at, _ = parts.netloc.rpartition("@")
    one = SplitResult(base, f"{credentials}{at}localhost", path, own, "").geturl()
    options = dict(parse_url(one))
    del options["host"]
    if named == "cluster" and options.get("db"):
        raise ValueError("A cluster has one database, which has the number 0")
    return RedisAddress(named, options, hosts, primary, asked)


def _split(url: str) -> SplitResult:
    """The parts of a URL that names several hosts, which Python's own splitting may refuse: some
    versions take no bracket behind the first host."""
    scheme, _, rest = url.partition("://")
    netloc = re.split("[/?#]", rest, maxsplit=1)[0]
    parts = urlsplit(f"{scheme}://several{rest.removeprefix(netloc)}")
    return parts._replace(netloc=netloc)


def _hosts(parts: SplitResult) -> list[str]:
    hosts = [each for each in parts.netloc.rpartition("@")[2].split(",") if each]
    if not hosts:
        raise ValueError("A Redis URL of sentinels or of a cluster names at least one host")
    return hosts


def _host_and_port(text: str, port: int) -> HostAndPort:
    one = urlsplit(f"//{text}")
    if not one.hostname:
        raise ValueError("A Redis URL names each host as host:port")
    return one.hostname, one.port or port


def _primary(parts: SplitResult) -> tuple[str, str]:
    """The primary's name, and the path that is left: the number of the database."""
    name, _, database = parts.path.strip("/").partition("/")
    if not name:
        raise ValueError("A Redis URL of sentinels ends with the primary's name: …:26379/primary")
    return unquote(name), f"/{database}"


def server_name(url: str) -> str:
    """A URL without what is secret in it, for an operator to tell servers apart."""
    parts = _split(url)
    return f"{parts.scheme}://{parts.netloc.rpartition('@')[2]}{parts.path}"
