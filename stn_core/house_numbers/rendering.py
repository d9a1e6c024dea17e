"""House numbers that nobody photographed: drawn from a seed, with free fonts, to look like SVHN's.

For machines without SVHN, and as further training data. Lengths, heights and the digits' distances
follow SVHN's annotations; a plate or painted or mounted digits on a wall, a shadow, the camera's
angle up to 15°, clutter in the neighbourhood, blur, few pixels (a digit is 30 high in the median),
noise and JPEG follow its look.
"""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import NamedTuple

import cv2
import numpy as np
from PIL import Image, ImageDraw, ImageFont

from stn_core.house_numbers import walls
from stn_core.house_numbers.numbers import Number

FONTS = Path(__file__).parent / "fonts"
LENGTHS = (0.136, 0.555, 0.265, 0.042, 0.002)  # shares of 1 to 5 digits, of the 2,000 and the 1,000
DRAWN = 64  # a digit's height while it is drawn, in pixels
MEDIAN_HEIGHT, HEIGHT_SPREAD = 30.0, 0.47  # of a digit in the photograph; that of its logarithm
LOWEST, HIGHEST = 9.0, 130.0
AROUND = 3.6  # the scene, relative to the number: the looser crop with its margin fits in
MAX_ANGLE_DEGREES = 15.0  # of the camera to the wall, upwards and sideways
MAX_ROLL_DEGREES = 8.0
LETTERS = "ABCDEFGHKLMNPRSTUVWXabcdefghknrstuz&-."


class Rendering(NamedTuple):
    """A drawn photograph, RGB uint8 (H, W, 3), and its Number.

    >>> render(0).image.dtype
    dtype('uint8')
    """

    image: np.ndarray
    number: Number


class _Layout(NamedTuple):
    """The number before the camera: how much of each pixel it covers, and the digits' boxes."""

    mask: np.ndarray  # (H, W) in [0, 1]
    boxes: np.ndarray  # (N, 4)


def render(seed: int, digits: tuple[int, ...] | None = None) -> Rendering:
    """The photograph of this seed. digits: what is written, by default drawn as well.

    >>> rendering = render(3, digits=(4, 2))
    >>> rendering.number.digits, rendering.number.boxes.shape
    ((4, 2), (2, 4))
    """
    random = np.random.default_rng(seed)
    if digits is None:
        digits = _digits(random)
    layout = _layout(random, digits)
    scene = _scene(random, layout)
    image, boxes = _photographed(random, scene, layout.boxes)
    return Rendering(image, Number(f"{seed}.png", digits, boxes))


def _digits(random: np.random.Generator) -> tuple[int, ...]:
    length = 1 + random.choice(len(LENGTHS), p=LENGTHS)
    first = random.integers(1, 10)
    return (int(first), *map(int, random.integers(0, 10, length - 1)))


@cache
def _fonts() -> tuple[Path, ...]:
    return tuple(sorted(FONTS.glob("*.[ot]tf")))


@cache
def _font(path: Path) -> ImageFont.FreeTypeFont:
    """With digits that are DRAWN pixels high."""
    left, top, right, bottom = ImageFont.truetype(path, 100).getbbox("8")
    return ImageFont.truetype(path, 100 * DRAWN / (bottom - top))


def _glyph(random: np.random.Generator, text: str, font: Path) -> np.ndarray:
    """One character's ink, (H, W) in [0, 1], as wide as its owner had it."""
    left, top, right, bottom = _font(font).getbbox(text)
    image = Image.new("L", (int(right - left), int(bottom - top)))
    ImageDraw.Draw(image).text((-left, -top), text, 255, _font(font))
    return np.asarray(image, np.float32) / 255


