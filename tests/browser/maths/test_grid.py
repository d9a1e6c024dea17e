"""T_θ(G) in the browser: the gradient of θ, and where the grid is turned over."""

from __future__ import annotations

import numpy as np
import pytest
import torch
import torch.nn.functional as F

from app.stage import transformers
from stn_core.transforms import (
    Affine,
    Projective,
    ThinPlateSpline,
    regular_grid,
)
from tests.browser.maths.cases import INNER, near_identity
from tests.conftest import FAMILIES


@pytest.mark.parametrize(("name", "make"), FAMILIES.items(), ids=FAMILIES)
def test_browser_s_gradient_of_theta_is_autograd_s(modules, name, make, generator):
    transform = make(INNER)
    theta = near_identity(transform, generator).requires_grad_()
    pull = torch.randn(INNER[0] * INNER[1], 2, generator=generator)
    result = modules(
        """
        const { chain } = await load("maths/grid");
        const whole = form(given.form);
        return chain(whole, given.theta, whole.target, Float32Array.from(given.pull));
        """,
        {
            "form": transformers.describe_transform(transform, INNER),
            "theta": theta.tolist(),
            "pull": pull.flatten().tolist(),
        },
    )
    (transform.grid(theta[None], INNER).flatten(0, 2) * pull).sum().backward()
    scale = theta.grad.abs().max().item()
    np.testing.assert_allclose(result, theta.grad, atol=1e-4 * scale)


def folded() -> tuple[ThinPlateSpline, torch.Tensor]:
    transform = ThinPlateSpline(4)
    points = transform.identity().reshape(4, 4, 2).clone()
    points[1:3, [1, 2]] = points[1:3, [2, 1]]
    return transform, points.flatten()


TURNED = {
    "folded": folded,
    "mirrored": lambda: (Affine(), torch.tensor([-0.8, 0.1, 0, 0.2, 0.9, 0])),
    "not-mirrored": lambda: (Affine(), torch.tensor([-0.8, 0.1, 0, 0.2, -0.9, 0])),
    "horizon": lambda: (Projective(), torch.tensor([0.6, 0, 0, 0, 0.6, 0, 0.3, 1.6])),
    "mirrored-horizon": lambda: (Projective(), torch.tensor([-0.6, 0, 0, 0, 0.6, 0, 0, 1.6])),
}


@pytest.mark.parametrize("case", TURNED)
def test_browser_finds_the_pixels_where_the_grid_is_turned_over(modules, case):
    transform, theta = TURNED[case]()
    size = (48, 40)
    result = modules(
        """
        const { turnedOver } = await load("maths/grid");
        const whole = form(given.form);
        return [...turnedOver(whole, given.theta, whole.target, given.size)];
        """,
        {
            "form": transformers.describe_transform(transform, size),
            "theta": theta.tolist(),
            "size": size,
        },
    )
    centres = regular_grid(size, dtype=torch.float64)
    step = 1e-5

    def slope(axis: int) -> torch.Tensor:
        aside = torch.zeros(2, 1, dtype=torch.float64)
        aside[axis] = step
        ends = [transform.at(theta.double()[None], centres + s * aside)[0] for s in (1, -1)]
        return (ends[0] - ends[1]) / (2 * step)

    along, down = slope(0), slope(1)
    jacobian = along[:, 0] * down[:, 1] - along[:, 1] * down[:, 0]
    expected = (jacobian < 0).reshape(1, 1, *size).float()
    # Next to where the sign changes, a pixel may be of either side.
    most, least = (F.max_pool2d(sign * expected, 3, 1, 1) * sign for sign in (1, -1))
    clear = (most == least)[0, 0].numpy()
    assert clear.mean() > 0.75
    turned = np.array(result).reshape(size)
    np.testing.assert_array_equal(turned[clear], expected[0, 0].numpy()[clear])
    share = {"mirrored": (1, 1), "not-mirrored": (0, 0)}.get(case, (0.02, 0.9))
    assert share[0] <= turned.mean() <= share[1]
