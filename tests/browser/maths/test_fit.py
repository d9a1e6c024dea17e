"""θ from the places of the handles, for each family."""

from __future__ import annotations

import numpy as np
import torch

from app.stage import transformers
from tests.browser.maths.cases import INNER, near_identity
from tests.conftest import FAMILIES


def test_browser_fits_every_family_to_its_handles(modules, generator):
    for name, make in FAMILIES.items():
        transform = make(INNER)
        theta = near_identity(transform, generator)
        fitted, places = modules(
            """
            const [{ points }, { fit }] = await Promise.all(["maths/grid", "maths/fit"].map(load));
            const whole = form(given.form);
            const places = (theta) => {
                const flat = points(whole, theta, whole.handleTarget);
                return whole.handles.map((_, h) => [flat[2 * h], flat[2 * h + 1]]);
            };
            const before = given.theta.map((value) => value + 0.5);
            const fitted = fit(whole, whole.handleTarget, places(given.theta), before);
            return [fitted, places(fitted)];
            """,
            {"form": transformers.describe_transform(transform, INNER), "theta": theta.tolist()},
        )
        handles = transformers.describe_transform(transform, INNER)["handles"]
        targets = torch.tensor([handle["target"] for handle in handles]).float().T
        expected = transform.at(theta[None], targets)[0].detach()
        np.testing.assert_allclose(places, expected, atol=2e-3, err_msg=name)
        if name != "learned-basis":  # whose handles do not fix all that its B can do
            np.testing.assert_allclose(fitted, theta.numpy(), atol=2e-3, err_msg=name)
