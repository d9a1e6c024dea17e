"""The networks of Table 1 and of addition, whole, in the browser."""

from __future__ import annotations

import base64

import numpy as np
import pytest
import torch

from app.data import browser_networks
from app.stage.transformers import describe_transform
from stn_core import checkpoints
from stn_core.experiments import find

# Every family, FCN and CNN, without a transformer and with one or two; 28, 42 and 60 pixels.
NAMES = [
    *(f"distorted/rts/{name}" for name in ("fcn", "cnn", "st-fcn-proj", "st-cnn-aff")),
    *(f"distorted/tc/{name}" for name in ("cnn", "st-fcn-aff", "st-cnn-tps")),
    *(f"distorted/e/{name}" for name in ("st-fcn-tps", "st-cnn-proj")),
    *(f"addition/rts/{name}" for name in ("cnn", "st-fcn-proj", "2st-fcn-aff", "2st-fcn-tps")),
]
RUN = """
    const { unpacked } = await load("parts/networks");
    const { points } = await load("maths/grid");
    const { sample } = await load("maths/sampling");
    const { BILINEAR } = await load("maths/kernels");
    const bytes = (text) => Uint8Array.from(atob(text), (c) => c.charCodeAt(0));
    return given.map(({ content, transform, image, shape: [channels, height, width] }) => {
        const all = bytes(content);
        const [length] = new Uint32Array(all.slice(0, 4).buffer);
        const description = JSON.parse(new TextDecoder().decode(all.subarray(4, 4 + length)));
        const network = unpacked(description, all.slice(4 + length));
        const source = { pixels: bytes(image), channels, height, width };
        const thetas = network.thetas(source);
        const outputs = thetas.map((theta) => {
            const grid = points(form(transform), theta, form(transform).target);
            return { ...source, pixels: sample(source, grid, BILINEAR) };
        });
        return { thetas, ...network.read(outputs.length ? outputs : [source]) };
    });
"""


@torch.inference_mode()
def test_published_networks_answer_as_in_torch(modules, generator):
    given, traces = [], []
    for name in NAMES:
        experiment = find(name)
        shape = experiment.data.image_shape
        transform = experiment.network.transform
        # Blobs, which are as smooth as digits and give no class away.
        noise = torch.rand(1, shape[0], 7, 7, generator=generator)
        image = torch.nn.functional.interpolate(noise, shape[1:], mode="bicubic").clamp(0, 1)
        image = (255 * image).round().to(torch.uint8)
        sent = browser_networks.sent_network(name)
        given.append(
            {
                "content": base64.b64encode(sent.content).decode(),
                "transform": transform and describe_transform(transform, shape[1:]),
                "image": base64.b64encode(image.numpy()).decode(),
                "shape": shape,
            }
        )
        traces.append(checkpoints.load_pretrained(experiment).trace(image.float() / 255))
    for name, trace, result in zip(NAMES, traces, modules(RUN, given), strict=True):
        odds = trace.logits[0].softmax(0).numpy()
        np.testing.assert_allclose(result["odds"], odds, atol=1e-3, err_msg=name)
        assert result["brightest"] == pytest.approx(trace.classifier_input.max().item(), abs=1e-3)
        for theta, warp in zip(result["thetas"], trace.warps, strict=True):
            np.testing.assert_allclose(theta, warp.theta[0].numpy(), atol=1e-4, err_msg=name)


def test_product_without_the_instructions_of_webassembly_is_the_same(modules):
    fast, slow = modules(
        """
        const { Product, multiplied } = await load("maths/product");
        const product = new Product(3, 50, 4);
        for (const m of [product.a, product.b]) m.forEach((_, i) => (m[i] = Math.sin(i * i)));
        product.run();
        const fast = [...product.c];
        product.c.fill(0);
        multiplied(product);
        return [fast, [...product.c]];
        """
    )
    rows = np.sin(np.arange(600.0) ** 2).reshape(3, 50, 4).transpose(0, 2, 1).reshape(12, 50)
    columns = np.sin(np.arange(1600.0) ** 2).reshape(4, 50, 8).transpose(1, 0, 2).reshape(50, 32)
    for result in (fast, slow):
        np.testing.assert_allclose(np.reshape(result, (12, 32)), rows @ columns, atol=1e-4)
