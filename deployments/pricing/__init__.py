"""Pricing owns automatic offers, discount codes with their redemptions, and tax rates.

Keys: `{pricing}:*`, spelled and documented in `store.py`. It publishes what staff change
of codes: see `events.py`.

One call prices a whole cart or checkout: lines, codes, address and shipping in; discounts with
allocations, tax and totals out. Redeeming a code is a step of the checkout saga, with its undo.
"""
