"""What the library computes of what a page shows."""

from __future__ import annotations

import numpy as np
import torch
from playwright.sync_api import Page

from app.data import examples, families
from stn_core import checkpoints
from stn_core.experiments import find
from stn_core.sampling import sample
from tests.browser.driving import DIGIT, SEED, pixels


def shown() -> tuple[torch.nn.Module, torch.Tensor]:
    """The network and the image that the page shows at first."""
    experiment = find("distorted/rts/st-cnn-aff")
    images = examples.example(experiment.name, DIGIT, SEED).images
    return checkpoints.load_pretrained(experiment), images


@torch.no_grad()
def prediction() -> torch.Tensor:
    network, images = shown()
    return network.trace(images).warps[0].theta


@torch.no_grad()
def expected_output(theta: torch.Tensor | None = None) -> np.ndarray:
    """V by the library, of the image in grey values, as the browser has it."""
    network, images = shown()
    theta = prediction() if theta is None else theta
    grey = (images * 255).round() / 255
    return 255 * network.trace(grey, theta).warps[0].output[0, 0].numpy()


def transformer_output(family: str, theta, image: np.ndarray, kernel="bilinear") -> np.ndarray:
    """V by the library, in grey values, as large as the image."""
    transform = families.families()[family].make(image.shape)
    grid = transform.grid(torch.tensor([theta], dtype=torch.float32), image.shape)
    values = torch.from_numpy(image)[None, None].float() / 255
    return 255 * sample(values, grid, kernel)[0, 0].clamp(0, 1).numpy()


@torch.no_grad()
def trace_of_u(page: Page, network: torch.nn.Module, index: int = 0, *thetas: torch.Tensor):
    """What the network makes of U as it is on the screen, by these θ or its own."""
    image = torch.from_numpy(pixels(page, "U", index)).float()[None, None] / 255
    return network.trace(image, *thetas)
