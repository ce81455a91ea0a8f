"""Payments: money held, taken, let go and given back, through providers.

Owns payments and every attempt at one. Keys: see `store.py`; the sandbox provider's pretended
books: see `sandbox_books.py`. Publishes what becomes of a payment: see `events.py`.
"""
