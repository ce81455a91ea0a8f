"""`fieldhouse bench`: what the store takes, costs and needs, in each placement, beside a ceiling.

| module | what |
| --- | --- |
| `stores` | a store of its own for each turn: placed, started, watched and ended |
| `load` | clients that are cheap, what they ask for, and the processes that they run in |
| `counts` | calls, round trips, keys and bytes of each journey, counted one by one |
| `rows`, `measuring`, `following`, `turn`, `bench` | what is measured, when, for how long |
| `results` | what a run found, as it is kept |
| `report` | medians and ratios of it; tables, pictures, the page, goals |
"""
