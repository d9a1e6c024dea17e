"""Confidence intervals, next to SciPy's and to how often they hold what is true."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import stats

from stn_core.intervals import paired, wilson


@pytest.mark.parametrize(("misread", "digits"), [(0, 100), (3, 200), (100, 2000), (57, 57)])
def test_interval_is_wilson_s(misread, digits):
    found = stats.binomtest(misread, digits).proportion_ci(0.95, "wilson")
    low, high = wilson(misread, digits)
    assert (low, high) == pytest.approx((100 * found.low, 100 * found.high), abs=0.01)
    assert 0 <= low <= 100 * misread / digits <= high + 1e-9 <= 100 + 1e-9


def test_interval_over_digits_holds_the_true_difference_as_often_as_it_says():
    random = np.random.default_rng(0)
    held = 0
    for _ in range(400):  # digits that are hard to either network, in a share of their draws
        hard = random.random((2, 1000)) < np.array([[0.03], [0.02]])
        gains = (random.binomial(5, 0.6 * hard[0]) - random.binomial(5, 0.6 * hard[1])) / 5
        low, high = paired([g for g in gains.tolist() if g], examples=1000)
        held += low <= 100 * 0.6 * 0.01 <= high
    assert 0.93 <= held / 400 <= 0.98
