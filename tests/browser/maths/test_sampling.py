"""V and its slopes (Eq. 3 to 7) in the browser, against the library and autograd."""

from __future__ import annotations

import numpy as np
import pytest
import torch
import torch.nn.functional as F

from app.stage import transformers
from stn_core.sampling import PADDINGS, sample
from tests.browser.maths.cases import INNER, READINGS, SIZE, in_pixels, near_identity, source
from tests.conftest import FAMILIES


@pytest.mark.parametrize("channels", [1, 3])
@pytest.mark.parametrize(("name", "make"), FAMILIES.items(), ids=FAMILIES)
def test_browser_reads_every_family_by_every_kernel_as_the_library_does(
    modules, name, make, channels, generator
):
    transform = make(INNER)
    theta = near_identity(transform, generator)
    image = torch.randint(256, (channels, *SIZE), generator=generator)
    readings = [(kernel, padding) for kernel in READINGS for padding in PADDINGS]
    result = modules(
        """
        const [{ points }, { sample }, { kernel }] =
            await Promise.all(["maths/grid", "maths/sampling", "maths/kernels"].map(load));
        const grid = points(form(given.form), given.theta, form(given.form).target);
        return given.readings.map(([name, padding]) =>
            [...sample(given.source, grid, { kernel: kernel(name, 2.5), padding })]);
        """,
        {
            "form": transformers.describe_transform(transform, INNER),
            "theta": theta.tolist(),
            "source": source(image),
            "readings": readings,
        },
    )
    grid = transform.grid(theta[None], INNER).detach()
    places = in_pixels(grid[0], SIZE)
    untied = ((places + 0.5 - (places + 0.5).round()).abs() > 1e-3).all(-1)
    assert untied.float().mean() > 0.9
    for (kernel, padding), output in zip(readings, result, strict=True):
        expected = sample(image[None] / 255, grid, READINGS[kernel], padding)[0]
        clear = untied if kernel == "integer" else torch.ones_like(untied)
        np.testing.assert_allclose(
            np.array(output).reshape(channels, *INNER)[:, clear] / 255,
            expected[:, clear],
            atol=1e-3,
            err_msg=f"{kernel}, {padding}",
        )


@pytest.mark.parametrize("padding", PADDINGS)
@pytest.mark.parametrize("side", [5, 7, 8, 42, 60])  # float32 has lost the half but for 8
def test_browser_s_integer_kernel_rounds_half_up(modules, side, padding, generator):
    image = torch.randint(1, 256, (1, side, side), generator=generator)
    # Half way between the pixels, and whole ones.
    positions = torch.arange(-3, 2 * side + 3) / 2
    places = torch.stack(torch.meshgrid(*[positions] * 2, indexing="xy"), dim=-1)
    grid = (2 * places + 1) / side - 1
    result = modules(
        """
        const [{ sample }, { kernel }] =
            await Promise.all(["maths/sampling", "maths/kernels"].map(load));
        const reading = { kernel: kernel("integer"), padding: given.padding };
        return [...sample(given.source, Float32Array.from(given.grid), reading)];
        """,
        {"source": source(image), "grid": grid.flatten().tolist(), "padding": padding},
    )
    expected = sample(image[None].float(), grid[None], "integer", padding)
    np.testing.assert_array_equal(result, expected.flatten())


@pytest.mark.parametrize("padding", PADDINGS)
@pytest.mark.parametrize("kernel", READINGS)
def test_browser_s_slopes_of_v_are_autograd_s(modules, kernel, padding, generator):
    image = torch.randint(256, (3, *SIZE), generator=generator)
    grid = 2.6 * torch.rand(1, 20, 20, 2, generator=generator) - 1.3
    result = modules(
        """
        const [{ slopes }, { kernel }] =
            await Promise.all(["maths/sampling", "maths/kernels"].map(load));
        const reading = { kernel: kernel(given.kernel, 2.5), padding: given.padding };
        const grid = Float32Array.from(given.grid);
        return slopes(given.source, grid, reading).map((slope) => [...slope]);
        """,
        {
            "source": source(image),
            "grid": grid.flatten().tolist(),
            "kernel": kernel,
            "padding": padding,
        },
    )
    grid.requires_grad_()
    output = sample(image[None] / 255, grid, READINGS[kernel], padding)[0]
    gradients = [
        torch.autograd.grad(channel.sum(), grid, retain_graph=True)[0][0] for channel in output
    ]
    expected = torch.stack(gradients) * 2 / torch.tensor(SIZE[::-1])  # (C, 20, 20, 2), a pixel's
    # Where the kernel has an edge, its slope there is a matter of rounding.
    places = in_pixels(grid.detach()[0], SIZE) * (2 if kernel == "tent" else 1)
    smooth = ((places - places.round()).abs() > 2e-3).all(-1)
    assert smooth.float().mean() > 0.9
    for axis, slope in enumerate(result):
        np.testing.assert_allclose(
            np.array(slope).reshape(3, 20, 20)[:, smooth] / 255,
            expected[:, smooth][..., axis],
            atol=1e-3,
        )


@pytest.mark.parametrize("side", [1, 2, 4])
def test_browser_pools_as_torch_does(modules, side, generator):
    image = torch.randint(256, (3, 13, 18), generator=generator)
    result = modules(
        """
        const { pool } = await load("maths/sampling");
        const { pixels, ...size } = pool(given.source.pixels, 3, [13, 18], given.side);
        return [[...pixels], size];
        """,
        {"source": source(image), "side": side},
    )
    expected = F.avg_pool2d(image[None].float(), side)[0]
    channels, height, width = expected.shape
    assert result[1] == {"channels": channels, "height": height, "width": width}
    np.testing.assert_allclose(result[0], expected.flatten(), rtol=1e-4)
