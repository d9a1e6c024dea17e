"""A stage taken away as a page works from a disk, without a network, as in the app."""

from __future__ import annotations

import numpy as np
import torch
from playwright.sync_api import Page, expect

from app.data import families
from app.stage.export import Stage, page
from stn_core import checkpoints
from stn_core.experiments import find
from stn_core.sampling import sample
from tests.browser.driving import (
    drag,
    handle,
    open_distorted,
    open_transformer,
    set_mode,
    stage_of,
    theta_shown,
    until,
)
from tests.browser.from_disk import computed, content_of, from_disk, take_page

# What the file's networks read now, by their titles.
ANSWERS = """() => {
    const { data, live } = page.stages[page.at].layouts.at(-1);
    const odds = ({ title, network }) => [title, live.get(network)?.odds];
    return Object.fromEntries(data.rows.map(odds));
}"""


def check_output(opened: Page) -> None:
    """V is torch's, of the file's U at its θ."""
    image, output, theta = computed(opened)
    grid = families.families()["Affine"].make(image.shape[2:]).grid(theta, image.shape[2:])
    expected = sample(image, grid)
    np.testing.assert_allclose(output, expected.flatten(), atol=1e-3)
    assert output.max() > 0.5


@torch.no_grad()
def check_answers(opened: Page) -> None:
    """The probabilities are torch's, of the file's U, and at its θ.

    Where a network takes longer than a frame, its answer follows the hand later.
    """
    image, _, theta = computed(opened)
    transformer, plain = (
        checkpoints.load_pretrained(find(f"distorted/rts/{name}")) for name in ("st-cnn-aff", "cnn")
    )
    logits = {"ST-CNN Aff": transformer.trace(image, theta).logits, "CNN": plain(image)}
    expected = {title: row[0].softmax(0) for title, row in logits.items()}

    def agree() -> bool:
        answers = opened.evaluate(ANSWERS)
        return all(
            np.allclose(answers[title], row, rtol=0, atol=1e-3) for title, row in expected.items()
        )

    until(opened, agree, f"the answers are {opened.evaluate(ANSWERS)}, torch's {expected}")


def stage_in(path) -> Stage:
    """The stage of a file with one, without the networks."""
    [stage] = content_of(path)["stages"]
    return Stage(**stage)


def test_pages_are_taken_away_and_work_from_a_disk(visit, chromium, tmp_path):
    app = open_transformer(visit, theme="dark")
    drag(app, "top left corner", 0.1, -0.05)
    there = theta_shown(app)
    transformer = take_page(app, tmp_path)
    assert transformer.name == "transformer-affine.html"
    app.context.close()
    with from_disk(chromium, transformer) as opened:  # by who has it light
        np.testing.assert_allclose(theta_shown(opened), there, atol=1e-6)
        check_output(opened)
        drag(opened, "top edge", 0.05, 0.1)
        check_output(opened)
        body = opened.locator("body")
        expect(body).to_have_css("background-color", "rgb(255, 255, 255)")
        opened.get_by_role("button", name="Dark").click()
        expect(body).to_have_css("background-color", "rgb(14, 20, 26)")
        expect(opened.get_by_text("arXiv:1506.02025")).to_be_visible()
        assert opened.evaluate("document.documentElement.scrollHeight") <= 720
        for width, height in ((900, 600), (375, 800)):
            opened.set_viewport_size({"width": width, "height": height})
            assert opened.evaluate("document.documentElement.scrollWidth") <= width

    app = open_distorted(visit)
    set_mode(app, "digit")
    drag(app, "digit: move", 0.1, 0.1)
    distorted = take_page(app, tmp_path)
    with from_disk(chromium, distorted) as opened:
        opened.wait_for_function("page.stages[0].layouts.at(-1).live.size === 2")
        check_answers(opened)
        expect(stage_of(opened).get_by_role("button", name="digit", exact=True)).to_have_attribute(
            "aria-pressed", "true"
        )
        drag(opened, "digit: move", -0.15, 0.05)
        check_output(opened)
        check_answers(opened)
        set_mode(opened, "grid")
        drag(opened, "bottom right corner", 0.1, 0.0)
        check_answers(opened)
        expect(opened.locator(".answer").first).to_contain_text("θ set by hand")

    lecture = tmp_path / "lecture.html"
    stages = [stage_in(transformer), stage_in(distorted), stage_in(transformer)]
    lecture.write_text(page("A lecture", stages))
    with from_disk(chromium, lecture) as opened:
        count, shown = opened.locator(".turns .count"), opened.locator(".parts:visible")
        expect(count).to_have_text("1 / 3")
        drag(opened, "top edge", 0.05, 0.1)
        moved = theta_shown(opened)
        opened.keyboard.press("PageDown")
        expect(opened.locator("h1")).to_have_text("Distorted MNIST")
        expect(shown.locator(".verdicts")).to_be_visible()
        opened.get_by_role("button", name="Next figure").click()
        expect(count).to_have_text("3 / 3")
        expect(shown).to_have_count(1)
        opened.keyboard.press("PageDown")  # the last one stays
        opened.keyboard.press("PageUp")
        opened.keyboard.press("PageUp")
        expect(count).to_have_text("1 / 3")
        np.testing.assert_allclose(theta_shown(opened), moved)


def test_figure_is_taken_away_with_its_step_and_its_network(visit, chromium, tmp_path):
    app = visit("step=7", reduced_motion="reduce")
    handle(app, "top left corner").first.wait_for()
    path = take_page(app, tmp_path)
    with from_disk(chromium, path) as opened:
        expect(opened.get_by_role("button", name="Next →")).to_be_disabled()
        assert opened.evaluate("document.documentElement.scrollHeight <= innerHeight")
        assert opened.locator(".stage a").count() == 0
        drag(opened, "digit: move", -0.1, 0.1)
        check_output(opened)
        opened.keyboard.press("PageUp")
        expect(opened.locator(".count")).to_have_text("6 / 7")
        slider = stage_of(opened).get_by_label("Training progress")
        slider.press("Home")
        line = stage_of(opened).locator(".training .legend i").first
        expect(line).to_have_css("border-top-color", "rgb(0, 114, 178)")
        opened.get_by_role("button", name="Dark").click()
        expect(line).to_have_css("border-top-color", "rgb(86, 180, 233)")
        expect(slider).to_have_value("0")
