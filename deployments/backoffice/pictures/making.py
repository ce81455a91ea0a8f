"""Makes what is kept of a picture that somebody handed in: a version to be shown, and a thumbnail.

Its content says what it is, and not its name. It is decoded and encoded anew, so that nothing is
left of what else the file held: places and cameras (EXIF), whatever stands behind the picture, and
what another program would take for something else.
"""

from __future__ import annotations

import io
import warnings

from PIL import Image, ImageCms, ImageOps, UnidentifiedImageError

from deployments.backoffice.pictures.limits import (
    BROKEN,
    MAX_PICTURE_BYTES,
    MAX_PIXELS,
    MAX_SIDE,
    MOVES,
    NO_PICTURE,
    SHOWN_SIDE,
    THUMBNAIL_SIDE,
    TOO_HEAVY,
    TOO_LARGE,
    TOO_LONG,
    PictureRefusedError,
)
from deployments.backoffice.pictures.made_picture import MadePicture

_FORMATS = ("JPEG", "PNG", "WEBP")
_ENDINGS = {"JPEG": "jpg", "MPO": "jpg", "PNG": "png", "WEBP": "webp"}
"""A telephone's JPEG may carry further pictures (MPO), of which the first is the one meant."""
_WRITTEN: dict[str, dict[str, object]] = {
    "jpg": {"format": "JPEG", "quality": 88, "optimize": True, "progressive": True},
    "png": {"format": "PNG", "optimize": True},
    "webp": {"format": "WEBP", "quality": 86, "method": 4},
}
_MILLION = 1_000_000
# A picture's damage shows in many ways, all of which mean the same to whoever handed it in.
_DAMAGE = (OSError, SyntaxError, ValueError, EOFError, IndexError, KeyError, TypeError)


def made(content: bytes) -> tuple[MadePicture, MadePicture]:
    """The picture to be shown, and its thumbnail. Raises `PictureRefusedError`."""
    if len(content) > MAX_PICTURE_BYTES:
        raise PictureRefusedError(TOO_HEAVY, most=MAX_PICTURE_BYTES // 2**20)
    # Bounds are checked here, before anything is decoded; the library's own only warns.
    Image.MAX_IMAGE_PIXELS = None
    with warnings.catch_warnings(), _opened(content) as image:
        warnings.simplefilter("ignore")
        ending = _ENDINGS[str(image.format)]
        _check(image, ending)
        try:
            shown = _plain(image, SHOWN_SIDE)
        except _DAMAGE as damage:
            raise PictureRefusedError(BROKEN) from damage
        small = shown.copy()
        small.thumbnail((THUMBNAIL_SIDE, THUMBNAIL_SIDE), Image.Resampling.LANCZOS)
        return _written(shown, ending), _written(small, "webp")


def _opened(content: bytes) -> Image.Image:
    try:
        return Image.open(io.BytesIO(content), formats=_FORMATS)
    except UnidentifiedImageError:
        raise PictureRefusedError(NO_PICTURE) from None
    except _DAMAGE as damage:
        raise PictureRefusedError(BROKEN) from damage


def _check(image: Image.Image, ending: str) -> None:
    width, height = image.size
    if max(width, height) > MAX_SIDE:
        raise PictureRefusedError(TOO_LONG, most=MAX_SIDE)
    if width * height > MAX_PIXELS:
        raise PictureRefusedError(TOO_LARGE, most=MAX_PIXELS // _MILLION)
    if ending != "jpg" and getattr(image, "n_frames", 1) > 1:
        raise PictureRefusedError(MOVES)


def _plain(image: Image.Image, side: int) -> Image.Image:
    """The picture no larger than it is shown, upright, and in colours that every screen knows."""
    # A JPEG is decoded at a fraction of its size where that is enough.
    image.draft(image.mode, (side, side))
    image.load()
    has_alpha = image.has_transparency_data
    if image.mode in {"P", "LA", "PA", "I", "F", "I;16"}:
        image = image.convert("RGBA" if has_alpha else "RGB")
    turned = image.getexif().get(_ORIENTATION)
    profile = image.info.get("icc_profile")
    image.thumbnail((side, side), Image.Resampling.LANCZOS)
    image = ImageOps.exif_transpose(image) if turned else image
    image = _in_srgb(image, profile)
    image = image.convert("RGBA" if has_alpha else "RGB")
    # A new one, which carries nothing that the file said beside its pixels.
    plain = Image.new(image.mode, image.size)
    plain.paste(image)
    return plain


_ORIENTATION = 0x0112


def _in_srgb(image: Image.Image, profile: bytes | None) -> Image.Image:
    """Without its profile, a picture in other colours than a screen's would look pale."""
    if not profile or image.mode not in {"RGB", "RGBA", "CMYK"}:
        return image
    mode = "RGBA" if image.mode == "RGBA" else "RGB"
    try:
        own = ImageCms.ImageCmsProfile(io.BytesIO(profile))
        srgb = ImageCms.createProfile("sRGB")
        changed = ImageCms.profileToProfile(image, own, srgb, outputMode=mode)
    except (ImageCms.PyCMSError, OSError):
        return image  # Nobody can read the profile: the pixels are taken for sRGB.
    return changed or image


def _written(image: Image.Image, ending: str) -> MadePicture:
    if ending == "jpg":
        image = image.convert("RGB")
    out = io.BytesIO()
    image.save(out, **_WRITTEN[ending])  # type: ignore[arg-type] # Each format has its own.
    return MadePicture(out.getvalue(), ending, *image.size)
