"""Orders: what was bought, by whom, for how much, and what has happened to it since.

Owns the orders and their history. Keys: see `store.py`. Publishes nothing yet; `place.lua` and
`withdraw.lua` are where an event will be appended, together with the effect.
"""
