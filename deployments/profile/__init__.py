"""The UCP business profile under `/.well-known/ucp`: what this store can do, and where.

Beside it, under `/.well-known/openapi.json`, the document of all operations. Owns nothing and asks
nobody: both follow from the code, the public address and the signing keys.
"""
