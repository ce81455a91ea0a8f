"""Files of pictures that no product shows go after a year, and never one that a product shows."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from datetime import timedelta
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from redis.asyncio import Redis

from deployments.catalog.contract.documents import GetDocument, StaleRevision
from deployments.catalog.contract.pictures import ChangePictures, PictureMissing
from deployments.catalog.contract.products import Picture, Thumbnail
from deployments.catalog.file_store import FileStore
from deployments.catalog.file_sweep import SWEEPS_EVERY, FileSweep
from deployments.catalog.store import GOING, SWEPT, files_of
from deployments.foundation.objects.object_store import Objects, key_of
from deployments.foundation.rpc.calls import DependencyUnavailable
from deployments.foundation.values.authorship import STORE
from tests.conftest import ClientOf
from tests.unit.catalog.catalog_replica import CatalogReplica, StockTransport
from tests.unit.catalog.sample_products import BOTTLE, SHIRT

CONTENT = {name: name.encode() for name in ("front", "back", "small")}
KEYS = {name: key_of(content, "png") for name, content in CONTENT.items()}
YEAR = timedelta(days=365)
DAY = int(SWEEPS_EVERY.total_seconds())


def picture(name: str) -> Picture:
    small = Thumbnail(key=KEYS["small"], width=32, height=16)
    return Picture(key=KEYS[name], width=64, height=32, thumbnail=small)


FRONT, BACK = picture("front"), picture("back")


class Place(Objects):
    """Where files are; a test may have something happen just before one is deleted."""

    def __init__(self, place: str) -> None:
        super().__init__(place)
        self.before_deletion: Callable[[], None] = lambda: None

    async def delete(self, key: str) -> None:
        """Let something happen, then delete."""
        self.before_deletion()
        await super().delete(key)

    async def upload(self) -> None:
        """Somebody hands in both pictures."""
        for name, key in KEYS.items():
            await self.put(key, CONTENT[name], "image/png")

    async def has_all(self, *pictures: Picture) -> bool:
        """Whether the files of these are there."""
        return all([await self.has(key) for key in files_of(pictures)])


class Gallery:
    """A catalogue whose pictures a test looks after."""

    def __init__(self, redis: Redis, place: Place) -> None:
        self.redis, self.place = redis, place
        self.shop = CatalogReplica(redis, StockTransport())
        self.files = FileStore(redis)
        self.sweep = FileSweep(self.files, place, self.shop.clock, YEAR)

    async def show(self, product: str, *pictures: Picture) -> None:
        """Give a product these pictures."""
        seen = await self.shop.service.document(GetDocument(id=product))
        await self.shop.service.change_pictures(
            ChangePictures(
                author=STORE, product_id=product, pictures=pictures, revision=seen.revision
            )
        )

    async def days_pass(self, days: float) -> None:
        """Time goes by, and then it is time for another look."""
        self.shop.clock.forward(days * DAY)
        await self.redis.delete(SWEPT)
        await self.sweep.tick()


@pytest.fixture
async def gallery(
    redis_of: ClientOf, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> AsyncIterator[Gallery]:
    monkeypatch.setenv("FIELDHOUSE_PICTURES", str(tmp_path))
    place = Place(str(tmp_path))
    gallery = Gallery(redis_of("catalog"), place)
    await place.upload()
    await gallery.shop.snapshot.start()
    await gallery.shop.sells(SHIRT, BOTTLE)
    yield gallery
    await gallery.shop.snapshot.stop()


async def test_a_file_stays_a_year_after_the_last_product_that_showed_it(
    gallery: Gallery,
) -> None:
    await gallery.show("shirt", FRONT, BACK)
    await gallery.show("bottle", FRONT)
    await gallery.days_pass(1)
    await gallery.show("shirt", BACK)
    await gallery.days_pass(800)
    assert await gallery.place.has_all(FRONT, BACK)
    await gallery.show("bottle")
    for days in (1, 364):
        await gallery.days_pass(days)
        assert await gallery.place.has_all(FRONT, BACK)
    await gallery.days_pass(1)
    assert not await gallery.place.has(FRONT.key)
    assert await gallery.place.has_all(BACK)
    assert await gallery.redis.zcard(GOING) == 0


async def test_what_is_shown_again_is_counted_anew(gallery: Gallery) -> None:
    await gallery.days_pass(1)
    await gallery.days_pass(300)
    await gallery.show("shirt", FRONT)
    await gallery.show("shirt")
    await gallery.days_pass(1)
    await gallery.days_pass(300)
    assert await gallery.place.has(FRONT.key)
    assert not await gallery.place.has(BACK.key)
    await gallery.days_pass(65)
    assert not await gallery.place.has(FRONT.key)


async def test_what_nobody_ever_showed_goes_too_and_nothing_else(
    gallery: Gallery, tmp_path: Path
) -> None:
    (tmp_path / "letter.txt").write_text("not ours")
    await gallery.days_pass(0)
    await gallery.days_pass(366)
    assert [keys async for keys in gallery.place.listed()] == [["letter.txt"]]


async def test_the_same_picture_can_come_again_after_it_went(gallery: Gallery) -> None:
    await gallery.days_pass(0)
    await gallery.days_pass(366)
    with pytest.raises(PictureMissing):
        await gallery.show("shirt", FRONT)
    await gallery.place.upload()
    await gallery.show("shirt", FRONT)
    await gallery.days_pass(366)
    assert await gallery.place.has_all(FRONT)


async def test_while_a_file_is_deleted_no_product_takes_it(gallery: Gallery) -> None:
    """The upload came before the deletion: nobody may be led to what will be gone."""
    await gallery.days_pass(0)
    gallery.shop.clock.forward(366 * DAY)
    claimed = await gallery.files.claim(gallery.shop.clock(), YEAR)
    assert set(claimed) == set(KEYS.values())
    await gallery.place.upload()
    with pytest.raises(PictureMissing):
        await gallery.show("shirt", FRONT)
    for file in claimed:
        await gallery.place.delete(file)
        await gallery.files.deleted(file)
    with pytest.raises(PictureMissing):
        await gallery.show("shirt", FRONT)
    await gallery.place.upload()
    await gallery.show("shirt", FRONT)


async def test_a_deletion_between_look_and_change_is_noticed(gallery: Gallery) -> None:
    """All of it: the file was there, and is claimed and gone before the product is written."""
    place = _GoneAfterLook(gallery)
    gallery.shop.service._objects = place  # noqa: SLF001 - so that it happens in between.
    await gallery.days_pass(0)
    gallery.shop.clock.forward(366 * DAY)
    with pytest.raises(PictureMissing):
        await gallery.show("shirt", FRONT)
    seen = await gallery.shop.service.document(GetDocument(id="shirt"))
    assert seen.product.pictures == ()


async def test_a_deletion_that_ends_between_look_and_change_is_noticed(gallery: Gallery) -> None:
    """It began before the look, which still found the file."""
    await gallery.days_pass(0)
    gallery.shop.clock.forward(366 * DAY)
    claimed = await gallery.files.claim(gallery.shop.clock(), YEAR)

    async def end() -> None:
        for file in claimed:
            await gallery.place.delete(file)
            await gallery.files.deleted(file)

    gallery.shop.service._objects = _GoneAfterLook(gallery, end)  # noqa: SLF001 - so that it ends in between.
    with pytest.raises(PictureMissing):
        await gallery.show("shirt", FRONT)
    seen = await gallery.shop.service.document(GetDocument(id="shirt"))
    assert await gallery.place.has_all(*seen.product.pictures)


class _GoneAfterLook(Objects):
    """After the last file was found to be there, something happens: a sweep, unless said."""

    def __init__(
        self, gallery: Gallery, happens: Callable[[], Awaitable[object]] | None = None
    ) -> None:
        super().__init__(gallery.place._place)  # noqa: SLF001 - the same place.
        self._happens, self._found = happens or gallery.sweep.tick, 0

    async def has(self, key: str) -> bool:
        """Look, and then let it happen."""
        found = await super().has(key)
        self._found += 1
        if self._found == 2:
            await self._happens()
        return found


async def test_a_deletion_that_was_broken_off_is_done_again(gallery: Gallery) -> None:
    def dies() -> None:
        raise DependencyUnavailable("objects", "it is away")

    await gallery.days_pass(0)
    gallery.place.before_deletion = dies
    with pytest.raises(DependencyUnavailable):
        await gallery.days_pass(366)
    gallery.place.before_deletion = lambda: None
    await gallery.sweep.tick()
    assert await gallery.place.has_all(FRONT), "somebody else may be at it still"
    gallery.shop.clock.forward(601)
    await gallery.sweep.tick()
    assert not [key for key in KEYS.values() if await gallery.place.has(key)]
    assert await gallery.redis.zcard(GOING) == 0


async def test_one_replica_a_day_looks_through_the_files(gallery: Gallery) -> None:
    begun = await asyncio.gather(*(gallery.files.begin_sweep(SWEEPS_EVERY) for _ in range(5)))
    assert sum(begun) == 1
    assert 0 < await gallery.redis.ttl(SWEPT) <= DAY


products = st.sampled_from(["shirt", "bottle"])
shown = st.lists(st.sampled_from([FRONT, BACK]), unique=True, max_size=2)
acts = st.lists(st.tuples(products, shown), min_size=1, max_size=3)


@given(days=st.lists(st.tuples(acts, st.sampled_from([0, 1, 200, 366])), max_size=6))
@settings(
    max_examples=60,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
async def test_whatever_happens_at_once_what_a_product_shows_is_there(
    days: list[tuple[list[tuple[str, list[Picture]]], int]], gallery: Gallery
) -> None:
    """People change pictures, also to ones that were handed in again, while files are deleted."""

    async def change(product: str, pictures: list[Picture]) -> None:
        try:
            await gallery.place.upload()
            await gallery.show(product, *pictures)
        except (PictureMissing, StaleRevision):
            pass

    async def pass_by(days: int) -> None:
        await gallery.days_pass(days)

    for done, passed in days:
        await asyncio.gather(pass_by(passed), *(change(*one) for one in done))
        for product in ("shirt", "bottle"):
            seen = await gallery.shop.service.document(GetDocument(id=product))
            assert await gallery.place.has_all(*seen.product.pictures)
