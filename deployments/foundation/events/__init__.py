"""Publishing and consuming events.

A service publishes CloudEvents on its own Redis streams, in the script that makes them true. A
subject's events all lie in one of sixteen streams, the partitions. Every subscriber has a consumer
group on each, and any number of its processes share the partitions: whoever leases a partition is
its only reader, under a fencing token.

A reader consumes a partition as follows.

1. `XREADGROUP >` moves new events to the group's pending list. The reply is not used.
2. `XREADGROUP` with an id reads the pending list from there on, in the order of the stream. Only
   these events are handled. So a successor begins with what its predecessor left, and an event that
   was delivered to a reader which had just lost its lease is neither missed nor overtaken.
3. Each event goes to the queue of its subject. The events of a queue are handled one after another,
   those of different queues at the same time. The lease is checked before every attempt.
4. An event is acknowledged after its effect. One that fails is retried in its queue, after growing
   pauses; after the last attempt it becomes a dead letter, and its queue goes on.

An effect is recorded with the id of its event, in one script: a redelivery changes nothing.

| module | what |
| --- | --- |
| `publishing` | events, their envelope, and the streams that they are appended to |
| `subscriptions` | what a service declares: publishers, handlers, retries |
| `consumer` | all readers of a process |
| `reader` | one publisher's partitions: leasing, reading, handing over |
| `leases` | which partitions a process may read, shared fairly |
| `partition` | one partition's queues while its lease lasts |
| `acknowledgements` | acknowledgements of many queues, sent together |
| `journal` | what became of events: acknowledged, failed, given up |
| `dead_letters` | what was given up, for operators |
| `error_text` | errors without secrets and addresses |
| `lag` | how far a subscriber is behind |
| `lag_scaling` | how many replicas a service needs |
| `trimming` | cutting streams behind their slowest subscriber |
| `loop` | work that is done again and again |
| `keys` | the Redis keys of consuming |
"""
