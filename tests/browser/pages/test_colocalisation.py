"""The page on co-localisation: a wall of images, a box on each."""

from __future__ import annotations

import re

import numpy as np
import pytest
import torch
from playwright.sync_api import Page, expect

from app.data.boxes import recorded_boxes, true_boxes
from stn_core.box_search.boxes import overlap
from tests.browser.driving import stage_of, until

BOXES = recorded_boxes("colocalisation/tc/8")


def open_colocalisation(visit, query: str = "", **options) -> Page:
    page = visit(f"boxes_clutter=TC&{query}", at="colocalisation", **options)
    page.locator(".thumb").first.wait_for()
    return page


def drawn_boxes(page: Page, which: str = ".thumb") -> np.ndarray:
    """The boxes as they are drawn, as θ = (s, t_x, t_y): (images, 3)."""
    result = stage_of(page).evaluate(
        """(node, which) => [...node.querySelectorAll(`${which} .box`)].map(
            ({ style }) => [style.width, style.left, style.top].map(parseFloat))""",
        which,
    )
    wide, left, top = np.array(result).T / 50
    return np.stack([wide / 2, left + wide / 2 - 1, top + wide / 2 - 1], 1)


def test_every_box_stands_where_the_recording_has_it_from_the_start_to_the_end(visit):
    page = open_colocalisation(visit, reduced_motion="reduce")
    np.testing.assert_allclose(drawn_boxes(page), BOXES.snapshots[0].theta[:, 0], atol=2e-3)
    page.locator(".transport input[type=range]").fill(str(len(BOXES.snapshots) - 1))
    np.testing.assert_allclose(drawn_boxes(page), BOXES.snapshots[-1].theta[:, 0], atol=2e-3)
    share = round(BOXES.snapshots[-1].measure)
    expect(page.locator("p.title")).to_contain_text(f"{share} of 100 localised")


def test_boxes_move_while_they_are_played(visit):
    page = open_colocalisation(visit)
    page.get_by_role("button", name="Play", exact=True).click()
    until(page, lambda: np.ptp(drawn_boxes(page)[:, 1]) > 0.02, "the boxes stay where they were")


def test_truth_is_hidden_until_it_is_revealed(visit):
    page = open_colocalisation(visit)
    shown = page.locator(".truth:visible")
    expect(shown).to_have_count(0)
    page.get_by_role("button", name="Show true boxes").click()
    expect(shown).to_have_count(103)
    expect(page.locator(".larges figcaption").first).to_contain_text("overlap 0.")


def test_clicked_image_is_shown_large_and_stands_in_the_equation(visit):
    page = open_colocalisation(visit)
    page.get_by_role("button", name="Show image 42 large").click()
    expect(page.locator(".larges figcaption").first).to_have_text("image 42")
    expect(page.get_by_text("n is image 42 and m is image 1")).to_be_visible()


def test_images_are_ordered_by_their_overlap(visit):
    page = open_colocalisation(visit)
    page.get_by_role("button", name="Worst first").click()
    first = page.locator(".thumb").first.get_attribute("title")
    truth = true_boxes("colocalisation/tc/8", BOXES.description["set_seed"], 16)
    boxes = torch.from_numpy(BOXES.snapshots[-1].theta[:, 0]).float()
    result = overlap(boxes, torch.from_numpy(truth))
    worst = int(re.search(r"\d+", first)[0]) - 1
    assert result[worst] == pytest.approx(result.min().item(), abs=1e-3)


def test_wall_fits_a_narrow_screen(visit):
    page = open_colocalisation(visit, width=390)
    main = page.get_by_test_id("stMain")
    assert main.evaluate("(element) => element.scrollWidth - element.clientWidth") <= 0
    assert page.locator(".larges").bounding_box()["width"] <= 390


def test_wall_has_the_curves_of_the_search(visit):
    page = open_colocalisation(visit)
    titles = [
        "Localised, %",
        "Mean overlap (IoU)",
        "Loss (Eq. 8)",
        "Gradient norm, localisation network",
        "Learning rate",
    ]
    expect(stage_of(page).locator(".chart b")).to_have_text(titles)
