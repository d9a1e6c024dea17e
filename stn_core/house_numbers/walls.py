"""What house numbers are on: plaster, brick, boards, plates; and colours that differ from it."""

from __future__ import annotations

import cv2
import numpy as np

CONTRAST = 0.2  # of a number to what is behind it: the least difference of luminance
LUMINANCE = np.array([0.299, 0.587, 0.114])
PAINTS = np.array(  # of plates and walls, RGB
    [
        [0.95, 0.94, 0.9], [0.85, 0.82, 0.74], [0.7, 0.68, 0.63], [0.5, 0.5, 0.5],
        [0.25, 0.25, 0.27], [0.08, 0.08, 0.09], [0.1, 0.16, 0.5], [0.16, 0.3, 0.62],
        [0.1, 0.36, 0.2], [0.5, 0.12, 0.1], [0.62, 0.34, 0.2], [0.45, 0.3, 0.2],
        [0.8, 0.7, 0.5], [0.72, 0.78, 0.84], [0.6, 0.66, 0.58], [0.78, 0.6, 0.2],
    ]
)  # fmt: skip


def draw(random: np.random.Generator, shape: tuple[int, int]) -> np.ndarray:
    """A wall, float32 (H, W, 3) in [0, 1]. shape: (H, W).

    >>> draw(np.random.default_rng(0), (40, 60)).shape
    (40, 60, 3)
    """
    colour = _paint(random)
    kinds = (_plaster, _brick, _boards)
    kind = kinds[random.choice(len(kinds), p=(0.6, 0.2, 0.2))]
    wall = kind(random, shape, colour) * _rough(random, shape, random.uniform(0.01, 0.08))
    return wall.clip(0, 1).astype(np.float32)


def plate(random: np.random.Generator, wall: np.ndarray, box: np.ndarray, height: float) -> None:
    """Put a plate on a wall, around a box (left, top, width, height) of digits of this height.

    >>> wall = np.zeros((80, 120, 3), np.float32)
    >>> plate(np.random.default_rng(0), wall, np.array([40, 30, 40, 20]), height=20)
    >>> bool(wall[40, 60].any()), bool(wall[2, 2].any())
    (True, False)
    """
    left, top, width, tall = box
    across, down = height * (0.1 + random.gamma(2, 0.12)), height * (0.08 + random.gamma(2, 0.1))
    low = (int(left - across), int(top - down))
    high = (int(left + width + across), int(top + tall + down))
    colour, edge = _paint(random), _paint(random)
    round_one = random.random() < 0.2
    thick = int(height * random.uniform(0.03, 0.1)) if random.random() < 0.5 else 0
    cover = np.zeros(wall.shape[:2], np.float32)
    inner = np.zeros_like(cover)
    for mask, inset in ((cover, 0), (inner, thick)):
        if round_one:
            centre = ((low[0] + high[0]) // 2, (low[1] + high[1]) // 2)
            axes = tuple(int(0.72 * (h - n)) - inset for n, h in zip(low, high, strict=True))
            cv2.ellipse(mask, centre, axes, 0, 0, 360, 1, -1)
        else:
            first = (low[0] + inset, low[1] + inset)
            last = (high[0] - inset, high[1] - inset)
            cv2.rectangle(mask, first, last, 1, -1)
    texture = _rough(random, wall.shape[:2], 0.02)
    for mask, paint in ((cover, edge), (inner, colour)):
        wall[:] = wall * (1 - mask[..., None]) + mask[..., None] * paint * texture
    np.clip(wall, 0, 1, out=wall)


def contrasting(random: np.random.Generator, behind: np.ndarray) -> np.ndarray:
    """A colour (3,) whose luminance differs from this one's by CONTRAST at least.

    >>> behind = np.array([0.5, 0.5, 0.5])
    >>> colour = contrasting(np.random.default_rng(0), behind)
    >>> bool(abs((colour - behind) @ LUMINANCE) >= CONTRAST)
    True
    """
    while True:
        colour = (
            _paint(random) if random.random() < 0.7 else random.choice([0.04, 0.96]) * np.ones(3)
        )
        if abs((colour - behind) @ LUMINANCE) >= CONTRAST:
            return colour


def _paint(random: np.random.Generator) -> np.ndarray:
    paint = PAINTS[random.integers(len(PAINTS))] + random.normal(0, 0.05, 3)
    grey = random.uniform(0, 0.7)  # the street's dust
    return (paint * (1 - grey) + grey * (paint @ LUMINANCE)).clip(0.02, 0.98)


def _rough(random: np.random.Generator, shape: tuple[int, int], depth: float) -> np.ndarray:
    """Noise of two sizes around 1: (H, W, 1)."""
    fine = random.normal(0, depth, shape)
    coarse = random.normal(0, 1.5 * depth, tuple(max(2, n // 12) for n in shape))
    return (1 + fine + cv2.resize(coarse, shape[::-1], interpolation=cv2.INTER_CUBIC))[..., None]


def _plaster(random: np.random.Generator, shape: tuple[int, int], colour: np.ndarray) -> np.ndarray:
    return np.broadcast_to(colour, (*shape, 3))


def _brick(random: np.random.Generator, shape: tuple[int, int], colour: np.ndarray) -> np.ndarray:
    """Rows of bricks, every other one shifted by half, with light or dark joints."""
    tall = int(random.uniform(14, 45))
    wide, joint = int(tall * random.uniform(2, 3.2)), max(2, tall // 8)
    y, x = np.indices(shape) + random.integers(0, 100, 2)[:, None, None]
    row = y // tall
    x = x + (row % 2) * (wide // 2)
    shades = random.normal(1, 0.1, (97, 89))
    wall = colour * shades[row % 97, (x // wide) % 89][..., None]
    joints = (y % tall < joint) | (x % wide < joint)
    wall[joints] = _paint(random)
    return wall


def _boards(random: np.random.Generator, shape: tuple[int, int], colour: np.ndarray) -> np.ndarray:
    """Boards with a grain along them, and a dark line between two."""
    wide = int(random.uniform(20, 90))
    lying = random.random() < 0.5
    length, across = shape[::-1] if lying else shape
    grain = random.normal(0, 0.05, (1, across)) + random.normal(0, 0.02, (length, across))
    wall = colour * (1 + cv2.blur(grain, (1, 31)))[..., None]
    lines = (np.arange(across) + random.integers(wide)) % wide < max(2, wide // 20)
    wall[:, lines] = wall[:, lines] * random.uniform(0.3, 0.8)
    return wall.transpose(1, 0, 2) if lying else wall
