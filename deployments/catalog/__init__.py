"""Catalog: what the store sells, what it costs, and how to find it.

Owns products, variants, categories and prices, under `{catalog}:` (see `store.py`). Every replica
answers from its own copy and its own search index, both derived from Redis and kept fresh by the
catalogue's event streams. Publishes `ProductChanged` and `PriceChanged`.
"""
