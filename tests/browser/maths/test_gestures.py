"""What a hand may do to the grid's handles: the bounds of a drag."""

from __future__ import annotations

import numpy as np
import pytest

CORNERS = [[-1, -1], [1, -1], [-1, 1], [1, 1]]


def within(modules, start, wanted, bounds=(3, 3)) -> np.ndarray:
    body = "const { within } = await load('maths/gestures'); return within(...given);"
    return np.array(modules(body, [start, wanted, list(bounds)]))


@pytest.mark.parametrize("move", [(40, 0), (-40, 5), (2.5, -40), (1, 0.5)])
def test_grid_that_is_dragged_beyond_the_bounds_keeps_its_shape_and_goes_along_them(modules, move):
    corners = np.array(CORNERS) * 0.5
    moved = within(modules, corners.tolist(), (corners + move).tolist())
    np.testing.assert_allclose(moved - moved[0], corners - corners[0], atol=1e-9)
    np.testing.assert_allclose(moved[0] - corners[0], np.clip(move, -2.5, 2.5), atol=1e-9)


def test_handle_that_is_dragged_beyond_the_bounds_stops_there_on_its_way(modules):
    wanted = [[-1, -1], [9, -5], [-1, 1], [1, 1]]
    np.testing.assert_allclose(
        within(modules, CORNERS, wanted), [[-1, -1], [3, -2], [-1, 1], [1, 1]], atol=1e-9
    )


def test_grid_that_is_beyond_the_bounds_may_come_back_but_go_no_farther(modules):
    far = (np.array(CORNERS) + [8, 0]).tolist()
    nearer = (np.array(CORNERS) + [6, 0]).tolist()
    farther = (np.array(CORNERS) + [11, 0]).tolist()
    np.testing.assert_allclose(within(modules, far, nearer), nearer, atol=1e-9)
    np.testing.assert_allclose(within(modules, far, farther), far, atol=1e-9)
