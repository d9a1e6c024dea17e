"""The figures hold the numbers that they were given."""

from __future__ import annotations

import numpy as np

import figures
from palette import LIGHT


def test_every_network_has_a_bar_for_every_class_and_the_truth_is_marked():
    values = np.array([0.1, 0.7, 0.2])
    figure = figures.probabilities(
        [("ST-CNN", values, "#0072b2"), ("CNN", values[::-1], "#d55e00")], 2, LIGHT
    )
    assert [bar.name for bar in figure.data] == ["ST-CNN", "CNN"]
    np.testing.assert_allclose(figure.data[0].y, [10, 70, 20])
    np.testing.assert_allclose(figure.data[1].y, [20, 70, 10])
    assert ["true" in text for text in figure.layout.xaxis.ticktext] == [False, False, True]


def curve(values):
    steps = list(range(1, len(values) + 1))
    return figures.curve(
        "Loss", [("training", steps, values, "#0072b2")], LIGHT, iterations=9, floor=0.1, ceiling=3
    )


def test_axes_of_a_growing_curve_stay_put():
    short, longer = curve([2.0, 1.0]), curve([2.0, 1.0, 0.5, 0.2])
    assert short.layout.xaxis.range == longer.layout.xaxis.range == (0, 9)
    assert short.layout.yaxis.range == longer.layout.yaxis.range


def test_axis_reaches_down_to_the_lowest_value_and_leaves_out_zero():
    figure = curve([2.0, 0.0, 0.01])
    assert list(figure.data[0].y) == [2.0, 0.01]
    np.testing.assert_allclose(figure.layout.yaxis.range[0], np.log10(0.008))
