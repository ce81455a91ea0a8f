"""The index of a large copy is patched at once, and built anew behind that."""

from __future__ import annotations

import asyncio
import threading

from hypothesis import given
from hypothesis import strategies as st

from deployments.catalog.domain.text import Searchable
from deployments.catalog.index import PatchedIndex, SearchIndex
from deployments.catalog.live_index import AnyIndex, LiveIndex, NoIndex, Texts
from tests.unit.catalog.catalog_replica import eventually

WORDS = ("saddle", "helmet", "lantern", "bottle")


def text(*words: str) -> Searchable:
    return Searchable(" ".join(words), "", "", "", ())


def found(index: AnyIndex, words: str) -> set[str]:
    return {hit.product_id for hit in index.search(words, 100)}


class Builder:
    """Builds indexes; full ones wait until they may."""

    def __init__(self) -> None:
        self.may_build = threading.Event()
        self.may_build.set()
        self.built: list[int] = []

    def __call__(self, texts: Texts) -> SearchIndex:
        if len(texts) >= len(WORDS):
            assert self.may_build.wait(10)
        self.built.append(len(texts))
        return SearchIndex(texts)


async def test_a_change_is_found_before_the_index_is_built_anew() -> None:
    builder = Builder()
    index = LiveIndex(builder, large=2)
    texts = {f"p{n}": text(word) for n, word in enumerate(WORDS)}
    await index.of(texts)
    builder.may_build.clear()
    changed = {**texts, "p0": text("canteen"), "new": text("compass")}
    del changed["p1"]
    one = await index.of(changed | {"new": texts["p0"]})
    patched = await index.of(changed)
    assert isinstance(one, PatchedIndex)
    assert isinstance(patched, PatchedIndex)
    assert found(patched, "canteen") == {"p0"}
    assert found(patched, "saddle") == found(patched, "helmet") == set()
    assert found(patched, "lantern") == {"p2"}
    assert not index.is_newer
    builder.may_build.set()
    await eventually(lambda: index.is_newer)
    assert found(await index.of(changed), "canteen") == {"p0"}
    await index.stop()


async def test_a_small_index_is_built_at_once() -> None:
    builder = Builder()
    index = LiveIndex(builder, large=100)
    texts = {f"p{n}": text(word) for n, word in enumerate(WORDS)}
    for count in (4, 3):
        some = dict(list(texts.items())[:count])
        assert isinstance(await index.of(some), SearchIndex)
    assert builder.built == [4, 3]


async def test_without_an_index_the_next_change_builds_one() -> None:
    fails = [True]

    def build(texts: Texts) -> SearchIndex:
        if fails[0]:
            raise OSError("no room")
        return SearchIndex(texts)

    index = LiveIndex(build, large=1)
    assert isinstance(await index.of({"p": text("saddle")}), NoIndex)
    fails[0] = False
    assert found(await index.of({"p": text("saddle")}), "saddle") == {"p"}


CHANGES = st.lists(
    st.dictionaries(
        st.sampled_from([f"p{n}" for n in range(8)]),
        st.none() | st.lists(st.sampled_from(WORDS), min_size=1, max_size=3, unique=True),
        min_size=1,
        max_size=4,
    ),
    max_size=6,
)


@given(CHANGES, st.sampled_from(WORDS))
def test_whatever_changes_the_same_products_are_found_as_by_one_index(
    changes: list[dict[str, list[str] | None]], word: str
) -> None:
    async def follow() -> None:
        index, texts = LiveIndex(SearchIndex, large=1), {"first": text(*WORDS)}
        await index.of(texts)
        for change in changes:
            gone = {id_ for id_, words in change.items() if words is None}
            new = {id_: text(*words) for id_, words in change.items() if words is not None}
            texts = {id_: one for id_, one in {**texts, **new}.items() if id_ not in gone}
            assert found(await index.of(texts), word) == found(SearchIndex(texts), word)
        await index.stop()

    asyncio.run(follow())
