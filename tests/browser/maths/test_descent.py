"""The browser's gradient steps on θ, against autograd and Adam."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from app.stage import transformers
from stn_core.sampling import sample
from stn_core.transforms import (
    Affine,
)
from tests.browser.maths.cases import SIZE, source


def test_browser_s_pull_on_the_grid_is_autograd_s(modules, generator):
    image, target = (torch.randint(256, (3, *SIZE), generator=generator) for _ in range(2))
    grid = Affine().grid(torch.tensor([[0.8, 0.2, 0.1, -0.1, 1.2, 0]]), SIZE)
    result = modules(
        """
        const [{ compare, pull }, { sample }, { kernel }] =
            await Promise.all(["maths/descent", "maths/sampling", "maths/kernels"].map(load));
        const reading = { kernel: kernel("bilinear"), padding: "zeros" };
        const grid = Float32Array.from(given.grid);
        const { loss, slope } = compare(sample(given.source, grid, reading), given.target);
        return { loss, pull: [...pull(given.source, grid, reading, slope)] };
        """,
        {
            "source": source(image),
            "grid": grid.flatten().tolist(),
            "target": target.flatten().tolist(),
        },
    )
    grid.requires_grad_()
    loss = ((sample(image[None] / 255, grid) - target / 255) ** 2).mean() / 2
    loss.backward()
    assert result["loss"] == pytest.approx(loss.item(), rel=1e-4)
    scale = grid.grad.abs().max().item()
    pull = np.array(result["pull"]).reshape(*SIZE, 2)
    np.testing.assert_allclose(pull, grid.grad[0], atol=1e-3 * scale)


def test_browser_descends_by_adam(modules, generator):
    transform = Affine()
    image = torch.zeros(1, 28, 28)
    image[0, 8:20, 10:18] = torch.randint(100, 256, (12, 8), generator=generator).float()
    start = torch.tensor([1.2, 0.1, 0.15, 0.1, 0.8, -0.1])
    target = sample(image[None], transform.grid(transform.identity()[None], (28, 28)))
    frames = modules(
        """
        const modules = ["maths/descent", "maths/kernels"];
        const [{ compare, descend }, { kernel }] = await Promise.all(modules.map(load));
        const data = {
            transform: form(given.form),
            reading: { kernel: kernel("bilinear"), padding: "zeros" },
        };
        const target = Float32Array.from(given.target);
        const steps = descend(data, given.source, given.theta, (output) => compare(output, target));
        return [...Array(12)].map(() => steps.next().value).filter(Boolean);
        """,
        {
            "form": transformers.describe_transform(transform, (28, 28)),
            "theta": start.tolist(),
            "source": source(image),
            "target": target.flatten().tolist(),
        },
    )
    assert len(frames) == 12
    theta = start.clone().requires_grad_()
    adam = torch.optim.Adam([theta], lr=0.02, betas=(0.9, 0.99), eps=1e-12)
    for frame in frames:
        np.testing.assert_allclose(frame["theta"], theta.detach(), atol=1e-3)
        output = sample(image[None] / 255, transform.grid(theta[None], (28, 28)))
        loss = (output - target / 255).square().mean() / 2
        assert frame["loss"] == pytest.approx(loss.item(), rel=0.01)
        adam.zero_grad()
        loss.backward()
        adam.step()
