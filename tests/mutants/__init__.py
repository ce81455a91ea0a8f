"""Wrong results, put into a service's rules, scripts and saga one at a time: do its tests notice?

    python -m tests.mutants pricing

Each is tried in a copy of the checkout. It is a habit to run and not a gate: some changes make no
difference, and somebody has to look at what survives.
"""
