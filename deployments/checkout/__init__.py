"""Checkout: from a session that a platform fills in to an order that is placed.

Owns the sessions and the log of the completing saga. Keys: see `store.py`. Publishes what becomes
of a session: see `events.py`.
"""
