"""The pages on a phone: nothing is wider than the screen."""

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
