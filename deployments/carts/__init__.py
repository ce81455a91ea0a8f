"""Carts: what a platform's buyer wants, priced by the catalogue, until the cart expires.

Owns the carts. Keys: see `store.py`. Publishes what becomes of a cart's lines, and carts that were
cancelled or left: see `events.py`.
"""
