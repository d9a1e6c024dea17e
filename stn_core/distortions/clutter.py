"""TC: digits moved in a large image, among pieces of other digits (App. A.4)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import torch
from torch import Tensor

from stn_core.departures import SILENT, Departure
from stn_core.distortions.distortion import (
    DIGIT_PIXELS,
    DistortedImages,
    Distortion,
    as_float,
    integers,
)
from stn_core.transforms import Affine, Transform, similarity_theta


@dataclass(frozen=True)
class Patches:
    """Patches of other digits for a batch, before they are drawn.

    pixels: uint8 (B, n, p, p); positions: the pixel of the canvas that each of them falls on,
    counted row by row, int64 (B, n, p, p).

    >>> white = torch.full((1, 2, 1, 1), 255, dtype=torch.uint8)  # two patches of one pixel
    >>> canvas = torch.zeros(1, 9)
    >>> Patches(white, torch.tensor([0, 8]).view(1, 2, 1, 1)).draw_on(canvas)
    >>> canvas.view(3, 3).diagonal()
    tensor([1., 0., 1.])
    """

    pixels: Tensor
    positions: Tensor

    def first(self, count: int) -> Patches:
        """The first so many patches of each image."""
        return Patches(self.pixels[:, :count], self.positions[:, :count])

    def draw_on(self, canvas: Tensor) -> None:
        """Draw them by the maximum, in place. canvas: (B, canvas²), uint8, or float in [0, 1]."""
        pixels = self.pixels.flatten(1)
        if canvas.is_floating_point():
            pixels = pixels.to(canvas.dtype) / 255
        canvas.scatter_reduce_(1, self.positions.flatten(1), pixels, "amax")


@dataclass(frozen=True, kw_only=True)
class TranslationClutter(Distortion):
    """TC: at a random place of a 60×60 image, with six 6×6 patches of other digits.

    Patches are cut from other digits of the same batch (from ``others`` where that is given: uint8
    (M, 28, 28)), and drawn by the maximum.
    Raises ValueError if ``others`` is empty.

    >>> digits = torch.zeros(2, 28, 28, dtype=torch.uint8)
    >>> TranslationClutter(canvas=84, patches=16)(digits, torch.Generator()).images.shape
    torch.Size([2, 1, 84, 84])
    """

    name: ClassVar[str] = "TC"
    family: ClassVar[Transform] = Affine()
    canvas: int = 60  # A.4
    patches: int = 6  # A.4
    patch_pixels: int = 6  # A.4

    def __call__(
        self, images: Tensor, generator: torch.Generator, others: Tensor | None = None
    ) -> DistortedImages:
        count, device = len(images), images.device
        room = self.canvas - DIGIT_PIXELS
        left, top = integers(room + 1, (2, count), generator)
        pixel = torch.arange(DIGIT_PIXELS, device=device)
        canvas = torch.zeros(count, self.canvas * self.canvas, dtype=images.dtype, device=device)
        rows, columns = top[:, None, None] + pixel[:, None], left[:, None, None] + pixel
        canvas.scatter_(1, (rows * self.canvas + columns).flatten(1), images.flatten(1))

        self.draw_patches(images, generator, others).draw_on(canvas)

        half = self.canvas / 2
        shift_x, shift_y = ((v - room / 2) for v in (left, top))
        one, zero = torch.ones(count, device=device), torch.zeros(count, device=device)
        theta = similarity_theta(
            zero, one * DIGIT_PIXELS / self.canvas, shift_x / half, shift_y / half
        )
        pose = {"shift_x_pixels": shift_x, "shift_y_pixels": shift_y}
        return DistortedImages(as_float(canvas.unflatten(1, self._size)), pose, theta)

    def draw_patches(
        self, images: Tensor, generator: torch.Generator, others: Tensor | None = None
    ) -> Patches:
        """The clutter of each image: what is cut from other digits, and where it goes."""
        count, device = len(images), images.device
        pool = images if others is None else others
        shape = (count, self.patches)
        if others is None and count > 1:  # another digit of the batch, never the same
            further = integers(count - 1, shape, generator)
            digit = torch.arange(count, device=device)[:, None] + 1 + further
            digit = digit % count
        elif count and not len(pool):
            raise ValueError("clutter is cut from other digits, so at least two digits are needed")
        else:
            digit = integers(max(1, len(pool)), shape, generator)  # of an empty batch, none
        inner = torch.arange(self.patch_pixels, device=device)

        def window(span: int) -> tuple[Tensor, Tensor]:
            last = span - self.patch_pixels + 1
            y, x = integers(last, shape, generator), integers(last, shape, generator)
            return y[..., None, None] + inner[:, None], x[..., None, None] + inner

        from_y, from_x = window(DIGIT_PIXELS)
        to_y, to_x = window(self.canvas)
        pixels = pool[digit[..., None, None], from_y, from_x]  # (B, patches, 6, 6)
        return Patches(pixels, to_y * self.canvas + to_x)


DEPARTURES = (
    Departure(
        kind=SILENT,
        where="App. A.4, TC",
        paper=f"{TranslationClutter.patches} random patches of "
        f"{TranslationClutter.patch_pixels} × {TranslationClutter.patch_pixels} pixels of other "
        "digits are inserted; how they are laid over the digit is not given.",
        ours="By the maximum of the two.",
        why="A black corner of a patch then does not cut a piece out of the digit.",
    ),
)
