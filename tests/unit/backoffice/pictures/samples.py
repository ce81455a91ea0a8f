"""Pictures that somebody may hand in, good ones and others."""

from __future__ import annotations

import io
import struct
import zlib

from PIL import Image

PLACE = b"a place that nobody needs to know"
_GPS, _MAKE, _ORIENTATION = 0x8825, 0x010F, 0x0112


def picture(kind: str = "JPEG", size: tuple[int, int] = (640, 480), mode: str = "RGB") -> bytes:
    """A picture with a red left and a blue right half."""
    image = Image.new("RGB", size, "blue")
    image.paste("red", (0, 0, size[0] // 2, size[1]))
    return encoded(image.convert(mode), kind)


def encoded(image: Image.Image, kind: str, **more: object) -> bytes:
    out = io.BytesIO()
    image.save(out, kind, **more)
    return out.getvalue()


def telling(kind: str = "JPEG", orientation: int = 1) -> bytes:
    """A picture that tells with what and where it was taken."""
    exif = Image.Exif()
    exif[_MAKE] = PLACE.decode()
    exif[_ORIENTATION] = orientation
    exif.get_ifd(_GPS)[1] = "N"
    image = Image.open(io.BytesIO(picture(kind)))
    return encoded(image, kind, exif=exif.tobytes())


def bomb(side: int) -> bytes:
    """A PNG of some kilobytes that says it has `side` times `side` pixels, and has them."""
    row = b"\0" + bytes(side // 8)
    squeezed = zlib.compressobj(9)
    data = b"".join(squeezed.compress(row) for _ in range(side)) + squeezed.flush()
    head = struct.pack(">IIBBBBB", side, side, 1, 0, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + _chunk(b"IHDR", head) + _chunk(b"IDAT", data) + _chunk(b"IEND")


def text_bomb() -> bytes:
    """A small PNG with a text of 128 MiB, which takes 128 KiB."""
    squeezed = zlib.compressobj(9)
    text = b"".join(squeezed.compress(bytes(2**20)) for _ in range(128)) + squeezed.flush()
    small = picture("PNG", (8, 8))
    end = small.index(b"IEND") - 4
    return small[:end] + _chunk(b"zTXt", b"Comment\0\0" + text) + small[end:]


def _chunk(name: bytes, data: bytes = b"") -> bytes:
    return struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))


def polyglot() -> bytes:
    """A JPEG that a browser could take for a page with a script, and Java for an archive."""
    script = b"<html><script>alert(1)</script></html>"
    with_comment = encoded(Image.open(io.BytesIO(picture())), "JPEG", comment=script)
    return with_comment + script + b"PK\x03\x04" + bytes(100)


def moving(kind: str) -> bytes:
    """A picture of two frames."""
    frames = [Image.new("RGB", (16, 16), color) for color in ("red", "blue")]
    return encoded(frames[0], kind, save_all=True, append_images=frames[1:])
