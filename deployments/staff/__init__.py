"""Staff: who runs the shop, what each may do, and the audit log of all that they change.

Owns people, roles, sessions, API tokens, one-time links and the audit log. Keys: see `store.py`.
Publishes nothing; subscribes to every service whose events carry a `Change`.
"""
