"""Makes every search index fail: Python runs this first where its folder is in `PYTHONPATH`."""

from __future__ import annotations

import tantivy


class Index:
    """Takes the place of tantivy's, and does not work."""

    def __init__(self, *_: object) -> None:
        raise OSError("the index is broken, as a test wants it")


tantivy.Index = Index
