"""The embedded server, and Redis as operators run it: users, TLS, sentinels, clusters, backups."""
