"""Where a subscriber keeps what it knows about its consuming, on its own Redis.

| key | what |
| --- | --- |
| `{shipping}:consumer:orders:leases` | hash: partition, lease as JSON (`owner`, `token`, `until`) |
| `{shipping}:consumer:orders:readers` | sorted set: process that reads, when it counts as dead |
| `{shipping}:consumer:orders:3:failing` | hash: entry, `attempts`, when it is `due`, or `dead` |
| `{shipping}:dead-letters` | stream: events that were given up, see `DeadLetter` |
| `{shipping}:dead-letters:replaying` | set: dead letters that an operator wants delivered again |
| `{shipping}:inbox:<event>` | set by the service's scripts: the event took effect (`inbox.lua`) |

A lease stays in its hash after it ended, so that tokens only grow. Times are milliseconds of the
server's own clock. On the publisher's server there is the consumer group, named after the
subscriber, on each of `{orders}:events:0` to `15`; its one consumer is `reader`.
"""

from __future__ import annotations

READER = "reader"
"""The consumer name in a partition's group: the partition's, whoever reads."""


def leases_key(service: str, publisher: str) -> str:
    """The hash of leases of one publisher's partitions."""
    return f"{{{service}}}:consumer:{publisher}:leases"


def readers_key(service: str, publisher: str) -> str:
    """The processes that read one publisher."""
    return f"{{{service}}}:consumer:{publisher}:readers"


def failing_key(service: str, publisher: str, partition: int) -> str:
    """The events of a partition that failed and are not settled."""
    return f"{{{service}}}:consumer:{publisher}:{partition}:failing"


def dead_letters_key(service: str) -> str:
    """The stream of a subscriber's dead letters."""
    return f"{{{service}}}:dead-letters"


def replaying_key(service: str) -> str:
    """The dead letters that are to be delivered again."""
    return f"{{{service}}}:dead-letters:replaying"
