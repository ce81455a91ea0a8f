"""A network of machines on this one: a bridge, and what is outside the cluster at its address."""

from __future__ import annotations

import os
import secrets
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

_PREFIX = 24


class NoNamespacesError(Exception):
    """This machine does not let the tests make others; the message says what is missing."""


@dataclass(frozen=True)
class Network:
    """One bridge with an address of this machine; the machines' addresses follow it."""

    bridge: str
    subnet: str

    @property
    def outside(self) -> str:
        """Where Redis, the mail server and the load balancer are: at neither of the machines."""
        return f"{self.subnet}.1"

    def address(self, number: int) -> str:
        """A machine's address."""
        return f"{self.subnet}.{10 + number}"

    def port_of(self, address: str) -> str:
        """The end of a machine's cable that is at the bridge. Its name has 15 bytes at most."""
        return f"{self.bridge}p{address.rpartition('.')[2]}"

    def plug_in(self, address: str, pid: int) -> None:
        """Lay a cable between the bridge and the network of the process."""
        port = self.port_of(address)
        with suppress(subprocess.CalledProcessError):
            ip("link", "delete", port)  # The last one's end goes with its machine, but not at once.
        ip("link", "add", port, "type", "veth", "peer", "name", "eth0", "netns", str(pid))
        ip("link", "set", port, "master", self.bridge, "up")
        inside = ("nsenter", "--target", str(pid), "--net", "ip")
        run(*inside, "address", "add", f"{address}/{_PREFIX}", "dev", "eth0")
        run(*inside, "link", "set", "eth0", "up")
        run(*inside, "link", "set", "lo", "up")
        run(*inside, "route", "add", "default", "via", self.outside)

    @contextmanager
    def parted(self, *addresses: str) -> Iterator[None]:
        """These machines do not reach each other meanwhile; everybody else they do."""
        self._isolate(addresses, "on")
        try:
            yield
        finally:
            self._isolate(addresses, "off")

    @contextmanager
    def cut_off(self, pid: int, *addresses: str) -> Iterator[None]:
        """The machine of this process sends these nothing meanwhile, so that no answer comes."""
        for address in addresses:
            run(
                "nsenter", "--target", str(pid), "--net", "ip", "route", "add", "blackhole", address
            )
        try:
            yield
        finally:
            for address in addresses:
                run("nsenter", "--target", str(pid), "--net", "ip", "route", "delete", address)

    def _isolate(self, addresses: tuple[str, ...], how: str) -> None:
        for address in addresses:
            # A machine that has been killed has no cable any more.
            with suppress(subprocess.CalledProcessError):
                ip("link", "set", self.port_of(address), "type", "bridge_slave", "isolated", how)


@contextmanager
def network() -> Iterator[Network]:
    """Make one, and remove it. Raises `NoNamespacesError` where that is not allowed."""
    found = Network(f"fh{secrets.token_hex(2)}", f"10.{200 + secrets.randbelow(55)}.77")
    if os.geteuid() != 0:
        raise NoNamespacesError("Machines are made of namespaces, which takes root.")
    try:
        ip("link", "add", found.bridge, "type", "bridge")
    except (OSError, subprocess.CalledProcessError) as reason:
        raise NoNamespacesError(f"`ip` (iproute2) cannot make a bridge: {reason}") from reason
    try:
        ip("address", "add", f"{found.outside}/{_PREFIX}", "dev", found.bridge)
        ip("link", "set", found.bridge, "up")
        yield found
    finally:
        ip("link", "delete", found.bridge)


def ip(*words: str) -> None:
    """`ip`, on this machine."""
    run("ip", *words)


def run(*words: str | Path) -> str:
    """What a command prints. Raises `subprocess.CalledProcessError` with what it complains of."""
    done = subprocess.run(words, capture_output=True, text=True, check=False)
    if done.returncode:
        raise subprocess.CalledProcessError(done.returncode, words, done.stdout, done.stderr)
    return done.stdout
