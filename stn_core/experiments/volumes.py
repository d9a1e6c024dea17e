"""Digits extruded to volumes, turned about three axes, and projected to 2D (App. A.3, Fig. 5).

The paper gives no ranges, no network and no figure: the ranges and the networks are ours.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import ClassVar

import torch
import torch.nn.functional as F
from torch import Tensor

from stn_core.departures import SILENT, Departure
from stn_core.digits import Digits
from stn_core.distortions import DIGIT_PIXELS, ink_edges
from stn_core.experiment import Examples, Experiment
from stn_core.experiments.distorted import PAPER, THOROUGH
from stn_core.networks import CNN3D, Network, ProjectionCNN, STProjectionCNN
from stn_core.objectives import CrossEntropy
from stn_core.recipes import QUICK_NAME, AdamW, Curriculum, Muon
from stn_core.transforms import Affine3D, Transform, euler_rotation

SIDE = 60  # A.3: "a 60 × 60 × 60 volume"
DEPTH = 8  # ours: how many voxels deep a digit is extruded
# What a turned digit's ink fits into: its 20 × 20 × 8 voxels, and half a voxel about them, reach
# sqrt(10.5² + 10.5² + 4.5²) = 15.5 from their middle.
INK_SIDE = 33


@dataclass(frozen=True, kw_only=True)
class Volumes:
    """Digits extruded to DEPTH voxels, turned and moved in a volume; the label is the class.

    A digit is turned by up to ``max_angle_degrees`` about x, y and z, each evenly: first about z
    (in its plane), then about y, then about x. Its place is anywhere where its turned ink box
    stays inside; with ``reach`` below 1 (or one for each digit, (B, 1)), only that share of the way
    from the middle. Voxels between those of the extruded digit are read trilinearly, as Eq. 9 does.

    Examples.images are (B, 1, 60, 60, 60); pose has "angle_degrees" (B, 3) about x, y, z and
    "shift" (B, 3), the place of the digit's frame in normalised coordinates; theta (B, 12) undoes
    them: read through it, V shows the digit's own frame of 28 × 28 × 28 voxels, facing the front.

    >>> digits = Digits(torch.zeros(2, 28, 28, dtype=torch.uint8), torch.tensor([3, 8]))
    >>> examples = Volumes().examples(digits, torch.Generator())
    >>> examples.images.shape, examples.pose["angle_degrees"].shape, examples.theta.shape
    (torch.Size([2, 1, 60, 60, 60]), torch.Size([2, 3]), torch.Size([2, 12]))
    """

    max_angle_degrees: tuple[float, float, float] = (45, 45, 90)
    reach: float | Tensor = 1.0
    image_shape: ClassVar[tuple[int, ...]] = (1, SIDE, SIDE, SIDE)
    classes: ClassVar[int] = 10
    noun: ClassVar[str] = "digits"
    truth_family: ClassVar[Transform | None] = Affine3D()

    def examples(
        self, digits: Digits, generator: torch.Generator, others: Digits | None = None
    ) -> Examples:
        count, device = len(digits), digits.images.device
        drawn = torch.rand(2, count, 3, generator=generator, device=device)
        turns = zip((2 * drawn[0] - 1).unbind(1), self.max_angle_degrees, strict=True)
        degrees = torch.stack([share * largest for share, largest in turns], 1)
        rotation = euler_rotation(degrees * math.pi / 180)
        middle, half = _ink_boxes(digits.images)
        extent = (rotation.abs() @ half.unsqueeze(2)).squeeze(2)  # of the turned box, (B, 3)
        free = (SIDE / 2 - extent).clamp(min=0) * self.reach
        place = (2 * drawn[1] - 1) * free  # of the ink's middle, in voxels from the volume's
        shift = place - (rotation @ middle.unsqueeze(2)).squeeze(2)  # of the frame's middle
        return self.posed_at(digits, degrees, shift / (SIDE / 2))

    def posed_at(self, digits: Digits, degrees: Tensor, shift: Tensor) -> Examples:
        """Digits turned by so many degrees about x, y and z, (B, 3), at a place (B, 3)."""
        rotation = euler_rotation(degrees * math.pi / 180)
        volumes = extruded(digits.images, rotation, shift * SIDE / 2)
        frame = torch.cat([rotation * (DIGIT_PIXELS / SIDE), shift.unsqueeze(2)], 2)
        pose = {"angle_degrees": degrees, "shift": shift}
        return Examples(volumes, digits.labels, pose, frame.flatten(1))

    def posed(self, digits: Digits, poses: int, generator: torch.Generator) -> Tensor:
        images, labels = (v.repeat_interleave(poses, 0) for v in (digits.images, digits.labels))
        return self.examples(Digits(images, labels), generator).images.unflatten(0, (-1, poses))


def _ink_boxes(images: Tensor) -> tuple[Tensor, Tensor]:
    """Middle and half lengths of the ink of extruded digits, in voxels: (B, 3) each, x first."""
    edges = [ink_edges(images, 1), ink_edges(images, 2)]  # along x, along y
    middle = torch.stack([(low + high) / 2 for low, high in edges], 1)
    half = torch.stack([(high - low) / 2 for low, high in edges], 1)
    return F.pad(middle, (0, 1)), F.pad(half, (0, 1), value=DEPTH / 2)


def extruded(images: Tensor, rotation: Tensor, shift: Tensor) -> Tensor:
    """Digits (B, 28, 28), uint8, as volumes (B, 1, 60, 60, 60), float32 in [0, 1].

    rotation: (B, 3, 3), of the digit; shift: (B, 3), where the middle of its frame lies, in voxels
    from the volume's middle, x first. What is beyond the volume is lost.

    Only the voxels about the ink are computed, each from the digit's four pixels about it and a
    ramp along the depth: that is the trilinear reading of the extruded digit (Eq. 9).

    >>> digit = torch.zeros(1, 28, 28, dtype=torch.uint8)
    >>> digit[0, 14, 14] = 255  # one pixel: a rod of 8 voxels
    >>> round(extruded(digit, torch.eye(3)[None], torch.zeros(1, 3)).sum().item())
    8
    """
    count, device = len(images), images.device
    middle, _ = _ink_boxes(images)
    centre = shift + (rotation @ middle.unsqueeze(2)).squeeze(2) + (SIDE - 1) / 2  # in voxels
    corner = (centre - (INK_SIDE - 1) / 2).round().long().clamp(0, SIDE - INK_SIDE)
    steps = torch.arange(INK_SIDE, device=device, dtype=torch.float32)
    # Voxel (x, y, z) of the box, from the middle of the digit's frame, turned back: its three
    # coordinates are sums of what each axis contributes.
    start = corner - (SIDE - 1) / 2 - shift
    back = rotation.transpose(1, 2)  # (B, 3, 3): the inverse
    along = [
        back[:, :, axis, None] * (start[:, axis, None] + steps).unsqueeze(1) for axis in range(3)
    ]
    x, y, z = (
        along[2][:, i, :, None, None] + along[1][:, i, None, :, None] + along[0][:, i, None, None]
        for i in range(3)
    )  # each (B, D, H, W)
    grid = torch.stack([x, y], -1).flatten(1, 2) * (2 / DIGIT_PIXELS)
    flat = F.grid_sample(images.unsqueeze(1).float() / 255, grid, align_corners=False)
    box = flat.view(count, INK_SIDE, INK_SIDE, INK_SIDE) * (DEPTH / 2 + 0.5 - z.abs()).clamp(0, 1)
    volumes = torch.zeros(count, SIDE, SIDE, SIDE, device=device)
    if device.type == "cpu":  # slices: a third of the time of places
        for volume, part, (x0, y0, z0) in zip(volumes, box, corner.tolist(), strict=True):
            volume[z0 : z0 + INK_SIDE, y0 : y0 + INK_SIDE, x0 : x0 + INK_SIDE] = part
    else:  # places: the host, which knows no slices yet, is not waited for
        left, top, front = (corner[:, i, None] + steps.long() for i in range(3))
        which = torch.arange(count, device=device)[:, None, None, None]
        volumes[which, front[:, :, None, None], top[:, None, :, None], left[:, None, None]] = box
    return volumes.unsqueeze(1)


# Kernels by AdamW: ST-CNN Rigid 6.2 % after 10,000 steps, with 12 of f_loc's 20 wide filters dead.
# Without the curriculum: 4.5 % after 12,000, and nothing of a digit's turn undone.
SHORT = replace(
    THOROUGH,
    optimiser=Muon(kernels=True),
    iterations=10_000,
    batch_size=32,
    curriculum=Curriculum(),
)
# Without a transformer the whole volume from the start: the plain projection has 14.8 % by SHORT.
PLAIN = replace(SHORT, iterations=12_000, curriculum=None)
# What is learnt in two minutes of a core: ST-CNN Aff 20.7 % (450 steps, 92 s, seed 0; by SHORT in
# 100 s, 44 %).
QUICK = replace(
    SHORT,
    name=QUICK_NAME,
    optimiser=AdamW(),
    localisation_optimiser=Muon(kernels=True),
    iterations=450,
    learning_rate=2e-3,
    curriculum=Curriculum(start=0, end=0.6),
)
NETWORKS: dict[str, Network] = {
    "cnn": ProjectionCNN(),
    "3d-cnn": CNN3D(),
    "st-cnn-aff": STProjectionCNN(),
    "st-cnn-rigid": STProjectionCNN(rigid=True),
}
EXPERIMENTS = tuple(
    Experiment(
        name=f"volumes/extruded/{name}",
        source="App. A.3, Fig. 5",
        data=Volumes(),
        network=network,
        objective=CrossEntropy(),
        recipes=(QUICK, SHORT, PAPER) if network.transform else (PLAIN, PAPER),
        reported=None,
    )
    for name, network in NETWORKS.items()
)

DEPARTURES = (
    Departure(
        kind=SILENT,
        where="App. A.3",
        paper="No ranges, no networks and no figures, but for the volume's size.",
        ours=f"Digits {DEPTH} voxels deep, turned by up to "
        f"{', '.join(f'{n:g}' for n in Volumes.max_angle_degrees)} degrees about x, y and z; the "
        "networks are those of A.4 in three dimensions.",
        why="Enough for a projection of the untouched volume to be hard to read.",
    ),
)
