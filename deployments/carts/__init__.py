"""Carts: what a platform's buyer wants, priced by the catalogue, until the cart expires.

Owns the carts. Keys: see `store.py`. Publishes nothing: a cart is read by whoever knows its id and
is the platform that made it.
"""
