"""Checkout: from a session that a platform fills in to an order that is placed.

Owns the sessions and the log of the completing saga. Keys: see `store.py`. Publishes nothing yet;
what other rooms learn of a checkout they learn from the steps that the saga takes with them.
"""
