"""Why labels are enough, in a real headless Chromium: its gradients are autograd's."""

from __future__ import annotations

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from playwright.sync_api import expect

from app.data import examples
from app.views.labels import descent
from stn_core import checkpoints
from stn_core.experiments import find
from tests.browser.driving import PAINTED, data_of, drag, handle, stage_of, until
from tests.browser.from_disk import from_disk, take_page

# Of the map's middle, somewhat to the left.
RED = "(c) => c.getContext('2d').getImageData(0.4 * c.width, c.height / 2, 1, 1).data[0]"


def expected(name: str, theta: np.ndarray) -> tuple[float, np.ndarray]:
    """The loss of the first digit at this θ, and its gradient, by autograd."""
    network = checkpoints.load_pretrained(find(name))
    shown = examples.example(name, descent.FIRST_DIGIT, descent.FIRST_SEED)
    held = torch.tensor(theta)[None].float().requires_grad_()
    image = (shown.images * 255).round() / 255
    loss = F.cross_entropy(network.trace(image, held).logits, shown.labels)
    return loss.item(), torch.autograd.grad(loss, held)[0][0].numpy()


@pytest.mark.parametrize("network", list(descent.NETWORKS))
def test_loss_and_gradient_are_autograd_s(visit, network):
    title = descent.NETWORKS[network]
    page = visit(f"labels_network={title}", at="labels", reduced_motion="reduce")
    handle(page, "top left corner").focus()
    for key in ("Shift+]", "+", "+", "ArrowDown", "Shift+ArrowRight"):
        page.keyboard.press(key)
    theta = data_of(page, "theta")
    loss, gradient = expected(
        network if network == descent.STUDY else f"distorted/rts/{network}", theta
    )
    assert data_of(page, "loss")[0] == pytest.approx(loss, rel=0.01)
    np.testing.assert_allclose(data_of(page, "gradient"), gradient, rtol=0.02, atol=0.02)


def test_descent_reads_the_digit_also_from_a_disk_and_far_away_nothing_pulls(
    visit, chromium, tmp_path
):
    page = visit(at="labels", reduced_motion="reduce")
    figure = stage_of(page)
    verdict = figure.locator(".verdict")
    verdict.wait_for()
    assert np.abs(data_of(page, "gradient")).max() > 1
    expect(verdict).to_contain_text("Reads 7 ✗ — it is a 2")
    figure.get_by_role("button", name="Descend").click()
    expect(verdict).to_contain_text("Reads 2 ✓")
    theta = data_of(page, "theta")
    assert np.degrees(np.arctan2(theta[3], theta[0])) == pytest.approx(-35, abs=12)
    assert data_of(page, "loss")[0] < 0.1
    with from_disk(chromium, take_page(page, tmp_path)) as opened:
        np.testing.assert_allclose(data_of(opened, "theta"), theta, atol=1e-3)
        expect(stage_of(opened).get_by_label("Step of the descent")).to_be_visible()
        drag(opened, "the whole grid", 0.1, 0.0)
        loss, gradient = expected(descent.STUDY, data_of(opened, "theta"))
        assert data_of(opened, "loss")[0] == pytest.approx(loss, rel=0.01, abs=1e-3)
        np.testing.assert_allclose(data_of(opened, "gradient"), gradient, rtol=0.02, atol=0.02)

    figure.get_by_role("button", name="Far away").click()
    assert not data_of(page, "gradient").any()
    expect(verdict).to_contain_text("From here no label helps")
    expect(figure.locator(".scale")).to_contain_text("loss 0")
    landscape = figure.locator(".landscape canvas")
    until(page, lambda: landscape.evaluate(RED) > 60, "a loss above 2 has the colour of 0")
    figure.get_by_role("button", name="θ = identity").click()
    assert data_of(page, "gradient").any()
    figure.get_by_label("integer kernel").check()
    assert not data_of(page, "gradient").any()


def test_theta_is_moved_on_the_landscape(visit):
    page = visit(at="labels", width=375, reduced_motion="reduce")
    handle(page, "the whole grid").wait_for()
    map_ = stage_of(page).get_by_label("Loss over two components of θ")
    map_.focus()
    for _ in range(3):
        page.keyboard.press("Shift+ArrowLeft")  # a tenth of 180 degrees
    theta = data_of(page, "theta")
    assert np.degrees(np.arctan2(theta[3], theta[0])) == pytest.approx(-54, abs=0.5)
    canvas = stage_of(page).locator(".landscape canvas").first
    until(page, lambda: canvas.evaluate(PAINTED), "the landscape is not drawn")
    assert page.evaluate("document.scrollingElement.scrollWidth") <= 375
