"""`fieldhouse backup` and `fieldhouse restore`: all that a store keeps in Redis, as files."""
