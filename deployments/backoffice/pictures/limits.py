"""What a picture may be, and how one that is not is refused."""

from __future__ import annotations

from deployments.backoffice.language import message

MAX_PICTURE_BYTES = 12 * 2**20
MAX_PIXELS = 50_000_000
"""Of a picture that is handed in, whatever it weighs: 200 MB when it is decoded."""
MAX_SIDE = 16_384
SHOWN_SIDE, THUMBNAIL_SIDE = 1600, 320
"""The longest side of what is kept, in pixels; a smaller picture stays as large as it is."""
PICTURE_TYPES = ("image/jpeg", "image/png", "image/webp")

NO_PICTURE = message("This is no picture that the store takes. Save it as JPEG, PNG or WebP.")
BROKEN = message("The picture is damaged or incomplete. Save it again.")
TOO_HEAVY = message("A picture may have %(most)s MB. Save it smaller.")
TOO_LARGE = message("A picture may have %(most)s million pixels. Save it smaller.")
TOO_LONG = message("A side of a picture may have %(most)s pixels. Save it smaller.")
MOVES = message("The picture moves. Save it as a still picture.")
TOO_MUCH = message("The picture takes more memory or time than is allowed. Save it smaller.")


class PictureRefusedError(Exception):
    """A picture is not taken: a sentence of the catalogue with its values."""

    def __init__(self, sentence: str, **values: int) -> None:
        super().__init__(sentence % values if values else sentence)
        self.sentence, self.values = sentence, values
