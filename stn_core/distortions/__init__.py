"""The distortions of App. A.4: R, RTS, P, E and TC, in batches, on the images' device.

A distortion is called as ``distortion(images, generator)`` with uint8 digits (B, 28, 28) and a
generator on the same device; it gives the same images for the same generator state. Digits are
read through the library's own grids and sampler.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import ClassVar

import torch
from torch import Tensor

from stn_core.sampling import sample
from stn_core.transforms import (
    MIN_DENOMINATOR,
    Affine,
    Projective,
    ThinPlateSpline,
    Transform,
    invert_affine,
    lattice,
    similarity_theta,
)

DIGIT_PIXELS = 28
OUTSIDE = 4.0  # a coordinate that is outside every image: reads 0
_AFFINE, _PROJECTIVE = Affine(), Projective()  # which make B once for each size
_SPLINE = ThinPlateSpline(side=4)  # A.4: 16 control points
CONVEX_DRAWS = 8  # of which the first convex one is taken; all eight fail once in about 10^9


@dataclass(frozen=True)
class DistortedImages:
    """Distorted images and what was done to them.

    images: float32 (B, 1, H, W) in [0, 1]; pose: the distortion's own parameters by name, with
    their units in the name, each (B,) or (B, ...); theta: the parameters that undo it, (B, P), in
    the family ``Distortion.family``: read through them, V shows the digit's own 28×28 frame
    upright and filling V. None where no closed form undoes it (E).
    """

    images: Tensor
    pose: dict[str, Tensor]
    theta: Tensor | None


def _uniform(low: float, high: float, count: int, generator: torch.Generator) -> Tensor:
    return low + (high - low) * torch.rand(count, generator=generator, device=generator.device)


def _normal(shape: tuple[int, ...], generator: torch.Generator) -> Tensor:
    return torch.randn(shape, generator=generator, device=generator.device)


def _integers(high: int, shape: tuple[int, ...], generator: torch.Generator) -> Tensor:
    return torch.randint(high, shape, generator=generator, device=generator.device)


def _as_float(images: Tensor) -> Tensor:
    """uint8 (B, 28, 28) -> float32 (B, 1, 28, 28) in [0, 1]."""
    return images.unsqueeze(1).float() / 255


@dataclass(frozen=True, kw_only=True)
class Distortion:
    """A distortion of App. A.4; ``canvas`` is the side of its square images in pixels."""

    canvas: int = DIGIT_PIXELS  # A.4 gives none for R, P and E: their digits fit into 28×28
    name: ClassVar[str]
    family: ClassVar[Transform | None] = None

    @property
    def image_shape(self) -> tuple[int, int, int]:
        return (1, self.canvas, self.canvas)

    @property
    def _size(self) -> tuple[int, int]:
        return (self.canvas, self.canvas)

    def __call__(
        self, images: Tensor, generator: torch.Generator, others: Tensor | None = None
    ) -> DistortedImages:
        """Distort uint8 digits (B, 28, 28). others: see ``TranslationClutter``, the only user."""
        raise NotImplementedError

    def lay(self, images: Tensor, theta: Tensor) -> Tensor:
        """Draw each digit's frame where θ (frame -> canvas) puts it, and nothing else.

        uint8 (B, 28, 28), affine (B, 6) -> float32 (B, 1, canvas, canvas) in [0, 1].
        """
        grid = _AFFINE.grid(invert_affine(theta), self._size)
        return sample(_as_float(images), grid)


@dataclass(frozen=True, kw_only=True)
class Rotation(Distortion):
    """R: a rotation, uniform between −90° and +90°."""

    name: ClassVar[str] = "R"
    family: ClassVar[Transform] = Affine()
    max_angle_degrees: float = 90  # A.4

    def __call__(
        self, images: Tensor, generator: torch.Generator, others: Tensor | None = None
    ) -> DistortedImages:
        angle = _uniform(-self.max_angle_degrees, self.max_angle_degrees, len(images), generator)
        zero, scale = torch.zeros_like(angle), torch.full_like(angle, DIGIT_PIXELS / self.canvas)
        theta = similarity_theta(angle * math.pi / 180, scale, zero, zero)
        return DistortedImages(self.lay(images, theta), {"angle_degrees": angle}, theta)


@dataclass(frozen=True, kw_only=True)
class RotationTranslationScale(Distortion):
    """RTS: rotated by up to 45°, scaled by 0.7 to 1.2, at a random place of a 42×42 image.

    "A random location" keeps the ink inside: the digit's ink box, turned and scaled, stays in the
    canvas.
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
        degrees = _uniform(-self.max_angle_degrees, self.max_angle_degrees, count, generator)
        scale = _uniform(self.min_scale, self.max_scale, count, generator)
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
        return DistortedImages(self.lay(images, theta), pose, theta)