def _layout(random: np.random.Generator, digits: tuple[int, ...]) -> _Layout:
    """Digits in a row, or on a rising line, as far from each other as SVHN's, on a large sheet."""
    font = _fonts()[random.integers(len(_fonts()))]
    stretch = random.uniform(0.8, 1.2)
    gap = DRAWN * random.gamma(2.0, 0.06)
    rise = random.normal(0, 0.03) if random.random() < 0.8 else random.normal(0, 0.2)
    wobble = random.choice([0, 0, 0, 3.0])
    glyphs = []
    for digit in digits:
        glyph = _glyph(random, str(digit), font)
        width = max(3, round(glyph.shape[1] * stretch))
        glyphs.append(cv2.resize(glyph, (width, glyph.shape[0]), interpolation=cv2.INTER_AREA))
    if random.random() < 0.04 and len(digits) in (2, 3):  # one below the other
        steps = [(0.0, DRAWN + gap)] * len(digits)
    else:
        steps = [(g.shape[1] + gap, rise * DRAWN) for g in glyphs]
    corners = np.cumsum([(0.0, 0.0), *steps[:-1]], axis=0)
    sizes = np.array([g.shape[::-1] for g in glyphs], float)
    extent = (corners + sizes).max(0) - corners.min(0)
    sheet = np.ceil(np.maximum(extent * AROUND, extent + 2 * DRAWN)).astype(int)
    corners += (sheet - extent) / 2 - corners.min(0)
    mask = np.zeros((sheet[1], sheet[0]), np.float32)
    for (x, y), glyph in zip(corners, glyphs, strict=True):
        y += random.normal(0, wobble)
        turn = cv2.getRotationMatrix2D(
            (glyph.shape[1] / 2, glyph.shape[0] / 2), random.normal(0, wobble), 1
        )
        turn[:, 2] += (x, y)
        moved = cv2.warpAffine(glyph, turn, (int(sheet[0]), int(sheet[1])))
        np.maximum(mask, moved, out=mask)
    return _Layout(mask, np.concatenate([corners, sizes], 1))


def _scene(random: np.random.Generator, layout: _Layout) -> np.ndarray:
    """The wall with the number on it, seen from the front: float32 (H, W, 3) in [0, 1]."""
    mask = layout.mask
    wall = walls.draw(random, mask.shape)
    _clutter(random, wall, layout)
    around = _bounds(layout.boxes)
    if random.random() < 0.55:
        walls.plate(random, wall, around, DRAWN)
    x, y, width, height = around.round().astype(int)
    behind = wall[y : y + height, x : x + width].reshape(-1, 3).mean(0)
    colour = walls.contrasting(random, behind)
    if random.random() < 0.5:  # a shadow of mounted digits
        dx, dy = random.normal(0, 4), random.uniform(1, 7)
        shift = np.array([[1, 0, dx], [0, 1, dy]])
        shadow = cv2.warpAffine(mask, shift, mask.shape[::-1])
        shadow = cv2.GaussianBlur(shadow, (0, 0), random.uniform(0.8, 4))
        wall *= 1 - random.uniform(0.2, 0.7) * shadow[..., None]
    if random.random() < 0.15:  # an edge of another colour
        wide = cv2.dilate(mask, np.ones((5, 5), np.uint8))[..., None]
        wall[:] = wall * (1 - wide) + wide * walls.contrasting(random, colour)
    ink = np.broadcast_to(colour, wall.shape)
    if random.random() < 0.3:  # metal that shines from one side
        shine = np.linspace(-1, 1, mask.shape[0])[:, None, None] * random.normal(0, 0.25)
        ink = np.clip(ink + shine, 0, 1)
    cover = mask[..., None] * random.uniform(0.75, 1)
    return (wall * (1 - cover) + ink * cover).astype(np.float32)


def _bounds(boxes: np.ndarray) -> np.ndarray:
    return Number("", (), boxes).box


def _clutter(random: np.random.Generator, wall: np.ndarray, layout: _Layout) -> None:
    """Edges, frames and letters in the neighbourhood; none touches the number."""
    rows, columns = layout.mask.shape
    left, top, width, height = _bounds(layout.boxes)
    for _ in range(random.poisson(1.5)):
        colour = random.uniform(0, 1, 3)
        if random.random() < 0.5:  # a frame or a drainpipe on one side
            thick = int(DRAWN * random.gamma(2, 0.15)) + 2
            if random.random() < 0.5:
                free = (left - DRAWN * 0.3, columns - left - width - DRAWN * 0.3)
                side = random.integers(2)
                at = int(free[0] * random.random()) if side == 0 else None
                at = columns - int(free[1] * random.random()) if at is None else at
                low, high = (at - thick, at) if side == 0 else (at, at + thick)
                wall[:, max(0, low) : max(0, high)] = colour
            else:
                at = int((top - DRAWN * 0.3) * random.random())
                at = at if random.random() < 0.5 else rows - at - thick
                wall[max(0, at) : at + thick] = colour
            continue
        font = _fonts()[random.integers(len(_fonts()))]
        glyph = _glyph(random, LETTERS[random.integers(len(LETTERS))], font)
        size = random.uniform(0.3, 1.2)
        glyph = cv2.resize(glyph, None, fx=size, fy=size, interpolation=cv2.INTER_AREA)
        if glyph.size == 0:
            continue
        h, w = glyph.shape
        x, y = random.integers(0, max(1, columns - w)), random.integers(0, max(1, rows - h))
        apart = DRAWN * 0.4
        beside = left - apart < x + w and x < left + width + apart
        if beside and top - apart < y + h and y < top + height + apart:
            continue
        part = wall[y : y + h, x : x + w]
        ink = glyph[: part.shape[0], : part.shape[1], None]
        part[:] = part * (1 - ink) + ink * colour


