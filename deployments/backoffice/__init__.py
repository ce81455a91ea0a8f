"""The back office: pages and a JSON API for those who run the shop, under `/admin`.

It has no rules of its own: staff says who may do what, and each service changes what it owns. Its
Redis holds imports (`imports/store.py`), and how often somebody asked, under
`{backoffice}:limit:…`, for a minute.
"""
