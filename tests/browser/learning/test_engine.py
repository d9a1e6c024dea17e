"""What the browser trains with, against torch: layers, transformer, twenty steps of Adam."""

from __future__ import annotations

import base64
from dataclasses import replace

import numpy as np
import pytest
import torch
import torch.nn.functional as F

from stn_core import checkpoints
from stn_core.digits import Digits
from stn_core.distortions import R
from stn_core.experiments import find
from stn_core.transforms import Affine, Attention, similarity_theta

SEED, STEPS, COUNT = 3, 20, 5
FAMILIES = {"affine": Affine(), "attention": Attention()}
EXPERIMENTS = ("browser/r/fcn", "browser/r/st-fcn-aff")
# Random weights of every layer, so that θ is no identity, and the slopes of all; then a training.
RUN = """
const { Network } = await load("learning/network");
const { Random } = await load("learning/random");
const { crossEntropy } = await load("learning/entropy");
const { safetensors, weightsOf } = await load("learning/safetensors");
const { BATCH, DEFAULTS, Trainer, UNITS } = await load("learning/trainer");
const text = (values) => {
    const bytes = new Uint8Array(values.buffer, values.byteOffset, values.byteLength);
    let result = "";
    for (const one of bytes) result += String.fromCharCode(one);
    return btoa(result);
};
const bytes = (text) => Uint8Array.from(atob(text), (c) => c.charCodeAt(0));
const side = 28;
const pixels = bytes(given.pixels);
const labels = bytes(given.labels);
const networks = [null, "affine", "attention"].map((family) => {
    const network = new Network({ side, units: UNITS[family ? 1 : 0], family, batch: given.count });
    const random = new Random(given.seed, 7);
    network.initialise(random, random);
    if (family) {
        const { weight, bias } = network.regression;
        weight.forEach((_, i) => (weight[i] = random.uniform(-0.5, 0.5)));
        bias.forEach((_, i) => (bias[i] += random.uniform(-0.3, 0.3)));
    }
    const images = Float32Array.from(pixels.subarray(0, given.count * side * side), (v) => v / 255);
    const slope = new Float32Array(given.count * 10);
    const loss = crossEntropy(network.forward(images, given.count), labels, given.count, 10, slope);
    network.backward(images, slope, given.count);
    const slopes = { weights: text(safetensors(weightsOf(network), {})) };
    network.params.set(network.slopes);
    return { ...slopes, slopes: text(safetensors(weightsOf(network), {})), loss };
});
const settings = { ...DEFAULTS, rate: given.rate };
const trainer = new Trainer({ pixels, labels, side, train: labels.length }, given.seed, settings);
const file = (network, n) => text(safetensors(weightsOf(network), { experiment: given.names[n] }));
const weights = () => trainer.networks.map(file);
const before = weights();
const steps = [];
for (let n = 0; n < given.steps; n++) {
    trainer.step();
    const [images, labels, losses] = [trainer.images, trainer.labels, trainer.losses];
    steps.push({ images: text(images), labels: text(labels), losses: [...losses] });
}
const random = new Random(given.seed, 2);
const draws = Array.from({ length: 2 * BATCH }, () => random.bits());
return { networks, before, after: weights(), steps, draws };
"""
RATE = 2e-3


def mulberry32(seed: int, stream: int):
    """The generator of learning/random.js: 32 bits at a time."""
    mask = 0xFFFFFFFF
    state = ((seed + 1) * 0x9E3779B1 ^ stream * 0x85EBCA77) & mask
    while True:
        state = (state + 0x6D2B79F5) & mask
        t = (state ^ state >> 15) * (state | 1) & mask
        t ^= (t + (t ^ t >> 7) * (t | 61)) & mask
        yield (t ^ t >> 14) & mask


@pytest.fixture(scope="module")
def digits(source) -> Digits:
    return source.train[::20]  # all classes


