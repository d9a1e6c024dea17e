"""The pages on a phone: nothing is wider than the screen, and the picture comes first."""

from __future__ import annotations

import pytest

from tests.browser.driving import handle, stage_of


@pytest.mark.parametrize(
    ("at", "query", "words"),
    [
        ("transformer", "preset=Pull&size=4&pool=2 × 2", "degrees of freedom"),
        ("distorted", "sweep=true&a_rts=ST-CNN Aff&b_rts=ST-FCN Aff", "Predicted angle"),
    ],
    ids=["gradient", "two-stages"],
)
def test_nothing_is_wider_than_the_screen(visit, at, query, words):
    page = visit(query, at=at, width=375, theme="dark", reduced_motion="reduce")
    page.get_by_text(words).first.wait_for()
    handle(page, "the whole grid").first.wait_for()
    main = page.get_by_test_id("stMain")
    for width in (375, 390, 1440):
        page.set_viewport_size({"width": width, "height": 900})
        assert page.evaluate("document.scrollingElement.scrollWidth") <= width
        assert main.evaluate("(element) => element.scrollWidth - element.clientWidth") <= 0
        for index in range(stage_of(page).count()):
            cut = stage_of(page, index).evaluate("(stage) => stage.scrollWidth - stage.clientWidth")
            assert cut <= 0, f"stage {index} at {width}"


@pytest.mark.parametrize("at", ["distorted", "volumes"])
def test_picture_comes_first_on_a_phone_and_its_choices_after_it(visit, at):
    page = visit(at=at, width=390, reduced_motion="reduce")
    page.get_by_text("All digits come from the gallery").wait_for()
    tops = [
        page.locator(where).first.bounding_box()["y"]
        for where in ("canvas", ".st-key-choosing", ".strip, .strips", ".st-key-footer")
    ]
    assert tops == sorted(tops), tops
    assert tops[0] < 700
    page.set_viewport_size({"width": 1440, "height": 900})
    wide = page.locator(".st-key-choosing").bounding_box()["y"]
    assert wide < page.locator("canvas").first.bounding_box()["y"]
