"""Ray's HAProxy as the store runs it; `commands/haproxy.py` is the program that Ray starts.

Nothing here imports what is slow to import: HAProxy waits for it.
"""
