"""What Python's collector of cycles looks through in a process that serves, and how often.

Nobody in a process is answered while the collector looks. What is there when the services have
started stays until the process ends, some 150,000 objects; looking through them took a tenth of a
second, more than once in each second of load.
"""

from __future__ import annotations

import gc

_NEW_OBJECTS = 10_000
"""How many more than went there are before the collector looks at them; Python's own is 700. A
request leaves hundreds, almost all of which go when nothing refers to them."""


def collect_seldom() -> None:
    """Let the collector wait for more to look at."""
    gc.set_threshold(_NEW_OBJECTS)


def set_aside() -> None:
    """Collect what is garbage now, and never look at what is left again.

    Serve does so itself as soon as a replica has started.
    """
    gc.collect()
    gc.freeze()
