"""Shipping owns how goods travel: methods with their rates, transit days and zones, and shipments.

It estimates delivery as carts change, makes shipments of orders that were paid, one for each stock
location, and moves them along with their carriers.

Keys: `{shipping}:*`, spelled and documented in `store.py`. It publishes what `events.py` declares.
"""
