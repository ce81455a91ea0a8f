"""Pictures of a product: who changes them, who sees them, and that nothing else loses them."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import httpx
import pytest
from redis.asyncio import Redis
from starlette.types import Message

from deployments.catalog.contract import ImportProducts
from deployments.catalog.contract.documents import (
    GetDocument,
    SaveProduct,
    StaleRevision,
    State,
    UnknownProduct,
)
from deployments.catalog.contract.pictures import ChangePictures, PictureMissing
from deployments.catalog.contract.products import Picture, Thumbnail
from deployments.catalog.events import PicturesChanged
from deployments.catalog.pictures_sent import MOST_AT_ONCE
from deployments.foundation.http.edge import http_app
from deployments.foundation.objects.object_store import Objects, key_of
from deployments.foundation.values.authorship import Author
from tests.conftest import ClientOf
from tests.published_events import published
from tests.ucp_schemas import assert_valid
from tests.unit.catalog.catalog_replica import CatalogReplica, StockTransport, eventually
from tests.unit.catalog.sample_products import BOTTLE, SHIRT

ANNA = Author(kind="person", id="anna@example.com", name="Anna")
CONTENT = {name: name.encode() * 100 for name in ("front", "back", "small")}
KEYS = {name: key_of(content, "png") for name, content in CONTENT.items()}


def picture(name: str, alt_text: str = "") -> Picture:
    small = Thumbnail(key=KEYS["small"], width=32, height=16)
    return Picture(key=KEYS[name], width=64, height=32, alt_text=alt_text, thumbnail=small)


FRONT, BACK = picture("front", "A shirt from the front"), picture("back")


@pytest.fixture(autouse=True)
async def objects(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Objects:
    """Where pictures are, with these in it; who is composed later knows of it."""
    monkeypatch.setenv("FIELDHOUSE_PICTURES", str(tmp_path))
    monkeypatch.setenv("FIELDHOUSE_PUBLIC_URL", "https://shop.example")
    objects = Objects(str(tmp_path))
    for name, key in KEYS.items():
        await objects.put(key, CONTENT[name], "image/png")
    return objects


@pytest.fixture
async def shop(objects: Objects, redis_of: ClientOf) -> AsyncIterator[CatalogReplica]:
    shop = CatalogReplica(redis_of("catalog"), StockTransport(B_1=7))
    await shop.snapshot.start()
    await shop.sells(SHIRT, BOTTLE)
    yield shop
    await shop.snapshot.stop()


@pytest.fixture
async def web(shop: CatalogReplica) -> AsyncIterator[httpx.AsyncClient]:
    transport = httpx.ASGITransport(http_app(shop.routes), raise_app_exceptions=False)
    async with httpx.AsyncClient(transport=transport, base_url="http://shop") as client:
        yield client


async def change(shop: CatalogReplica, *pictures: Picture, revision: int | None = None) -> None:
    seen = await shop.service.document(GetDocument(id=SHIRT.id))
    await shop.service.change_pictures(
        ChangePictures(
            author=ANNA,
            reason="new season",
            product_id=SHIRT.id,
            pictures=pictures,
            revision=seen.revision if revision is None else revision,
        )
    )


async def pictures_of(shop: CatalogReplica) -> tuple[Picture, ...]:
    return (await shop.service.document(GetDocument(id=SHIRT.id))).product.pictures


async def test_pictures_are_kept_in_their_order_and_published(
    shop: CatalogReplica, redis_of: ClientOf
) -> None:
    await change(shop, FRONT, BACK)
    assert await pictures_of(shop) == (FRONT, BACK)
    await change(shop, BACK)
    assert await pictures_of(shop) == (BACK,)
    redis: Redis = redis_of("catalog")
    told = [e for e in await published(redis, "catalog") if e.type == PicturesChanged.type]
    first, second = (PicturesChanged.model_validate(envelope.data) for envelope in told)
    assert first.pictures == (FRONT.key, BACK.key)
    assert second.change.author == ANNA
    assert second.change.before == {
        "pictures": [f"{FRONT.key[:12]} {FRONT.alt_text}", BACK.key[:12]]
    }
    assert second.change.after == {"pictures": [BACK.key[:12]]}


async def test_what_is_so_already_changes_nothing(shop: CatalogReplica) -> None:
    await change(shop, FRONT)
    before = await shop.service.document(GetDocument(id=SHIRT.id))
    await change(shop, FRONT, revision=0)
    assert await shop.service.document(GetDocument(id=SHIRT.id)) == before


async def test_a_stale_revision_changes_nothing(shop: CatalogReplica) -> None:
    seen = (await shop.service.document(GetDocument(id=SHIRT.id))).revision
    await change(shop, FRONT)
    with pytest.raises(StaleRevision) as stale:
        await change(shop, BACK, revision=seen)
    assert stale.value.current.product.pictures == (FRONT,)
    assert await pictures_of(shop) == (FRONT,)


async def test_of_two_at_once_one_is_told_that_he_was_late(shop: CatalogReplica) -> None:
    seen = (await shop.service.document(GetDocument(id=SHIRT.id))).revision
    ended = await asyncio.gather(
        *(change(shop, one, revision=seen) for one in (FRONT, BACK)), return_exceptions=True
    )
    assert sorted(type(one) is StaleRevision for one in ended) == [False, True]


async def test_a_picture_whose_bytes_are_nowhere_is_refused(shop: CatalogReplica) -> None:
    nowhere = FRONT.model_copy(update={"key": key_of(b"nowhere", "png")})
    with pytest.raises(PictureMissing) as no:
        await change(shop, FRONT, nowhere)
    assert no.value.key == nowhere.key
    assert await pictures_of(shop) == ()


async def test_pictures_are_of_a_product_and_not_of_a_sku(shop: CatalogReplica) -> None:
    for id_ in (SHIRT.variants[0].sku, "none"):
        request = ChangePictures(author=ANNA, product_id=id_, pictures=(FRONT,), revision=1)
        with pytest.raises(UnknownProduct):
            await shop.service.change_pictures(request)


@pytest.mark.parametrize("state", ["published", "draft", "archived"])
async def test_who_saves_the_product_leaves_its_pictures_alone(
    shop: CatalogReplica, state: State
) -> None:
    await change(shop, FRONT)
    seen = await shop.service.document(GetDocument(id=SHIRT.id))
    product = seen.product.model_copy(update={"title": "Another", "pictures": (BACK,)})
    saved = await shop.service.save_product(
        SaveProduct(author=ANNA, product=product, state=state, revision=seen.revision)
    )
    assert (saved.product.title, saved.product.pictures) == ("Another", (FRONT,))
    assert await pictures_of(shop) == (FRONT,)
    without = saved.product.model_copy(update={"pictures": ()})
    again = await shop.service.save_product(
        SaveProduct(author=ANNA, product=without, state=state, revision=saved.revision)
    )
    assert again == saved, "nothing but pictures differs, which are not saved so"


async def test_a_batch_that_replaces_a_product_leaves_its_pictures_alone(
    shop: CatalogReplica,
) -> None:
    await change(shop, FRONT)
    await shop.service.import_products(ImportProducts(batch="again", products=(SHIRT,)))
    assert await pictures_of(shop) == (FRONT,)


async def test_another_replica_shows_them_by_the_event_and_by_loading(
    shop: CatalogReplica, redis_of: ClientOf
) -> None:
    other = CatalogReplica(redis_of("catalog"), StockTransport(), reload_seconds=3600)
    await other.snapshot.start()
    try:
        await change(shop, FRONT)
        await eventually(lambda: other.snapshot.assortment.products[SHIRT.id].pictures == (FRONT,))
    finally:
        await other.snapshot.stop()
    fresh = CatalogReplica(redis_of("catalog"), StockTransport())
    await fresh.snapshot.start()
    await fresh.snapshot.stop()
    assert fresh.snapshot.assortment.products[SHIRT.id].pictures == (FRONT,)


async def test_platforms_are_shown_them_as_media(
    shop: CatalogReplica, web: httpx.AsyncClient
) -> None:
    await change(shop, FRONT, BACK)
    await eventually(lambda: len(shop.snapshot.assortment.products[SHIRT.id].pictures) == 2)
    media = [
        {
            "type": "image",
            "url": f"https://shop.example/catalog/pictures/{FRONT.key}",
            "width": 64,
            "height": 32,
            "alt_text": FRONT.alt_text,
        },
        {
            "type": "image",
            "url": f"https://shop.example/catalog/pictures/{BACK.key}",
            "width": 64,
            "height": 32,
        },
    ]
    found = (await web.post("/search", json={"query": SHIRT.title})).json()
    assert_valid("search", found)
    shown = {product["id"]: product for product in found["products"]}
    assert shown[SHIRT.id]["media"] == media
    product = (await web.post("/product", json={"id": SHIRT.id})).json()
    assert_valid("product", product)
    assert product["product"]["media"] == media
    looked_up = (await web.post("/lookup", json={"ids": [SHIRT.id, BOTTLE.id]})).json()
    assert_valid("lookup", looked_up)
    assert ["media" in one for one in looked_up["products"]] == [True, False]


async def test_a_picture_is_read_and_kept_for_ever(web: httpx.AsyncClient) -> None:
    answer = await web.get(f"/pictures/{FRONT.key}")
    assert (answer.status_code, answer.content) == (200, CONTENT["front"])
    assert answer.headers["content-type"] == "image/png"
    assert answer.headers["cache-control"] == "public, max-age=31536000, immutable"
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert answer.headers["content-security-policy"].startswith("default-src 'none'")
    tag = answer.headers["etag"]
    head = await web.head(f"/pictures/{FRONT.key}")
    assert (head.status_code, head.content) == (200, b"")
    assert head.headers["content-length"] == str(len(CONTENT["front"]))
    assert head.headers["etag"] == tag
    for held in (tag, f'W/{tag}, "another"'):
        again = await web.get(f"/pictures/{FRONT.key}", headers={"If-None-Match": held})
        assert (again.status_code, again.content, again.headers["etag"]) == (304, b"", tag)
    other = await web.get(f"/pictures/{FRONT.key}", headers={"If-None-Match": '"another"'})
    assert other.status_code == 200


@pytest.mark.parametrize(
    "key",
    [
        key_of(b"nowhere", "png"),
        FRONT.key.replace("png", "svg"),
        FRONT.key.upper(),
        f"{FRONT.key}.png",
        "..%2f..%2fetc%2fpasswd",
        "x" * 3000,
    ],
)
async def test_what_is_no_picture_is_not_found(web: httpx.AsyncClient, key: str) -> None:
    answer = await web.get(f"/pictures/{key}")
    assert (answer.status_code, answer.json()["code"]) == (404, "not_found")
    assert answer.headers["cache-control"] == "no-store"


async def test_readers_who_never_finish_take_pictures_alone(
    shop: CatalogReplica, objects: Objects
) -> None:
    """Of a picture that nobody reads a part is sent, and the others' searches go on."""
    large = bytes(2**20)
    await objects.put(key := key_of(large, "png"), large, "image/png")
    app = http_app(shop.routes)
    never, stuck = asyncio.Event(), asyncio.Semaphore(0)
    sent: list[int] = []

    async def receive() -> Message:
        await never.wait()
        return {"type": "http.disconnect"}

    async def send(message: Message) -> None:
        sent.append(len(message.get("body", b"")))
        if message["type"] == "http.response.body":
            stuck.release()
            await never.wait()

    scope = {
        "type": "http",
        "asgi": {"version": "3.0", "spec_version": "2.4"},
        "method": "GET",
        "path": f"/pictures/{key}",
        "query_string": b"",
        "headers": [],
    }

    async def read() -> None:
        await app(dict(scope), receive, send)

    asked: list[asyncio.Task[None]] = []
    for _ in range(MOST_AT_ONCE):
        asked.append(asyncio.create_task(read()))
        await stuck.acquire()
    assert max(sent) <= 64 * 1024
    transport = httpx.ASGITransport(app, raise_app_exceptions=False)
    async with httpx.AsyncClient(transport=transport, base_url="http://shop") as web:
        full = await web.get(f"/pictures/{FRONT.key}")
        assert (full.status_code, full.headers["retry-after"]) == (503, "1")
        assert (await web.post("/search", json={"query": SHIRT.title})).status_code == 200
        for one in asked:
            one.cancel()
        await asyncio.gather(*asked, return_exceptions=True)
        assert (await web.get(f"/pictures/{FRONT.key}")).status_code == 200


async def test_too_many_at_once_are_told_to_come_again(web: httpx.AsyncClient) -> None:
    answers = await asyncio.gather(*(web.get(f"/pictures/{FRONT.key}") for _ in range(90)))
    statuses = {answer.status_code for answer in answers}
    assert statuses == {200, 503}
    assert all(a.headers["retry-after"] for a in answers if a.status_code == 503)
    assert (await web.get(f"/pictures/{FRONT.key}")).status_code == 200
