"""The audit: proves that the books of a store are straight, while it runs.

The checks of one service's books live with the service, in its `audit.py`; those here compare the
books of several. All read contracts, events and `records.py`, and nothing else of a service.

A check reads a store that may be selling, so the order in which it reads matters. A saga is written
down before anything that it brings about, and what it has left behind changes no more once it has
ended. So what is stored is listed first, then the sagas behind it are read, and only then the rest:
whatever belongs to a saga that is still open is not judged, and whatever belongs to one that has
ended is final. What nevertheless looks wrong is looked at once more before it is reported.

What follows by an event may be late, so it is held against what its subscriber has not settled
(`subscriptions.py`): the cause is read first, then what is outstanding, then the effect. An effect
that is missing without such an event was lost; one that is missing with it is counted as under way.

A saga's reservation and payment carry its id (`deployments/checkout/steps.py`).
"""
