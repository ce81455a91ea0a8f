"""Where a service's keys lie: all under its hash tag, or grouped by what they are about.

On a Redis Cluster all keys with one hash tag are on one node. A service whose keys are grouped has
sixteen tags, `{orders:0}` to `{orders:15}`, so that it can be on several; what is about nothing in
particular keeps the tag `{orders}`. `FIELDHOUSE_PARTITIONED` says whose keys are.
"""

from __future__ import annotations

import hashlib
from typing import NamedTuple, get_args

from deployments.foundation.values.ids import new_id
from deployments.foundation.values.setting_types import Partitioned
from deployments.foundation.values.settings import settings

PARTITIONS = 16
PARTITIONABLE: tuple[str, ...] = get_args(Partitioned)
"""The services whose keys can be grouped."""
_PATTERNS = ("[0-9]", "1[0-5]")


class Layout(NamedTuple):
    """How a service's keys are laid out."""

    service: str
    partitioned: bool = False

    def tag(self, subject: str) -> str:
        """The hash tag, in braces, of what is about a subject."""
        return self.tag_of(partition_of(subject))

    def tag_of(self, partition: int) -> str:
        """The hash tag, in braces, of a partition."""
        return f"{{{self.service}:{partition}}}" if self.partitioned else f"{{{self.service}}}"

    def tags(self) -> list[str]:
        """Every hash tag under which something about a subject may be, in braces."""
        return [self.tag_of(n) for n in range(PARTITIONS if self.partitioned else 1)]

    def streams(self) -> list[str]:
        """Where the service publishes what happens to its subjects, by partition."""
        return [f"{self.tag_of(n)}:events:{n}" for n in range(PARTITIONS)]

    def patterns(self) -> list[str]:
        """What its hash tags look like, in braces, to an ACL."""
        grouped = [f"{{{self.service}:{each}}}" for each in _PATTERNS if self.partitioned]
        return [f"{{{self.service}}}", *grouped]


def layout_of(service: str) -> Layout:
    """How a service's keys are laid out, as the environment says."""
    return Layout(service, settings().partitioned == service)


def possible_tags(service: str) -> list[str]:
    """Every hash tag, in braces, under which a service may have keys, however they are laid out."""
    grouped = Layout(service, partitioned=True).tags() if service in PARTITIONABLE else []
    return [f"{{{service}}}", *grouped]


def partition_of(subject: str) -> int:
    """The partition of a subject: the first hexadecimal digit of its SHA-1."""
    return int(hashlib.sha1(subject.encode(), usedforsecurity=False).hexdigest()[0], PARTITIONS)


def new_id_beside(kind: str, other: str) -> str:
    """A fresh identifier in the partition of another one: of sixteen that are drawn one is."""
    wanted = partition_of(other)
    while partition_of(drawn := new_id(kind)) != wanted:
        pass
    return drawn
