"""`fieldhouse bench`: what the store takes, costs and needs, in each placement, beside a ceiling.

| module | what |
| --- | --- |
| `http_connection`, `shopper`, `journeys` | a client that is cheap, and what it asks for |
| `load_worker`, `load` | the processes that clients run in, and whoever gives them work |
| `processes`, `redis_counters` | CPU and memory by role, and what Redis was asked |
| `stores`, `placements` | a store of its own for each turn: started, watched, ended |
| `ceiling`, `ceiling_deploy`, `one_process` | an empty route and an empty call beside the store |
| `rows`, `measuring`, `turn`, `bench` | what is measured, in which order, for how long |
| `counted_store` | calls, round trips, keys and bytes of each journey, counted one by one |
| `results`, `summary` | what a run found, as it is kept; medians and ratios of it |
| `table`, `picture`, `page` | what is shown of it |
"""
