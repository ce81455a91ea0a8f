"""The UCP business profile under `/.well-known/ucp`: what this store can do, and where.

Owns nothing and asks nobody: the profile follows from the code and from the public address.
"""
