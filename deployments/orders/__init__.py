"""Orders: what was bought, by whom, for how much, and what has happened to it since.

Owns the orders and their history. Keys: see `store.py`. Publishes what happens to them: see
`events.py`. Subscribes to payments' and shipping's events, and follows them: see
`domain/changes.py`.
"""
