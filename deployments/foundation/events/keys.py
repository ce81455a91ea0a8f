"""What a subscriber keeps about the events that it consumes, on its own Redis.

| key | what |
| --- | --- |
| `{shipping}:consumer:orders:leases` | hash: partition, lease as JSON (`owner`, `token`, `until`) |
| `{shipping}:consumer:orders:readers` | sorted set: process that reads, when it counts as dead |
| `{shipping}:consumer:orders:3:failing` | hash: entry, `attempts`, when it is `due`, or `dead` |
| `{shipping}:dead-letters` | stream: events that were given up, see `DeadLetter`; for 30 days |
| `{shipping}:dead-letters:replaying` | set: the ids of those that an operator wants replayed |
| `{webhooks}:dead-letters:deliveries` | the same of another kind of thing, with its own such set |
| `….:of:<endpoint>` | set: the ids of the letters that are dropped with their owner |
| `{shipping}:barrier` | foundation's `promises.py` |
| `{shipping}:inbox:<00 to ff>` | hash: events that took effect, 30 days each (`inbox.lua`) |

A lease stays in its hash when it has ended, so that tokens only grow. Times are milliseconds of the
server's own clock. On the publisher's server there is the consumer group, named after the
subscriber, on each of `{orders}:events:0` to `15`; its one consumer is `reader`.
"""

from __future__ import annotations

EVENTS = "events"
"""The kind of dead letters that every subscriber has."""
READER = "reader"
"""The one consumer of a partition's group, whichever process reads."""


def leases_key(service: str, publisher: str) -> str:
    """The hash of leases of one publisher's partitions."""
    return f"{{{service}}}:consumer:{publisher}:leases"


def readers_key(service: str, publisher: str) -> str:
    """The processes that read one publisher."""
    return f"{{{service}}}:consumer:{publisher}:readers"


def failing_key(service: str, publisher: str, partition: int) -> str:
    """The events of a partition that failed and are not settled."""
    return f"{{{service}}}:consumer:{publisher}:{partition}:failing"


def dead_letters_key(service: str, kind: str = EVENTS) -> str:
    """The stream of a service's dead letters of one kind."""
    key = f"{{{service}}}:dead-letters"
    return key if kind == EVENTS else f"{key}:{kind}"


def replaying_key(service: str, kind: str = EVENTS) -> str:
    """The dead letters that are to be replayed."""
    return f"{dead_letters_key(service, kind)}:replaying"


def letters_of_key(service: str, kind: str, owner: str) -> str:
    """The dead letters that are dropped with what they belong to."""
    return f"{dead_letters_key(service, kind)}:of:{owner}"
