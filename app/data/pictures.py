"""Pictures to look at the transformer with: a test card, rings, and the visitor's own.

Pillow decodes what visitors give: it says how large a picture is before it decodes it, sets it
upright, and reads a JPEG at an eighth of its size. OpenCV does the rest.
"""

from __future__ import annotations

import io
from collections.abc import Iterator
from contextlib import contextmanager

import cv2
import numpy as np
from PIL import Image, ImageOps

SIDE = 64  # pixels of every picture but MNIST's digits
CELL = 8  # pixels of the test card's squares
# Of a picture that is decoded; a JPEG is decoded at an eighth of its size, if need be, but a
# progressive one is held whole meanwhile.
MAX_PIXELS, MAX_JPEG_PIXELS = 20_000_000, 80_000_000
FORMATS = ("PNG", "JPEG", "WEBP", "GIF")
JPEGS = ("JPEG", "MPO")  # phones write MPO: a JPEG with more pictures behind the first
UPLOADS = ["png", "jpg", "jpeg", "webp", "gif"]  # the names of such files
DIGIT_SIDE, INK_SIDE = 28, 20  # pixels of an MNIST digit, and of its ink's longer side
MIN_INK = 0.35  # of the brightest ink: darker is taken for shadow and paper's grain
MIN_CONTRAST = 64.0  # of the brightest ink to its ground
FLAT = 8  # grey levels: in a picture that varies by no more, nothing is to be seen
GLYPHS = {  # 3 × 5 pixels each, row by row
    "A": "010101111101101", "B": "110101110101110", "C": "011100100100011", "D": "110101101101110",
    "E": "111100110100111", "F": "111100110100100", "G": "011100101101011", "H": "101101111101101",
    "1": "010110010010111", "2": "110001010100111", "3": "110001010001110", "4": "101101111001001",
    "5": "111100110001110", "6": "011100110101010", "7": "111001010010010", "8": "010101010101010",
}  # fmt: skip


class PictureError(ValueError):
    """A picture cannot be used; the message says why."""


def test_card() -> np.ndarray:
    """A checkerboard with its rows and columns named and an F, which shows every turn and mirror.

    uint8 (64, 64).
    """
    row, column = np.indices((SIDE, SIDE)) // CELL
    card = np.where((row + column) % 2, 45, 95).astype(np.uint8)
    for k, (letter, digit) in enumerate(zip("ABCDEFGH", "12345678", strict=True)):
        _print(card, letter, 1, k * CELL + (2 if k else 1))
        _print(card, digit, k * CELL + 2 if k else 1, 2 if k else 5)
    stem, bar = slice(18, 24), slice(18, 44)
    card[14:52, stem] = 255
    card[14:20, bar] = 255
    card[29:35, 18:38] = 255
    return card


def on_black(content: bytes, side: int) -> np.ndarray:
    """A picture file's middle square in grey, bright on black: uint8 (side, side).

    Its median is taken for the ground, which becomes 0. Raises PictureError.
    """
    grey = read_picture(content, side).mean(0)
    if np.median(grey) > 127:
        grey = 255 - grey
    return (grey - np.median(grey)).clip(0).round().astype(np.uint8)


def as_digit(content: bytes) -> np.ndarray:
    """A picture of a digit as MNIST has its own: uint8 (28, 28).

    Grey, bright on black, the ink's longer side 20 pixels and its centre of mass in the middle.
    Raises PictureError, also for a picture without anything on its ground.
    """
    grey = on_black(content, 8 * DIGIT_SIDE).astype(np.float32)
    brightest = float(grey.max())
    _, ink = cv2.threshold(grey, MIN_INK * max(brightest, MIN_CONTRAST), 0, cv2.THRESH_TOZERO)
    if not ink.any():
        raise PictureError(
            "the digit cannot be told from the background. Use a picture with more contrast."
        )
    left, top, width, height = cv2.boundingRect(ink.astype(np.uint8))
    scale = INK_SIDE / max(width, height)
    size = tuple(max(1, round(n * scale)) for n in (width, height))
    cut = ink[top : top + height, left : left + width]
    small = cv2.resize(cut, size, interpolation=cv2.INTER_AREA)
    moments = cv2.moments(small)
    left, top = (
        int(np.clip(round(DIGIT_SIDE / 2 - moments[m] / moments["m00"] - 0.5), 0, DIGIT_SIDE - n))
        for m, n in zip(("m10", "m01"), size, strict=True)
    )
    digit = np.zeros((DIGIT_SIDE, DIGIT_SIDE), np.uint8)
    digit[top : top + size[1], left : left + size[0]] = (small * 255 / small.max()).round()
    return digit


