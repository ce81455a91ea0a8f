"""What is sold: products, their variants, and the bounds of each."""

from __future__ import annotations

from typing import Annotated, Self

from pydantic import AwareDatetime, Field, StringConstraints, model_validator

from deployments.foundation.values.message import Currency, Message, is_none
from deployments.foundation.values.money import STORE_CURRENCY

MAX_VARIANTS = 500
MAX_OPTIONS, MAX_CATEGORIES = 10, 10
MAX_PICTURES = 20
Id = Annotated[str, StringConstraints(min_length=1, max_length=255)]
Title = Annotated[str, StringConstraints(max_length=500)]
Description = Annotated[str, StringConstraints(max_length=20_000)]
Category = Annotated[str, StringConstraints(max_length=128)]
OptionText = Annotated[str, StringConstraints(max_length=255)]
Price = Annotated[int, Field(ge=0, le=10**10, description="In the currency's minor unit.")]

PICTURE_KEY = r"^[0-9a-f]{64}\.(jpg|png|webp)$"
PictureKey = Annotated[str, StringConstraints(pattern=PICTURE_KEY)]
"""SHA-256 of the picture's bytes, and what they are."""
PictureSide = Annotated[int, Field(ge=1, le=10_000, description="In pixels.")]
PICTURES_PATH = "/catalog/pictures"
"""Under which anybody reads a picture by its key."""
ImagePath = Annotated[str, StringConstraints(max_length=128)]
"""Where a picture is, under the store's address."""
AltText = Annotated[str, StringConstraints(max_length=500, strip_whitespace=True)]


class OptionValue(Message):
    """One option of a variant, such as Size: 44 cm."""

    name: OptionText
    label: OptionText


class Variant(Message):
    """What can be bought: one SKU with its own price, options and weight.

    `weight_grams` is none where the source gives no weight. A description that is left empty is
    derived from the options and the weight when the product is imported. It is on sale from
    `on_sale_from` on, the first moment, to before `on_sale_until`; none is no bound. `categories`
    are the paths of its product's, and `image_path` is that of its first picture, where it is
    resolved alone; in a product they are left out.
    """

    id: Id
    sku: Id
    product_id: str = Field(max_length=255)
    title: Title
    description: Description = ""
    price: Price
    currency: Currency = STORE_CURRENCY
    options: tuple[OptionValue, ...] = Field(default=(), max_length=MAX_OPTIONS)
    weight_grams: int | None = Field(default=None, ge=0, le=10**8)
    categories: tuple[str, ...] = Field(default=(), max_length=MAX_CATEGORIES)
    on_sale_from: AwareDatetime | None = None
    on_sale_until: AwareDatetime | None = None
    image_path: ImagePath | None = Field(None, exclude_if=is_none)

    @model_validator(mode="after")
    def _begins_first(self) -> Self:
        begins, ends = self.on_sale_from, self.on_sale_until
        if begins is not None and ends is not None and begins > ends:
            raise ValueError("a sale must not end before it begins")
        return self


class Thumbnail(Message):
    """A small version of a picture, for lists."""

    key: PictureKey
    width: PictureSide
    height: PictureSide


class Picture(Message):
    """A picture of a product, which lies where pictures are under a key that comes of its content.

    `alt_text` says what is to be seen to whoever does not see it.
    """

    key: PictureKey
    width: PictureSide
    height: PictureSide
    alt_text: AltText = ""
    thumbnail: Thumbnail


class Product(Message):
    """A model and its variants, first the featured one. `categories` runs from wide to narrow.

    `pictures`, the featured one first, are changed for themselves, and by nothing else.
    """

    id: Id
    title: Title
    description: Description
    categories: tuple[Category, ...] = Field(default=(), max_length=MAX_CATEGORIES)
    variants: tuple[Variant, ...] = Field(min_length=1, max_length=MAX_VARIANTS)
    pictures: tuple[Picture, ...] = Field(default=(), max_length=MAX_PICTURES)