def ink_edges(images: Tensor, axis: int) -> tuple[Tensor, Tensor]:
    """First and last edge of the ink along one axis, in pixels from the centre: each (B,)."""
    inked = (images > 0).any(axis)  # (B, 28)
    first = inked.float().argmax(1)
    last = DIGIT_PIXELS - inked.flip(1).float().argmax(1)
    empty = ~inked.any(1)
    first, last = first.masked_fill(empty, 0), last.masked_fill(empty, DIGIT_PIXELS)
    return first - DIGIT_PIXELS / 2, last - DIGIT_PIXELS / 2


@dataclass(frozen=True, kw_only=True)
class Projection(Distortion):
    """P: scaled by 0.75 to 1, then each corner stretched by a normal amount of 5 pixels (std).

    "Stretching each corner of an MNIST digit by an amount": one amount for each corner, in x and
    in y, away from the middle or towards it. The FCN then errs as the paper's does (3.06 %, there
    3.1 %); with one amount for x and another for y, as far as 12.9 %, since many digits are
    slivers; along the diagonal, 1.9 %. A quadrilateral that is not convex is drawn again.
    """

    name: ClassVar[str] = "P"
    family: ClassVar[Transform] = Projective()
    min_scale: float = 0.75  # A.4
    max_scale: float = 1.0  # A.4
    corner_std_pixels: float = 5  # A.4

    def __call__(
        self, images: Tensor, generator: torch.Generator, others: Tensor | None = None
    ) -> DistortedImages:
        count = len(images)
        scale = _uniform(self.min_scale, self.max_scale, count, generator)
        first, second, fourth, third = lattice(2, device=images.device)
        corners = torch.stack([first, second, third, fourth])  # around the frame
        noise = _normal((count, CONVEX_DRAWS, 4, 1), generator) * corners
        noise = noise * self.corner_std_pixels * 2 / self.canvas
        frame = corners * DIGIT_PIXELS / self.canvas * scale[:, None, None]
        draws = frame.unsqueeze(1) + noise  # (B, draws, 4, 2)
        choice = _is_convex(draws).float().argmax(1)
        quadrilateral = draws[torch.arange(count, device=images.device), choice]
        theta = homography(corners.expand(count, 4, 2), quadrilateral)
        back = homography(quadrilateral, corners.expand(count, 4, 2))
        points = _PROJECTIVE.points(back, self._size)  # (B, 3, N)
        # Beyond the horizon there is no digit: the denominator has another sign than inside.
        front = points[:, 2:] * _denominator_inside(back, quadrilateral) > MIN_DENOMINATOR
        grid = torch.where(front, points[:, :2] / points[:, 2:], OUTSIDE)
        grid = grid.clamp(-OUTSIDE, OUTSIDE).transpose(1, 2).unflatten(1, self._size)
        pose = {
            "scale": scale,
            "corner_shift_pixels": (quadrilateral - frame) * self.canvas / 2,
        }
        return DistortedImages(sample(_as_float(images), grid), pose, theta)


def _is_convex(quadrilaterals: Tensor) -> Tensor:
    """(..., 4, 2), corners in order -> bool (...): all turns to the side of the unit square."""
    edges = quadrilaterals.roll(-1, -2) - quadrilaterals
    following = edges.roll(-1, -2)
    turns = edges[..., 0] * following[..., 1] - edges[..., 1] * following[..., 0]
    return (turns > 0.01).all(-1)


def _denominator_inside(theta: Tensor, quadrilateral: Tensor) -> Tensor:
    """The sign of the projective denominator at the quadrilateral's centre: (B, 1, 1)."""
    centre = quadrilateral.mean(1)
    w = 1 + (theta[:, 6:8] * centre).sum(1)
    return torch.sign(w)[:, None, None]


def homography(source: Tensor, target: Tensor) -> Tensor:
    """The projective θ that maps four points onto four: (B, 4, 2), (B, 4, 2) -> (B, 8)."""
    x, y = source.unbind(-1)  # (B, 4)
    u, v = target.unbind(-1)
    zero, one = torch.zeros_like(x), torch.ones_like(x)
    rows_u = torch.stack([x, y, one, zero, zero, zero, -u * x, -u * y], dim=-1)
    rows_v = torch.stack([zero, zero, zero, x, y, one, -v * x, -v * y], dim=-1)
    system = torch.cat([rows_u, rows_v], dim=1)  # (B, 8, 8)
    # Without looking for singular systems, for which the host would wait.
    return torch.linalg.solve_ex(system, torch.cat([u, v], dim=1).unsqueeze(2))[0].squeeze(2)