def _photographed(
    random: np.random.Generator, scene: np.ndarray, boxes: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """What the camera makes of it: its angle, the light, blur, few pixels, noise, JPEG."""
    rows, columns = scene.shape[:2]
    height = np.exp(random.normal(np.log(MEDIAN_HEIGHT), HEIGHT_SPREAD))
    factor = float(np.clip(height, LOWEST, HIGHEST)) / DRAWN
    size = (max(8, round(columns * factor)), max(8, round(rows * factor)))
    view = np.diag([size[0] / columns, size[1] / rows, 1]) @ _camera(random, columns, rows)
    # Averaged over what becomes one pixel: the blur is that of the scene, before it is made small.
    blur = max(0.35 / factor - 0.35, 0.01) + random.gamma(1.2, 1.4)
    scene = cv2.GaussianBlur(scene, (0, 0), blur)
    image = cv2.warpPerspective(scene, view, size, borderMode=cv2.BORDER_REPLICATE)
    image *= _light(random, size)
    image = image * random.uniform(0.45, 1.0) + random.uniform(0, 0.25) * random.random()
    image = image * random.uniform(0.93, 1.07, 3) + random.normal(
        0, random.gamma(1, 0.012), image.shape
    )
    levels = (image.clip(0, 1) * 255).round().astype(np.uint8)
    quality = int(random.integers(35, 95))
    _, packed = cv2.imencode(".jpg", levels, [cv2.IMWRITE_JPEG_QUALITY, quality])
    return np.asarray(cv2.imdecode(packed, cv2.IMREAD_COLOR)), _seen(boxes, view)


def _camera(random: np.random.Generator, columns: int, rows: int) -> np.ndarray:
    """The homography (3, 3) of a camera that does not face the wall; the middle stays there."""
    yaw, pitch = np.radians(random.uniform(-MAX_ANGLE_DEGREES, MAX_ANGLE_DEGREES, 2))
    roll = np.radians(np.clip(random.normal(0, 2.5), -MAX_ROLL_DEGREES, MAX_ROLL_DEGREES))
    turned, _ = cv2.Rodrigues(np.array([pitch, yaw, 0.0]))
    rolled, _ = cv2.Rodrigues(np.array([0.0, 0.0, roll]))
    distance = 2.5 * max(columns, rows)
    plane = (rolled @ turned)[:, [0, 1]]  # the wall's two axes, in the camera's
    projection = np.column_stack([plane, [0, 0, distance]])
    focus = np.diag([distance, distance, 1.0])
    middle = np.array([[1, 0, columns / 2], [0, 1, rows / 2], [0, 0, 1]])
    return middle @ focus @ projection @ np.linalg.inv(middle)


def _light(random: np.random.Generator, size: tuple[int, int]) -> np.ndarray:
    """A slope of brightness, and at times the edge of a cast shadow: (H, W, 1)."""
    y, x = np.mgrid[-1 : 1 : size[1] * 1j, -1 : 1 : size[0] * 1j].astype(np.float32)
    light = 1 + random.normal(0, 0.12) * x + random.normal(0, 0.12) * y
    if random.random() < 0.25:
        angle, at = random.uniform(0, 2 * np.pi), random.normal(0, 0.4)
        edge = (np.cos(angle) * x + np.sin(angle) * y - at) / random.uniform(0.01, 0.2)
        light *= 1 - random.uniform(0.2, 0.6) / (1 + np.exp(-edge.clip(-30, 30)))
    return light[..., None]


def _seen(boxes: np.ndarray, view: np.ndarray) -> np.ndarray:
    """Upright boxes around what has become of boxes (N, 4)."""
    low, high = boxes[:, :2], boxes[:, :2] + boxes[:, 2:]
    corners = np.stack(
        [low, high, np.stack([low[:, 0], high[:, 1]], 1), np.stack([high[:, 0], low[:, 1]], 1)], 1
    )
    moved = cv2.perspectiveTransform(corners, view)
    return np.concatenate([moved.min(1), moved.max(1) - moved.min(1)], 1)
