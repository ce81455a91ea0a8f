"""Orders: what was bought, by whom, for how much, and what has happened to it since.

Owns the orders and their history. Keys: see `store.py`. Publishes what happens to them: see
`events.py`. Listens to payments and shipping, and follows what they say: see `changes.py`.
"""