@pytest.fixture(scope="module")
def ran(modules, digits) -> dict:
    """What the browser gives, in one visit."""
    packed = lambda values: base64.b64encode(values.numpy().astype(np.uint8)).decode()  # noqa: E731
    given = {"pixels": packed(digits.images), "labels": packed(digits.labels), "count": COUNT}
    return modules(RUN, given | {"seed": SEED, "steps": STEPS, "rate": RATE, "names": EXPERIMENTS})


def floats(text: str) -> torch.Tensor:
    return torch.from_numpy(np.frombuffer(base64.b64decode(text), np.float32).copy())


def tensors(text: str, folder) -> dict[str, torch.Tensor]:
    path = folder / "weights.safetensors"
    path.write_bytes(base64.b64decode(text))
    return checkpoints.load_tensors(path)[0]


def network_of(family: str | None) -> torch.nn.Module:
    """The experiment's network, with a transformer of this family."""
    experiment = find(EXPERIMENTS[bool(family)])
    if family:
        network = replace(experiment.network, transform=FAMILIES[family])
        experiment = replace(experiment, network=network)
    return experiment.build(seed=0)


@pytest.mark.parametrize("index", range(3), ids=("fcn", "affine", "attention"))
def test_every_slope_is_torch_s(ran, digits, index, tmp_path):
    given = ran["networks"][index]
    network = network_of((None, *FAMILIES)[index])
    checkpoints.load_strictly(network, tensors(given["weights"], tmp_path), "the browser's")
    images = digits.images[:COUNT, None].float() / 255
    loss = F.cross_entropy(network(images), digits.labels[:COUNT])
    loss.backward()
    assert loss.item() == pytest.approx(given["loss"], rel=1e-5)
    slopes = tensors(given["slopes"], tmp_path)
    for name, parameter in network.named_parameters():
        largest = parameter.grad.abs().max().item()
        assert largest > 0, name
        torch.testing.assert_close(slopes[name], parameter.grad, rtol=1e-3, atol=1e-4 * largest)


def test_twenty_steps_have_torch_s_losses(ran, digits, tmp_path):
    bits = mulberry32(SEED, stream=2)
    for index, name in enumerate(EXPERIMENTS):
        network = find(name).build(seed=0)
        checkpoints.load_strictly(network, tensors(ran["before"][index], tmp_path), "the browser's")
        adam = torch.optim.Adam(network.parameters(), lr=RATE)
        for step in ran["steps"]:
            images = floats(step["images"]).view(-1, 1, 28, 28)
            labels = torch.tensor(list(base64.b64decode(step["labels"])))
            loss = F.cross_entropy(network(images), labels)
            adam.zero_grad()
            loss.backward()
            adam.step()
            assert loss.item() == pytest.approx(step["losses"][index], abs=1e-4)
        after = tensors(ran["after"][index], tmp_path)
        for key, value in network.state_dict().items():
            torch.testing.assert_close(after[key], value, rtol=0, atol=1e-4)
    # The batches are what the seed says: a digit and an angle in turn, drawn as R draws them.
    assert ran["draws"] == [next(bits) for _ in ran["draws"]]
    shares = torch.tensor(ran["draws"], dtype=torch.float64) / 2**32
    which, angles = (len(digits) * shares[::2]).long(), 180 * shares[1::2] - 90
    zero, one = torch.zeros_like(angles), torch.ones_like(angles)
    theta = similarity_theta(torch.deg2rad(angles), one, zero, zero).float()
    first = floats(ran["steps"][0]["images"]).view(-1, 1, 28, 28)
    torch.testing.assert_close(first, R().draw(digits.images[which], theta), rtol=0, atol=1e-4)


def test_weights_are_taken_by_evaluate(ran, command, capsys, tmp_path):
    for index, name in enumerate(EXPERIMENTS):
        path = tmp_path / "own.safetensors"
        path.write_bytes(base64.b64decode(ran["after"][index]))
        command(["evaluate", name, "--weights", str(path)])
        assert f"{name}: " in capsys.readouterr().out