@dataclass(frozen=True, kw_only=True)
class Elastic(Distortion):
    """E: scaled by 0.75 to 1, then a thin plate spline whose 16 points move by 1.5 pixels (std).

    It is destructive: no closed form undoes it.
    """

    name: ClassVar[str] = "E"
    min_scale: float = 0.75  # A.4
    max_scale: float = 1.0  # A.4
    point_std_pixels: float = 1.5  # A.4

    def __call__(
        self, images: Tensor, generator: torch.Generator, others: Tensor | None = None
    ) -> DistortedImages:
        count = len(images)
        scale = _uniform(self.min_scale, self.max_scale, count, generator)
        spline = _SPLINE
        shift = _normal((count, spline.num_params), generator) * self.point_std_pixels
        theta = lattice(spline.side, device=images.device).flatten() + shift * 2 / self.canvas
        grid = spline.grid(theta, self._size) * self.canvas / DIGIT_PIXELS
        grid = grid / scale[:, None, None, None]
        pose = {"scale": scale, "point_shift_pixels": shift.unflatten(1, (-1, 2))}
        return DistortedImages(sample(_as_float(images), grid), pose, None)


@dataclass(frozen=True)
class Patches:
    """Clutter for a batch, not yet laid on.

    pixels: of other digits, uint8 (B, n, p, p); places: which pixel of the canvas, counted row by
    row, each of them falls on, int64 (B, n, p, p).
    """

    pixels: Tensor
    places: Tensor

    def first(self, count: int) -> Patches:
        """The first so many patches of each image."""
        return Patches(self.pixels[:, :count], self.places[:, :count])

    def lay_on(self, canvas: Tensor) -> None:
        """Lay them on by the maximum, in place. canvas: (B, canvas²), uint8, or float in [0, 1]."""
        pixels = self.pixels.flatten(1)
        if canvas.is_floating_point():
            pixels = pixels.to(canvas.dtype) / 255
        canvas.scatter_reduce_(1, self.places.flatten(1), pixels, "amax")


@dataclass(frozen=True, kw_only=True)
class TranslationClutter(Distortion):
    """TC: at a random place of a 60×60 image, with six 6×6 patches of other digits.

    Patches are cut from other digits of the same batch (from ``others`` where that is given: uint8
    (M, 28, 28)), and laid on by the maximum.
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
        left, top = _integers(room + 1, (2, count), generator)
        pixel = torch.arange(DIGIT_PIXELS, device=device)
        canvas = torch.zeros(count, self.canvas * self.canvas, dtype=images.dtype, device=device)
        rows, columns = top[:, None, None] + pixel[:, None], left[:, None, None] + pixel
        canvas.scatter_(1, (rows * self.canvas + columns).flatten(1), images.flatten(1))

        self.draw_patches(images, generator, others).lay_on(canvas)

        half = self.canvas / 2
        shift_x, shift_y = ((v - room / 2) for v in (left, top))
        one, zero = torch.ones(count, device=device), torch.zeros(count, device=device)
        theta = similarity_theta(
            zero, one * DIGIT_PIXELS / self.canvas, shift_x / half, shift_y / half
        )
        pose = {"shift_x_pixels": shift_x, "shift_y_pixels": shift_y}
        return DistortedImages(_as_float(canvas.unflatten(1, self._size)), pose, theta)

    def draw_patches(
        self, images: Tensor, generator: torch.Generator, others: Tensor | None = None
    ) -> Patches:
        """The clutter of each image: what is cut from other digits, and where it goes."""
        count, device = len(images), images.device
        pool = images if others is None else others
        shape = (count, self.patches)
        if others is None and count > 1:  # another digit of the batch, never the same
            further = _integers(count - 1, shape, generator)
            digit = torch.arange(count, device=device)[:, None] + 1 + further
            digit = digit % count
        else:
            digit = _integers(len(pool), shape, generator)
        inner = torch.arange(self.patch_pixels, device=device)

        def window(span: int) -> tuple[Tensor, Tensor]:
            last = span - self.patch_pixels + 1
            y, x = _integers(last, shape, generator), _integers(last, shape, generator)
            return y[..., None, None] + inner[:, None], x[..., None, None] + inner

        from_y, from_x = window(DIGIT_PIXELS)
        to_y, to_x = window(self.canvas)
        pixels = pool[digit[..., None, None], from_y, from_x]  # (B, patches, 6, 6)
        return Patches(pixels, to_y * self.canvas + to_x)


R, RTS, P, E, TC = Rotation, RotationTranslationScale, Projection, Elastic, TranslationClutter