def as_grey(content: bytes) -> np.ndarray:
    """A picture's middle square in grey, as large as a digit: uint8 (28, 28). Raises
    PictureError."""
    return read_picture(content, DIGIT_SIDE).mean(0).round().astype(np.uint8)


def _print(card: np.ndarray, character: str, top: int, left: int) -> None:
    glyph = np.array(list(GLYPHS[character])).reshape(5, 3) == "1"
    card[top : top + 5, left : left + 3][glyph] = 230


def rings() -> np.ndarray:
    """A zone plate: the farther out, the finer its rings, at the edge 2 pixels. uint8 (64, 64)."""
    place = (2 * np.arange(SIDE) + 1) / SIDE - 1
    squared = place[:, None] ** 2 + place**2
    # cos(φ r²) turns by 2φr a half width of SIDE/2 pixels: at r = 1 a period of 4 pixels.
    return (127.5 + 127.5 * np.cos(np.pi * SIDE / 8 * squared)).round().astype(np.uint8)


def _opaque(picture: Image.Image) -> Image.Image:
    """A picture in colours, what is transparent in it filled with white; with black where on white
    nothing would be left to be seen."""
    if not picture.has_transparency_data:
        return picture.convert("RGB")
    strokes = picture.convert("RGBA")
    for ground in ("white", "black"):
        filled = Image.alpha_composite(Image.new("RGBA", strokes.size, ground), strokes)
        filled = filled.convert("RGB")
        if max(high - low for low, high in filled.getextrema()) > FLAT:
            break
    return filled


def read_picture(content: bytes, side: int = SIDE) -> np.ndarray:
    """A picture file's middle square in colours, by default as large as the lab's.

    uint8 (3, side, side). Raises PictureError for what is no picture, or too large to be decoded.
    """
    square = ImageOps.fit(_upright(content, side), (side, side), Image.Resampling.LANCZOS)
    return np.asarray(square).transpose(2, 0, 1).copy()


def read_whole(content: bytes, side: int) -> np.ndarray:
    """All of a picture file, in colours, its longer side of so many pixels: uint8 (3, H, W).

    Raises PictureError as ``read_picture`` does.
    """
    picture = _upright(content, side)
    scale = side / max(picture.size)
    width, height = (max(1, round(n * scale)) for n in picture.size)
    whole = picture.resize((width, height), Image.Resampling.LANCZOS)
    return np.asarray(whole).transpose(2, 0, 1).copy()


def read_squeezed(content: bytes, side: int) -> np.ndarray:
    """All of a picture file, in colours, squeezed to a square: uint8 (3, side, side).

    Raises PictureError as ``read_picture`` does.
    """
    squeezed = _upright(content, side).resize((side, side), Image.Resampling.BICUBIC)
    return np.asarray(squeezed).transpose(2, 0, 1).copy()


def _upright(content: bytes, side: int) -> Image.Image:
    """A picture in colours, as it is to be seen, of at least so many pixels if it has them."""
    picture = _opened(content, side)
    with _refused():
        if picture.mode.startswith("I"):  # 16 bits of grey, which convert() would cut off at 255
            values = np.asarray(picture).astype(np.uint32)
            picture = Image.fromarray(((values + 128) // 257).astype(np.uint8))
        return _opaque(ImageOps.exif_transpose(picture))


def decoded_pixels(content: bytes, side: int) -> int:
    """How many pixels ``read_picture`` decodes of a file; 0 if it refuses it by its head."""
    try:
        picture = _opened(content, side)
    except PictureError:
        return 0
    width, height = picture.size
    return width * height


def _opened(content: bytes, side: int) -> Image.Image:
    """A picture of which no pixel is decoded yet. Raises PictureError."""
    with _refused():
        picture = Image.open(io.BytesIO(content), formats=FORMATS)
        width, height = picture.size
        by_parts = picture.format in JPEGS and not picture.info.get("progressive")
        most = MAX_JPEG_PIXELS if by_parts else MAX_PIXELS
        if width * height > most:
            raise PictureError(
                f"this picture has {width} × {height} pixels; the limit is {most // 10**6} "
                "million. Make it smaller and upload it again."
            )
        picture.draft("RGB", (4 * side, 4 * side))  # a JPEG is decoded no larger than is needed
    return picture


@contextmanager
def _refused() -> Iterator[None]:
    """What Pillow raises, as a PictureError."""
    try:
        yield
    except PictureError:
        raise
    except Image.DecompressionBombError as error:
        raise PictureError(
            f"this picture is too large: {error}. Make it smaller and upload it again."
        ) from error
    except (OSError, ValueError, SyntaxError) as error:
        raise PictureError(
            "this file is damaged or not a picture. Upload a PNG, JPEG, WebP or GIF."
        ) from error
