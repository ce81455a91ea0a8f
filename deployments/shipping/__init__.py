"""Shipping owns the methods by which goods travel: their rates, transit days and zones.

Keys: `{shipping}:*`, spelled and documented in `store.py`. It publishes nothing.
"""
