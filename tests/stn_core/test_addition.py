"""MNIST addition: two digits in two channels, each under its own RTS, and their sum."""

from __future__ import annotations

import pytest
import torch

from stn_core.digits import Digits
from stn_core.experiments.addition import Addition
from stn_core.sampling import sample
from stn_core.transforms import Affine

DATA = Addition()


@pytest.fixture
def digits(source) -> Digits:
    """Forty gallery digits, four of each class."""
    return source.gallery[::25]


def test_images_have_two_channels_and_the_label_is_the_sum(digits, generator):
    found = DATA.examples(digits, generator)
    assert found.images.shape == (40, *DATA.image_shape) == (40, 2, 42, 42)
    assert found.images.min() >= 0 and 0.5 < found.images.max() <= 1
    assert torch.equal(found.pose["digit"][:, 0], digits.labels)
    assert torch.equal(found.labels, found.pose["digit"].sum(1))
    assert found.labels.max() < DATA.classes == 19


@pytest.mark.parametrize("channel", [0, 1])
def test_each_channel_read_through_its_theta_is_its_digit_upright(channel, digits, generator):
    index = DATA.partners(digits, generator)
    pair = (digits, digits[index])
    found = DATA.pairs(*pair, generator)
    grid = Affine().grid(found.theta[:, channel], (28, 28))
    upright = sample(found.images[:, channel : channel + 1], grid)[:, 0]
    assert (upright - pair[channel].images / 255).abs().mean() < 0.04
    other = pair[1 - channel].images / 255
    assert (upright - other).abs().mean() > 0.1


def test_two_digits_of_a_pair_are_turned_scaled_and_moved_each_on_its_own(digits, generator):
    pose = DATA.examples(digits, generator).pose
    for name in ("angle_degrees", "scale", "shift_x_pixels", "shift_y_pixels"):
        both = torch.corrcoef(pose[name].T)
        assert both[0, 1].abs() < 0.5  # of forty pairs


def test_second_digit_is_another_one_of_the_batch(digits, generator):
    for _ in range(20):
        index = DATA.partners(digits, generator)
        assert (index != torch.arange(40)).all()
    assert len(index.unique()) > 15


def test_second_digit_comes_from_the_others_where_they_are_given(digits, generator):
    black = Digits(torch.zeros(3, 28, 28, dtype=torch.uint8), torch.tensor([7, 8, 9]))
    found = DATA.examples(digits, generator, black)
    assert found.images[:, 1].sum() == 0 < found.images[:, 0].sum()
    assert set(found.pose["digit"][:, 1].tolist()) == {7, 8, 9}


def test_batch_of_one_has_itself_for_a_partner(digits, generator):
    one = digits[:1]
    assert DATA.examples(one, generator).pose["digit"].tolist() == [[0, 0]]


def test_same_generator_gives_the_same_images(digits):
    first, second = (DATA.examples(digits, torch.Generator().manual_seed(5)) for _ in range(2))
    assert torch.equal(first.images, second.images)
    assert torch.equal(first.labels, second.labels)


def test_posed_pairs_are_of_the_same_two_digits_in_every_pose(digits, generator):
    posed = DATA.posed(digits, 6, generator)
    assert posed.shape == (40, 6, 2, 42, 42)
    partners = digits.images.roll(-3, 0)
    ink = torch.stack([digits.images, partners], 1).float().sum((2, 3)) / 255  # (40, 2)
    scales = (posed.sum((3, 4)) / ink[:, None]).sqrt()  # of each digit in each pose
    assert scales.min() > 0.6 and scales.max() < 1.3
    assert (scales.std(1) > 0.01).all()
