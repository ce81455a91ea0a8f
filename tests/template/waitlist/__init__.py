"""Waitlist: who waits for what is sold out, and is called when there is some again.

Owns a list for each SKU. Keys: see `store.py`. Publishes who is called: see `events.py`. Subscribes
to inventory, which says when a SKU is back.
"""
