"""What staff change of a product's pictures, and how one is reached."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar, Self

from pydantic import Field, model_validator

from deployments.catalog.contract.documents import Revision
from deployments.catalog.contract.products import MAX_PICTURES, Id, Picture
from deployments.foundation.rpc.rejection import Rejection
from deployments.foundation.values.authorship import Author, Reason
from deployments.foundation.values.message import Message

MEDIA_TYPES = {"jpg": "image/jpeg", "png": "image/png", "webp": "image/webp"}
"""What a picture is, by the ending of its key."""


class ChangePictures(Message):
    """A product's pictures as they shall be, in their order, and the revision that was seen."""

    author: Author
    reason: Reason = ""
    product_id: Id
    pictures: tuple[Picture, ...] = Field(max_length=MAX_PICTURES)
    revision: Revision

    @model_validator(mode="after")
    def _each_once(self) -> Self:
        keys = [picture.key for picture in self.pictures]
        if len(set(keys)) < len(keys):
            raise ValueError("a product has a picture once")
        return self


@dataclass(eq=False)
class PictureMissing(Rejection):
    """The catalogue finds no such picture where pictures are. Nothing was changed."""

    key: str
    code: ClassVar[str] = "catalog.picture_missing"
