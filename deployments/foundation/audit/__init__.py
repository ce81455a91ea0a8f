"""What every audit of stored state is made of: findings, looking twice, and events that were told.

A service's `audit.py` checks the service's own books; `commands/audit` runs these checks, and
compares the books of several services.
"""
