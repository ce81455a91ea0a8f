"""The one consumer of events, which every subscriber runs with its own handlers.

A publisher has sixteen streams; all events of a subject are on one of them. A subscriber has one
consumer group on each, in which a partition has a single consumer name, `reader`. Who may be that
reader is settled by a lease in the subscriber's own keyspace, under a fencing token.

1. `XREADGROUP >` moves new events to the partition's pending list. What it answers is not used.
2. `XREADGROUP` from the last event that this reader has seen gives the pending list, in the order
   of the stream. Only this list is worked on: so a successor begins with what its predecessor left,
   and an event that was handed to a reader which had just lost its lease cannot be missed, nor
   overtaken.
3. A partition's events are sorted into queues, one a subject. A queue's events are handled one
   after another; queues go on side by side. Before each event the lease is checked.
4. An event is acknowledged after its effect, and a failed one is tried again in its queue.

| module | what |
| --- | --- |
| `keys` | every Redis key of consuming |
| `leases` | which partitions this process may read, balanced between processes |
| `journal` | acknowledging, failures between retries, moving to the dead letters |
| `partition` | queues of one partition, while its lease lasts |
| `reader` | one publisher's partitions: leases, reading, handing over |
| `consumer` | all of a subscriber's readers |
| `error_text` | an error as an operator may read it |
| `dead_letters` | listing, replaying and dropping |
| `lag` | how far a subscriber is behind |
| `trimming` | cutting a publisher's streams behind its slowest subscriber |
"""
