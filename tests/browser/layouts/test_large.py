"""The large pair with several transformers and channels."""

from __future__ import annotations

import numpy as np
import torch

from app.stage import large, transformers
from stn_core.sampling import sample
from stn_core.transforms import (
    Affine,
)
from tests.browser.driving import open_transformer

MOUNT = """async (data) => {
    const at = performance.getEntriesByType("resource").map((entry) => entry.name);
    const { default: mount } = await import(at.find((name) => name.includes("/index.js")));
    const parent = document.createElement("div");
    parent.innerHTML = '<div class="stage"></div>';
    parent.style.width = "600px";
    document.body.append(parent);
    const reported = [];
    mount({
        data, parentElement: parent, setTriggerValue: () => {},
        setStateValue: (name, value) => reported.push(value),
    });
    const panes = (kind) => [...parent.querySelectorAll(`[data-pane=${kind}] canvas.pixels`)];
    const values = (canvas) => [...canvas.getContext("2d")
        .getImageData(0, 0, canvas.width, canvas.height).data].filter((_, i) => i % 4 === 0);
    const wait = (seconds) => new Promise((done) => setTimeout(done, 1000 * seconds));
    await wait(1.2);
    const before = panes("V").map(values);
    const [first, second] = [...parent.querySelectorAll("[aria-label='Transformer:'] button")];
    second.click();
    const slider = parent.querySelector("[aria-label='θ13']");
    slider.value = Number(slider.value) + 0.5;
    slider.dispatchEvent(new Event("input"));
    await wait(0.4);
    const result = {
        inputs: panes("U").map(values), before, after: panes("V").map(values), reported,
        names: [first.textContent, second.textContent],
    };
    parent.remove();
    return result;
}"""


def test_several_transformers_read_several_channels_each_in_its_colour(visit, generator):
    image = torch.randint(256, (2, 16, 16), generator=generator, dtype=torch.uint8)
    theta = torch.tensor([[0.5, 0, -0.3, 0, 0.5, 0.1], [0.7, 0.2, 0.2, -0.2, 0.7, -0.1]])
    transform = Affine()
    data = large.stage_data(
        [large.Item(id="two", image=image.numpy(), theta=theta.numpy(), label="", alt="two")],
        "large",
        "two",
        transformers.Transformers(
            transform=transform, colours=("#d55e00", "#56b4e9"), names=("the first", "the second")
        ),
        None,
        None,
        None,
        {"U": "U", "V": "V"},
    )
    data |= {"compact": False, "echo": None, "inputs": [], "run": None}
    data["features"] = {"backName": "Back", "endName": "prediction", "live": False}
    result = open_transformer(visit).evaluate(MOUNT, data)
    assert result["names"] == ["the first", "the second"]
    np.testing.assert_array_equal(np.reshape(result["inputs"], (2, 16, 16)), image.numpy())

    def expected(thetas: torch.Tensor) -> np.ndarray:
        grid = transform.grid(thetas, (16, 16))
        return 255 * sample(image[None].expand(2, -1, -1, -1) / 255, grid).numpy()

    shape = (2, 2, 16, 16)  # transformers, channels
    np.testing.assert_allclose(np.reshape(result["before"], shape), expected(theta), atol=0.52)
    moved = theta.clone()
    moved[1, 2] += 0.5
    np.testing.assert_allclose(np.reshape(result["after"], shape), expected(moved), atol=0.52)
    reported = np.array(result["reported"][-1]["thetas"])
    np.testing.assert_allclose(reported, moved.numpy(), atol=1e-5)
