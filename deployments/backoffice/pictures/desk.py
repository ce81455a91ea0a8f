"""What people and programs do with pictures of products: add some, order, describe, remove them."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence

from deployments.backoffice.language import message
from deployments.backoffice.pictures.limits import (
    MAX_PICTURE_BYTES,
    TOO_HEAVY,
    PictureRefusedError,
)
from deployments.backoffice.pictures.workshop import Workshop
from deployments.catalog.contract import CatalogApi
from deployments.catalog.contract.documents import GetDocument, ProductDocument, StaleRevision
from deployments.catalog.contract.pictures import MEDIA_TYPES, ChangePictures
from deployments.catalog.contract.products import MAX_PICTURES, Picture, Thumbnail
from deployments.foundation.http.answers import ProtocolError
from deployments.foundation.objects.object_store import Objects, key_of
from deployments.foundation.values.authorship import Author

_MOST_UPLOADS = 6
"""At once; each holds a file in memory."""
_TRIES = 3
TOO_MANY = message("A product may have %(most)s pictures. Remove some first.")


class PictureDesk:
    """Pictures upon the catalogue, which owns them, and the place where their bytes are.

    Who may do what is asked before, where the page or action is.
    """

    def __init__(self, catalog: CatalogApi, objects: Objects) -> None:
        self._catalog, self._objects = catalog, objects
        self._workshop = Workshop()
        self._uploads = 0

    async def take(self, chunks: AsyncIterator[bytes], alt_text: str) -> Picture:
        """A picture that was handed in, made and put where pictures are; no product has it yet.

        Raises `PictureRefusedError`; 503 if too many are on their way.
        """
        if self._uploads >= _MOST_UPLOADS:
            sentence = message("Others hand in pictures just now. Try again in a moment.")
            raise ProtocolError(503, "unavailable", sentence, {"Retry-After": "5"})
        self._uploads += 1
        try:
            shown, small = await self._workshop.make(await _whole(chunks))
        finally:
            self._uploads -= 1
        keys = []
        for one in (shown, small):
            keys.append(key_of(one.content, one.ending))
            await self._objects.put(keys[-1], one.content, MEDIA_TYPES[one.ending])
        thumbnail = Thumbnail(key=keys[1], width=small.width, height=small.height)
        return Picture(
            key=keys[0],
            width=shown.width,
            height=shown.height,
            alt_text=alt_text,
            thumbnail=thumbnail,
        )

    async def add(
        self, author: Author, reason: str, product_id: str, pictures: Sequence[Picture]
    ) -> ProductDocument:
        """Pictures behind those that a product has, whoever changes it meanwhile; one that it has
        stays as it is. Raises `PictureRefusedError` if these are too many."""
        for tries_left in reversed(range(_TRIES)):
            seen = await self._catalog.document(GetDocument(id=product_id))
            known = {picture.key: picture for picture in seen.product.pictures}
            wanted = {**{picture.key: picture for picture in pictures}, **known}
            order = [*known, *(key for key in wanted if key not in known)]
            if len(order) > MAX_PICTURES:
                raise PictureRefusedError(TOO_MANY, most=MAX_PICTURES)
            sent = ChangePictures(
                author=author,
                reason=reason,
                product_id=seen.product.id,
                pictures=tuple(wanted[key] for key in order),
                revision=seen.revision,
            )
            try:
                return await self._catalog.change_pictures(sent)
            except StaleRevision:
                if not tries_left:
                    raise
        raise AssertionError


async def _whole(chunks: AsyncIterator[bytes]) -> bytes:
    """A file, as far as one may be long."""
    content = bytearray()
    async for chunk in chunks:
        content += chunk
        if len(content) > MAX_PICTURE_BYTES:
            raise PictureRefusedError(TOO_HEAVY, most=MAX_PICTURE_BYTES // 2**20)
    return bytes(content)
