"""The lab's pictures, and what becomes of a visitor's own files."""

from __future__ import annotations

import io
import struct
import zlib

import numpy as np
import pytest
from PIL import Image

from app.data import pictures
from app.data.pictures import SIDE, PictureError, read_picture

ORIENTATION = 0x0112  # Exif's tag
RED, GREEN, BLUE, GREY = (255, 0, 0), (0, 255, 0), (0, 0, 255), (120, 120, 120)


def file(picture: Image.Image, kind: str = "PNG", **options) -> bytes:
    content = io.BytesIO()
    picture.save(content, kind, **options)
    return content.getvalue()


def quarters(width: int = 96, height: int = 96) -> Image.Image:
    """Red and green above, blue and grey below."""
    values = np.empty((height, width, 3), np.uint8)
    values[: height // 2, : width // 2], values[: height // 2, width // 2 :] = RED, GREEN
    values[height // 2 :, : width // 2], values[height // 2 :, width // 2 :] = BLUE, GREY
    return Image.fromarray(values)


def corners(picture: np.ndarray) -> list[np.ndarray]:
    """The colours of the four quarters' middles, row by row."""
    near, far = SIDE // 4, 3 * SIDE // 4
    return [picture[:, y, x].astype(int) for y in (near, far) for x in (near, far)]


def assert_corners(picture: np.ndarray, *expected: tuple[int, int, int]) -> None:
    assert picture.shape == (3, SIDE, SIDE) and picture.dtype == np.uint8
    np.testing.assert_allclose(corners(picture), expected, atol=6)


# -- the lab's own


def test_test_card_tells_every_turn_and_mirror_from_every_other():
    card = pictures.test_card()
    assert card.shape == (SIDE, SIDE) and card.dtype == np.uint8
    ways = [np.rot90(side, turns) for side in (card, card.T) for turns in range(4)]
    for i, one in enumerate(ways):
        for other in ways[:i]:
            # Not by a few pixels alone: by what is seen at a glance.
            assert (np.abs(one.astype(int) - other) > 60).mean() > 0.1


def test_every_row_and_column_of_the_test_card_has_a_name_of_its_own():
    card = pictures.test_card()
    cells = [card[:8, 8 * k : 8 * k + 8] for k in range(8)]
    cells += [card[8 * k : 8 * k + 8, :8] for k in range(1, 8)]
    inks = {(cell > 200).tobytes() for cell in cells}
    assert len(inks) == len(cells)


def test_rings_are_round_and_get_finer_outwards():
    rings = pictures.rings()
    assert rings.shape == (SIDE, SIDE) and rings.dtype == np.uint8
    np.testing.assert_array_equal(rings, rings[::-1])
    np.testing.assert_array_equal(rings, rings.T)
    assert rings.min() < 5 and rings.max() > 250
    row = rings[SIDE // 2, SIDE // 2 :].astype(int)
    turns = np.flatnonzero(np.diff(np.sign(np.diff(row))))  # its maxima and minima
    widths = np.diff(turns)
    assert widths[0] >= 5 and widths[-1] <= 3
    assert (np.diff(widths) <= 1).all()


# -- files


@pytest.mark.parametrize("kind", ["PNG", "JPEG", "WEBP", "GIF"])
def test_file_of_every_kind_is_seen_in_its_colours_and_upright(kind):
    options = {} if kind in ("PNG", "GIF") else {"quality": 95}
    assert_corners(read_picture(file(quarters(), kind, **options)), RED, GREEN, BLUE, GREY)


@pytest.mark.parametrize(
    ("orientation", "back"),
    [
        (2, Image.Transpose.FLIP_LEFT_RIGHT),
        (3, Image.Transpose.ROTATE_180),
        (6, Image.Transpose.ROTATE_90),
        (8, Image.Transpose.ROTATE_270),
    ],
)
def test_jpeg_that_lies_on_its_side_is_set_upright(orientation, back):
    exif = Image.Exif()
    exif[ORIENTATION] = orientation
    lying = quarters().transpose(back)
    content = file(lying, "JPEG", quality=95, exif=exif.tobytes())
    assert_corners(read_picture(content), RED, GREEN, BLUE, GREY)


@pytest.mark.parametrize("size", [(192, 96), (96, 192)], ids=["wide", "high"])
def test_of_a_picture_that_is_no_square_the_middle_is_taken(size):
    width, height = size
    values = np.zeros((height, width, 3), np.uint8)
    top, left = (height - 96) // 2, (width - 96) // 2
    values[top : top + 96, left : left + 96] = np.asarray(quarters())
    assert_corners(read_picture(file(Image.fromarray(values))), RED, GREEN, BLUE, GREY)


def test_what_is_opaque_in_a_png_keeps_its_colours():
    picture = quarters().convert("RGBA")
    picture.putpixel((0, 0), (1, 2, 3, 0))
    assert_corners(read_picture(file(picture)), RED, GREEN, BLUE, GREY)


def strokes(ink: tuple[int, int, int], mode: str) -> Image.Image:
    """A bar of ink on nothing, as drawing programs save it."""
    picture = Image.new("RGBA", (96, 96), (0, 0, 0, 0))
    picture.paste((*ink, 255), (40, 20, 56, 76))
    if mode != "P":
        return picture.convert(mode)
    palette = Image.alpha_composite(Image.new("RGBA", picture.size, (255, 0, 255, 255)), picture)
    palette = palette.convert("RGB").quantize(2)
    palette.info["transparency"] = palette.getpixel((0, 0))
    return palette


@pytest.mark.parametrize(
    ("mode", "kind"), [("RGBA", "PNG"), ("LA", "PNG"), ("P", "PNG"), ("RGBA", "WEBP"), ("P", "GIF")]
)
@pytest.mark.parametrize(
    ("ink", "ground"), [((0, 0, 0), 255), ((255, 255, 255), 0), ((90, 90, 90), 255)]
)
def test_strokes_on_nothing_are_seen(mode, kind, ink, ground):
    picture = strokes(ink, mode)
    options = {"lossless": True} if kind == "WEBP" else {}
    if "transparency" in picture.info:
        options["transparency"] = picture.info["transparency"]
    content = file(picture, kind, **options)
    picture = read_picture(content)
    np.testing.assert_allclose(picture[:, 32, 32], ink, atol=2)
    np.testing.assert_allclose(picture[:, 4, 4], ground, atol=2)
    digit = pictures.as_digit(content)
    assert digit[14, 14] > 200 and digit[14, 3] == 0


def test_picture_of_which_all_is_transparent_is_taken_for_empty():
    with pytest.raises(PictureError, match="cannot be told from the background"):
        pictures.as_digit(file(Image.new("RGBA", (96, 96), (0, 0, 0, 0))))


def test_greyscale_has_three_equal_channels():
    grey = Image.fromarray(np.arange(0, 240, 15, dtype=np.uint8).repeat(16).reshape(16, 16))
    found = read_picture(file(grey))
    np.testing.assert_array_equal(found[0], found[1])
    np.testing.assert_array_equal(found[0], found[2])
    assert np.ptp(found) > 200


def test_sixteen_bits_of_grey_are_not_all_white():
    values = np.linspace(0, 65535, 64).astype(np.uint16).repeat(64).reshape(64, 64)
    found = read_picture(file(Image.fromarray(values)))
    np.testing.assert_allclose(found[0, :, 32], values[:, 32] / 257, atol=2)


def test_only_the_first_picture_of_an_animation_is_taken():
    pictures_ = [quarters(), Image.new("RGB", (96, 96), BLUE)]
    content = file(pictures_[0], "GIF", save_all=True, append_images=pictures_[1:])
    assert_corners(read_picture(content), RED, GREEN, BLUE, GREY)


@pytest.mark.parametrize("size", [(1, 1), (1, 3000), (3000, 1)], ids=str)
def test_smallest_and_narrowest_pictures_are_taken(size):
    assert_corners(read_picture(file(Image.new("RGB", size, GREEN))), *[GREEN] * 4)


# -- what is not taken


def png_header(width: int, height: int) -> bytes:
    """A PNG of a few bytes that claims this size."""

    def chunk(name: bytes, data: bytes) -> bytes:
        checksum = zlib.crc32(name + data)
        return struct.pack(">I", len(data)) + name + data + struct.pack(">I", checksum)

    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    pixels = zlib.compress(bytes(100))
    return (
        b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", pixels) + chunk(b"IEND", b"")
    )


UNUSABLE = {
    "empty": b"",
    "text": b"Dear reader, this is no picture." * 20,
    "truncated": file(quarters().resize((300, 300)))[:400],
    "truncated-jpeg": file(quarters(), "JPEG")[:300],
    "signature-alone": b"\x89PNG\r\n\x1a\n",
    "gif-without-pixels": b"GIF89a" + bytes(20),
    "no-pixels": png_header(0, 5),
}


@pytest.mark.parametrize("content", UNUSABLE.values(), ids=UNUSABLE)
def test_file_that_is_no_picture_is_an_error_that_says_what_is_expected(content):
    with pytest.raises(PictureError, match="PNG, JPEG, WebP or GIF") as caught:
        read_picture(content)
    assert "object at 0x" not in str(caught.value)


@pytest.mark.filterwarnings("ignore::PIL.Image.DecompressionBombWarning")
@pytest.mark.parametrize("size", [(8_000, 8_000), (10_000, 10_000)], ids=str)
def test_picture_that_is_too_large_is_an_error_that_says_so_before_it_is_decoded(size):
    width, height = size
    with pytest.raises(PictureError, match=f"{width} × {height} pixels; the limit is 20 million"):
        read_picture(png_header(width, height))


def test_picture_that_claims_to_be_huge_is_an_error():
    with pytest.raises(PictureError, match=r"\d+ pixels"):
        read_picture(png_header(100_000, 100_000))


@pytest.mark.parametrize("kind", ["PNG", "JPEG", "WEBP", "GIF"])
def test_damaged_file_is_shown_or_refused_and_nothing_else(kind):
    whole = file(quarters(), kind)
    random = np.random.default_rng(0)
    for _ in range(60):
        content = bytearray(whole)
        for place in random.integers(0, len(content), 5):
            content[place] = random.integers(256)
        try:
            found = read_picture(
                bytes(content[: random.integers(len(content) // 2, len(content) + 1)])
            )
        except PictureError:
            continue
        assert found.shape == (3, SIDE, SIDE)


def test_kind_of_file_that_is_not_offered_is_refused():
    with pytest.raises(PictureError):
        read_picture(file(quarters(), "BMP"))


def test_progressive_jpeg_is_bounded_as_what_is_decoded_whole(monkeypatch):
    monkeypatch.setattr(pictures, "MAX_PIXELS", 50 * 50)
    assert_corners(read_picture(file(quarters(), "JPEG")), RED, GREEN, BLUE, GREY)
    with pytest.raises(PictureError, match="96 × 96 pixels"):
        read_picture(file(quarters(), "JPEG", progressive=True))


def test_phone_s_picture_of_several_may_be_as_large_as_any_jpeg(monkeypatch):
    content = io.BytesIO()
    quarters().save(content, "MPO", save_all=True, append_images=[quarters()])
    assert Image.open(io.BytesIO(content.getvalue())).format == "MPO"
    monkeypatch.setattr(pictures, "MAX_PIXELS", 50 * 50)
    assert_corners(pictures.read_picture(content.getvalue()), RED, GREEN, BLUE, GREY)
    monkeypatch.setattr(pictures, "MAX_JPEG_PIXELS", 50 * 50)
    with pytest.raises(pictures.PictureError, match="96 × 96 pixels"):
        pictures.read_picture(content.getvalue())
