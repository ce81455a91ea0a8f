"""What of the store is full first, at how many purchases a second: by measured costs, simulated.

`python -m tests.capacity` writes the tables of `docs/scale.md` anew.
"""
