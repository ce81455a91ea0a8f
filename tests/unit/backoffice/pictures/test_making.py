"""What becomes of a picture that somebody hands in, and which are refused."""

from __future__ import annotations

import io
import resource
from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image, ImageCms

from deployments.backoffice.pictures.limits import (
    BROKEN,
    MAX_PICTURE_BYTES,
    MOVES,
    NO_PICTURE,
    TOO_HEAVY,
    TOO_LARGE,
    TOO_LONG,
    TOO_MUCH,
    PictureRefusedError,
)
from deployments.backoffice.pictures.made_picture import MadePicture
from deployments.backoffice.pictures.maker import MEMORY_BYTES
from deployments.backoffice.pictures.making import made
from deployments.backoffice.pictures.workshop import Workshop
from tests.unit.backoffice.pictures.samples import (
    PLACE,
    bomb,
    encoded,
    moving,
    picture,
    polyglot,
    telling,
    text_bomb,
)

SVG = b'<svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>'


def opened(one: MadePicture) -> Image.Image:
    image = Image.open(io.BytesIO(one.content))
    image.load()
    return image


def refused(content: bytes) -> str:
    with pytest.raises(PictureRefusedError) as no:
        made(content)
    return no.value.sentence


def hue(image: Image.Image, x: int) -> str:
    red, _, blue = image.convert("RGB").getpixel((x, 5))  # type: ignore[misc]
    return "red" if red > blue else "blue"


@pytest.mark.parametrize(("kind", "ending"), [("JPEG", "jpg"), ("PNG", "png"), ("WEBP", "webp")])
def test_a_picture_is_kept_as_what_it_is_with_a_thumbnail(kind: str, ending: str) -> None:
    shown, small = made(picture(kind, (2000, 1000)))
    assert (shown.ending, shown.width, shown.height) == (ending, 1600, 800)
    assert (small.ending, small.width, small.height) == ("webp", 320, 160)
    for one in (shown, small):
        image = opened(one)
        assert image.size == (one.width, one.height)
        assert (hue(image, 5), hue(image, one.width - 5)) == ("red", "blue")


def test_a_small_picture_stays_as_large_as_it_is() -> None:
    shown, small = made(picture("PNG", (40, 30)))
    assert [(one.width, one.height) for one in (shown, small)] == [(40, 30)] * 2


@pytest.mark.parametrize("mode", ["L", "P", "RGBA", "LA", "1", "CMYK", "I;16"])
def test_every_way_of_colours_is_taken(mode: str) -> None:
    kind = "JPEG" if mode == "CMYK" else "PNG"
    image = Image.new("L", (64, 64), 200) if mode.startswith("I") else None
    content = encoded(image.convert(mode), kind) if image else picture(kind, (64, 64), mode)
    shown, _ = made(content)
    assert opened(shown).mode in {"RGB", "RGBA"}


def test_what_is_transparent_stays_so() -> None:
    shown, small = made(encoded(Image.new("RGBA", (32, 32), (255, 0, 0, 0)), "PNG"))
    for one in (shown, small):
        assert opened(one).convert("RGBA").getpixel((3, 3))[3] == 0  # type: ignore[index]


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP"])
def test_nothing_is_kept_of_where_and_with_what_it_was_taken(kind: str) -> None:
    content = telling(kind)
    assert PLACE in content
    for one in made(content):
        assert PLACE not in one.content
        assert not opened(one).getexif()


def test_a_picture_of_a_telephone_that_was_turned_stands_upright() -> None:
    shown, _ = made(telling(orientation=6))
    assert (shown.width, shown.height) == (480, 640)


def test_other_colours_than_a_screens_are_turned_into_those() -> None:
    profile = ImageCms.ImageCmsProfile(ImageCms.createProfile("LAB"))
    image = Image.new("RGB", (8, 8), "red")
    for told in (profile.tobytes(), b"no profile at all"):
        shown, _ = made(encoded(image, "PNG", icc_profile=told))
        assert "icc_profile" not in opened(shown).info


def test_what_stands_beside_the_picture_is_left_behind() -> None:
    content = polyglot()
    assert b"<script>" in content
    for one in made(content):
        assert b"<script>" not in one.content
        assert b"PK\x03\x04" not in one.content


@pytest.mark.parametrize(
    "content",
    [SVG, b"", b"GIF89a" + bytes(50), b"%PDF-1.7", encoded(Image.new("L", (9, 9)), "BMP")],
)
def test_what_is_no_jpeg_png_or_webp_is_refused_whatever_it_is_called(content: bytes) -> None:
    assert refused(content) == NO_PICTURE


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP"])
def test_half_a_picture_is_refused(kind: str) -> None:
    whole = encoded(Image.effect_noise((300, 300), 80).convert("RGB"), kind)
    assert refused(whole[: len(whole) // 2]) in {BROKEN, NO_PICTURE}


@pytest.mark.parametrize("kind", ["PNG", "WEBP"])
def test_what_moves_is_refused(kind: str) -> None:
    assert refused(moving(kind)) == MOVES


def test_a_picture_that_is_too_heavy_too_large_or_too_long_is_refused_before_it_is_decoded() -> (
    None
):
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    assert refused(bytes(MAX_PICTURE_BYTES + 1)) == TOO_HEAVY
    small = bomb(16_000)
    assert len(small) < 100_000
    assert refused(small) == TOO_LARGE
    assert refused(bomb(24_000)) == TOO_LONG
    grown = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before
    assert grown < 60 * 1024, "kibibytes; the picture alone would have 250 MB"


def test_a_text_that_unpacks_to_a_thousand_times_its_size_is_refused() -> None:
    content = text_bomb()
    assert len(content) < MAX_PICTURE_BYTES
    assert refused(content) == BROKEN


@given(st.binary(max_size=300), st.sampled_from(["JPEG", "PNG", "WEBP"]), st.integers(0, 10**6))
def test_whatever_the_file_holds_it_is_taken_or_refused(
    noise: bytes, kind: str, place: int
) -> None:
    whole = picture(kind, (64, 48))
    at = place % len(whole)
    with suppress(PictureRefusedError):
        shown, _ = made(whole[:at] + noise + whole[at + len(noise) :])
        opened(shown)


async def test_a_process_makes_what_is_made_here() -> None:
    content = picture("WEBP", (900, 700))
    assert await Workshop().make(content) == made(content)


async def test_a_process_says_why_a_picture_is_refused() -> None:
    with pytest.raises(PictureRefusedError) as no:
        await Workshop().make(bomb(16_000))
    assert str(no.value) == "A picture may have 50 million pixels. Save it smaller."


async def test_the_largest_picture_that_is_allowed_fits_into_the_process() -> None:
    shown, _ = await Workshop().make(
        encoded(Image.new("RGBA", (7000, 7000), "red"), "PNG", compress_level=1)
    )
    assert (shown.width, shown.height) == (1600, 1600)


async def test_a_process_that_ends_at_its_bounds_is_a_picture_refused(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("deployments.backoffice.pictures.workshop._MODULE", "there.is.no.such")
    with pytest.raises(PictureRefusedError) as no:
        await Workshop().make(picture())
    assert (no.value.sentence, MEMORY_BYTES) == (TOO_MUCH, 2**30)
