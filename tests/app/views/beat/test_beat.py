"""The ten digits of a game: a seed draws them, and the page sends them once."""

from __future__ import annotations

import base64

import numpy as np
import torch

from app.stage.beat import SECONDS
from app.views.beat import PAGE
from app.views.beat.digits import ten
from stn_core.digits import gallery
from stn_core.sampling import sample
from stn_core.transforms import Affine
from tests.app.visiting import opened, payload


def images(seed: int) -> np.ndarray:
    return np.stack([digit.image for digit in ten(seed)])


def test_page_sends_the_digits_of_its_seed_and_a_minute():
    app = opened("beat", seed="7")
    assert not app.exception
    sent = payload(app)
    assert sent["layout"] == "beat" and sent["seconds"] == SECONDS == 60
    decoded = [np.frombuffer(base64.b64decode(d["image"]), np.uint8) for d in sent["digits"]]
    np.testing.assert_array_equal(np.stack(decoded), images(7).reshape(10, -1))
    assert [d["label"] for d in sent["digits"]] == [digit.label for digit in ten(7)]


def test_a_seed_draws_the_same_digits_again_and_another_draws_others():
    np.testing.assert_array_equal(images(7), images(7))
    first = PAGE.defaults["seed"]
    assert all((images(seed) != images(first)).any() for seed in (0, 7, first + 1))
    assert sorted(digit.label for digit in ten(first)) == list(range(10))


def test_ideal_theta_brings_a_digit_upright_as_the_gallery_has_it():
    digits = gallery()
    for digit in ten(7):
        image = torch.from_numpy(digit.image)[None, None].float() / 255
        upright = sample(image, Affine().grid(torch.tensor([digit.ideal]), (28, 28)))[0, 0]
        own = digits.images[digits.labels == digit.label].float() / 255
        nearest = (own - upright).abs().mean((1, 2)).min().item()
        assert nearest < 0.06
