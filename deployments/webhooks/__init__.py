"""Webhooks: platforms' endpoints, and the orders that are sent to them whenever one changes.

Owns the endpoints and every delivery that is still to be made. Keys: see `store.py`. Publishes
nothing; subscribes to orders.
"""
