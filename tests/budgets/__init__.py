"""What the store may cost, counted: no figure here depends on a machine.

`budgets` is the table; `make bench` measures what the same journeys take in time.
"""
