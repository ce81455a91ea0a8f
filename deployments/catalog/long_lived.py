"""What a replica's copy holds stays, and Python's collector of cycles need not look through it.

Products have no cycles, and go when nothing refers to them. Until they are set aside (`gc.freeze`)
each full collection looks at all of them, and nobody in the process is answered meanwhile: for
0.3 s with 3,000 products of four variants, and longer the more there are.
"""

from __future__ import annotations

import gc

_WORTH_IT = 2000
"""Products; with fewer a collection takes some milliseconds."""
_GROWTH = 1.1


class LongLived:
    """Sets aside what there is, as often as the copy has grown by a tenth.

    Cycles that are garbage at such a moment are never collected: that is why it is not done each
    time that something changes.
    """

    def __init__(self) -> None:
        self._products = 0

    def grown_to(self, products: int) -> None:
        """The copy holds so many products now."""
        if products >= max(_WORTH_IT, self._products * _GROWTH):
            self._products = products
            gc.freeze()
