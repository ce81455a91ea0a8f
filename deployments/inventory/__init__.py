"""Inventory: how many units of each SKU lie where, and for whom they are set aside.

Owns the stock by SKU and location, the reservations, and the ledger of every movement, under
`{inventory}:` (see `store.py`). Every unit is at all times in exactly one of available, reserved,
committed and shipped. Publishes what becomes of reservations, and when a SKU runs low, runs out or
is back: see `events.py`. Consumes from shipping what was dispatched: see `consumers.py`.
"""
