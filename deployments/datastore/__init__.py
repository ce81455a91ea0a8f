"""Datastore: the Redis that the other services keep their state in, as an application of its own.

Owns no keys. Its actor `embedded_redis` runs the embedded server, or creates the services' users
on the one that `REDIS_URL` names. It is never redeployed with another service.
"""
