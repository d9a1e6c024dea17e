"""The gallery of misread examples in a real headless Chromium: each picture is a link."""

from __future__ import annotations

import re

import numpy as np
from playwright.sync_api import expect

from app.data import examples
from app.panels.misread import disagreements
from app.tables import TABLES
from stn_core import results
from tests.browser.driving import pixels, until


def test_picture_opens_in_this_tab_or_in_one_of_its_own_and_back_is_the_gallery(visit):
    page = visit(
        "view=Results&distortion=TC&digit=700&sweep=true&misread_both=true",
        at="distorted",
        reduced_motion="reduce",
    )
    cells = page.locator(".strip").nth(2).locator("a.cell")
    cells.first.wait_for()
    groups = disagreements(TABLES["distorted"], results.cells("distorted"), "tc")
    expect(cells).to_have_count(len(groups["Both wrong"]))
    (digit, seed), (one, other) = sorted(groups["Both wrong"].items())[0]
    expected = 255 * examples.example("distorted/tc/cnn", digit, seed).images[0, 0].numpy()

    def shows(tab) -> None:
        tab.get_by_text(re.compile(rf"^CNN reads {one} ")).first.wait_for()
        tab.get_by_text(re.compile(rf"^ST-CNN Aff reads {other} ")).first.wait_for()
        until(tab, lambda: np.abs(pixels(tab, "U") - expected).max() <= 1, "another input")

    with page.context.expect_page() as opened:
        cells.first.click(modifiers=["Control"])
    shows(opened.value)
    expect(page).to_have_url(re.compile("view=Results"))  # nothing has happened here
    cells.first.click()
    shows(page)
    expect(page).to_have_url(re.compile(rf"digit={digit}"))
    assert "sweep" not in page.url and len(page.context.pages) == 2
    page.get_by_text("More digits").wait_for()
    page.go_back()  # one step back is the gallery again
    cells.first.wait_for()
    expect(page).to_have_url(re.compile("view=Results"))


def test_all_columns_of_table_1_are_seen_on_a_phone(visit):
    page = visit("view=Results&distortion=TC", at="distorted", width=390)
    table = page.get_by_role("table").first
    expect(table.get_by_role("columnheader", name="TC")).to_be_in_viewport(ratio=1)
    box = table.bounding_box()
    assert box["x"] >= 0 and box["x"] + box["width"] <= 390
    fcn = table.get_by_role("row", name="FCN").first
    last = results.cells("distorted")["distorted/tc/fcn"]
    expect(fcn.get_by_role("cell").last).to_have_text(f"{last.ours} · {last.experiment.reported}")
