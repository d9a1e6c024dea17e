"""Networks with transformers as other people write them: none of them knows this library."""

from __future__ import annotations

import threading

import kornia
import torch
import torch.nn.functional as F
from torch import nn


class Tutorial(nn.Module):
    """As PyTorch's tutorial has it; aligned: of affine_grid, and of grid_sample."""

    def __init__(self, aligned=(False, False), **reading) -> None:
        super().__init__()
        self.localization = nn.Sequential(nn.Conv2d(1, 4, 7), nn.MaxPool2d(2), nn.ReLU(True))
        self.fc_loc = nn.Sequential(nn.Flatten(), nn.LazyLinear(6))
        self.grid_aligned, self.aligned, self.reading = *aligned, reading

    def stn(self, x):
        theta = self.fc_loc(self.localization(x)).view(-1, 2, 3) + torch.eye(2, 3).to(x)
        grid = F.affine_grid(theta, x.size(), align_corners=self.grid_aligned)
        return F.grid_sample(x, grid, align_corners=self.aligned, **self.reading)

    def forward(self, x):
        self.output = self.stn(x)
        return self.output.relu().mean((1, 2, 3))


class Spline(nn.Module):
    """A thin plate spline of its own, with target points near the edges of the image."""

    def __init__(self, rows=4, columns=4, size=(28, 28), aligned=True, padding="zeros") -> None:
        super().__init__()
        y, x = torch.meshgrid(
            torch.linspace(-0.9, 0.9, rows), torch.linspace(-0.9, 0.9, columns), indexing="ij"
        )
        self.register_buffer("points", torch.stack([x, y], -1).reshape(-1, 2))
        numbers = nn.LazyLinear(2 * rows * columns)
        self.move = nn.Sequential(nn.AdaptiveAvgPool2d(4), nn.Flatten(), numbers)
        self.size, self.aligned, self.padding = size, aligned, padding

    def kernel(self, points):
        squared = (points[:, None] - self.points).square().sum(-1)
        return torch.where(squared > 0, 0.5 * squared * squared.clamp(min=1e-9).log(), 0)

    def rows_of(self, points):
        return torch.cat([self.kernel(points), torch.ones(len(points), 1), points], 1)

    def forward(self, image):
        count = len(self.points)
        system = torch.zeros(count + 3, count + 3)
        system[:count] = self.rows_of(self.points)
        system[count:, :count] = self.rows_of(self.points)[:, count:].T
        source = self.points + 0.2 * self.move(image).view(len(image), -1, 2).tanh()
        weights = torch.linalg.solve(system, F.pad(source, (0, 0, 0, 3)))
        y, x = torch.meshgrid(*(torch.linspace(-1, 1, n) for n in self.size), indexing="ij")
        grid = self.rows_of(torch.stack([x, y], -1).view(-1, 2)) @ weights
        self.output = F.grid_sample(
            image, grid.view(-1, *self.size, 2), padding_mode=self.padding,
            align_corners=self.aligned,
        )  # fmt: skip
        return self.output


class Turned(nn.Module):
    """One that leaves the grid to kornia."""

    def forward(self, image):
        angle = 40 * image.mean((1, 2, 3))
        matrix = kornia.geometry.get_rotation_matrix2d(
            torch.full((len(image), 2), 13.5), angle, torch.ones(len(image), 2)
        )
        self.output = kornia.geometry.warp_affine(image, matrix, (20, 24))
        return self.output


class Volumes(nn.Module):
    def forward(self, volume):
        theta = torch.tensor([[0.9, 0.1, 0, 0.1], [-0.1, 1, 0.2, 0], [0, 0, 1.1, -0.1]])
        grid = F.affine_grid(theta.expand(len(volume), 3, 4), [*volume.shape], align_corners=True)
        self.output = F.grid_sample(volume, grid, align_corners=True)
        return self.output


class InRealThreads(nn.DataParallel):
    """As on several GPUs: each replica in a thread of its own, which no mode is on in."""

    def forward(self, image):
        shares, outputs = image.chunk(3), {}
        replicas = [self.module._replicate_for_data_parallel() for _ in shares]

        def run(place):
            outputs[place] = replicas[place](shares[place])

        for place in (2, 0, 1):  # whichever is done first
            thread = threading.Thread(target=run, args=(place,))
            thread.start()
            thread.join()
        return torch.cat([outputs[place] for place in range(3)])
