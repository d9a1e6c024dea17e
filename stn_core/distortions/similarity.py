"""R and RTS: digits rotated, scaled and moved (App. A.4)."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import ClassVar

import torch
from torch import Tensor

from stn_core.departures import SILENT, Departure
from stn_core.distortions.distortion import DIGIT_PIXELS, DistortedImages, Distortion, uniform
from stn_core.transforms import Affine, Transform, similarity_theta


@dataclass(frozen=True, kw_only=True)
class Rotation(Distortion):
    """R: a rotation, uniform between −90° and +90°.

    >>> images = torch.zeros(100, 28, 28, dtype=torch.uint8)
    >>> angle = Rotation(max_angle_degrees=10)(images, torch.Generator()).pose["angle_degrees"]
    >>> bool(angle.abs().max() <= 10)
    True
    """

    name: ClassVar[str] = "R"
    family: ClassVar[Transform] = Affine()
    max_angle_degrees: float = 90  # A.4

    def __call__(
        self, images: Tensor, generator: torch.Generator, others: Tensor | None = None
    ) -> DistortedImages:
        angle = uniform(-self.max_angle_degrees, self.max_angle_degrees, len(images), generator)
        zero, scale = torch.zeros_like(angle), torch.full_like(angle, DIGIT_PIXELS / self.canvas)
        theta = similarity_theta(angle * math.pi / 180, scale, zero, zero)
        return DistortedImages(self.draw(images, theta), {"angle_degrees": angle}, theta)


@dataclass(frozen=True, kw_only=True)
class RotationTranslationScale(Distortion):
    """RTS: rotated by up to 45°, scaled by 0.7 to 1.2, at a random place of a 42×42 image.

    "A random location" keeps the ink inside: the digit's ink box, turned and scaled, stays in the
    canvas.

    >>> images = torch.zeros(2, 28, 28, dtype=torch.uint8)
    >>> list(RotationTranslationScale()(images, torch.Generator()).pose)
    ['angle_degrees', 'scale', 'shift_x_pixels', 'shift_y_pixels']
    """

    name: ClassVar[str] = "RTS"
    family: ClassVar[Transform] = Affine()
    canvas: int = 42  # A.4
    max_angle_degrees: float = 45  # A.4
    min_scale: float = 0.7  # A.4
    max_scale: float = 1.2  # A.4

    def __call__(
        self, images: Tensor, generator: torch.Generator, others: Tensor | None = None
    ) -> DistortedImages:
        count = len(images)
        degrees = uniform(-self.max_angle_degrees, self.max_angle_degrees, count, generator)
        scale = uniform(self.min_scale, self.max_scale, count, generator)
        place = torch.rand(2, count, generator=generator, device=generator.device)
        radians = degrees * math.pi / 180

        # The ink box relative to the frame's centre, in pixels: first and last edge in x and y.
        x_edges, y_edges = ink_edges(images, 1), ink_edges(images, 2)
        cos, sin = scale * torch.cos(radians), scale * torch.sin(radians)
        shifts = []
        for along_x, along_y, where in ((cos, -sin, place[0]), (sin, cos, place[1])):
            corners = torch.stack(
                [along_x * x + along_y * y for x in x_edges for y in y_edges]
            )  # (4, B): this coordinate of the turned box's corners
            low = -self.canvas / 2 - corners.amin(0)
            high = self.canvas / 2 - corners.amax(0)
            shifts.append(low + (high - low) * where)
        shift_x, shift_y = shifts
        half = self.canvas / 2
        theta = similarity_theta(
            radians, scale * DIGIT_PIXELS / self.canvas, shift_x / half, shift_y / half
        )
        pose = {
            "angle_degrees": degrees,
            "scale": scale,
            "shift_x_pixels": shift_x,
            "shift_y_pixels": shift_y,
        }
        return DistortedImages(self.draw(images, theta), pose, theta)


def ink_edges(images: Tensor, axis: int) -> tuple[Tensor, Tensor]:
    """First and last edge of the ink along one axis, in pixels from the centre: each (B,).

    images: uint8 (B, 28, 28); axis: 1 for x, 2 for y. Of an empty image, the edges of the frame.

    >>> image = torch.zeros(1, 28, 28, dtype=torch.uint8)
    >>> image[0, 4:24, 10:18] = 255  # rows, columns
    >>> ink_edges(image, 1), ink_edges(image, 2)  # in x, in y
    ((tensor([-4.]), tensor([4.])), (tensor([-10.]), tensor([10.])))
    """
    inked = (images > 0).any(axis)  # (B, 28)
    first = inked.float().argmax(1)
    last = DIGIT_PIXELS - inked.flip(1).float().argmax(1)
    empty = ~inked.any(1)
    first, last = first.masked_fill(empty, 0), last.masked_fill(empty, DIGIT_PIXELS)
    return first - DIGIT_PIXELS / 2, last - DIGIT_PIXELS / 2


DEPARTURES = (
    Departure(
        kind=SILENT,
        where="App. A.4, RTS",
        paper="The digit is at a random location in the image.",
        ours="At one where its ink stays inside: the turned and scaled ink box is in the image.",
        why="A digit that is half outside has no class to be read.",
    ),
)
