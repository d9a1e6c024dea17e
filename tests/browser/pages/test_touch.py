"""A phone: what is to be touched is whole."""

from __future__ import annotations

import pytest
from playwright.sync_api import Page

PHONE = {"width": 375, "has_touch": True, "is_mobile": True, "reduced_motion": "reduce"}


@pytest.fixture
def phone(visit):
    """Open a page of the app as a phone has it."""

    def open_page(at: str) -> Page:
        page = visit(at=at, **PHONE)
        page.get_by_text("For a lecture").wait_for()
        return page

    return open_page


def test_every_class_can_be_chosen_on_a_phone_and_on_a_laptop(phone):
    page = phone("colocalisation")
    group = page.locator(".st-key-boxes_digit")
    for width in (375, 1440):
        page.set_viewport_size({"width": width, "height": 900})
        for digit in (0, 9):
            button = group.get_by_role("radio", name=str(digit), exact=True)
            cut = button.evaluate(
                """(node) => {
                    const { left, right } = node.getBoundingClientRect();
                    for (let at = node.parentElement; at; at = at.parentElement) {
                        const box = at.getBoundingClientRect();
                        if (left < box.left - 1 || right > box.right + 1) return at.className;
                    }
                    return null;
                }"""
            )
            assert cut is None, f"{digit} at {width}: {cut}"
