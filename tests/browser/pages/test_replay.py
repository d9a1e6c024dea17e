"""Replays in their pages: where the visitor leaves the playhead, it stays."""

from __future__ import annotations

import re

from playwright.sync_api import expect

from tests.browser.driving import handle, scrub, select, stage_of


def test_arrows_step_from_frame_to_frame_also_on_the_playhead_itself(visit):
    page = visit("view=Replay&distortion=RTS", at="distorted")
    scrub(page).wait_for()
    last = int(scrub(page).get_attribute("max"))
    scrub(page).press("End")
    for keys, frame in (
        ("ArrowLeft", last - 1),
        ("Shift+ArrowLeft", last - 11),
        ("ArrowRight", last - 10),
    ):
        scrub(page).press(keys)
        expect(scrub(page)).to_have_value(str(frame))
    expect(scrub(page)).to_have_attribute("aria-valuetext", re.compile(r"^step [\d,]+$"))


def test_reload_another_view_and_a_training_beside_leave_the_playhead_where_it_was(visit):
    page = visit("view=Replay", at="distorted", reduced_motion="reduce")
    where, cell = stage_of(page).locator(".where"), stage_of(page).locator(".cell").nth(3)
    clock = stage_of(page).get_by_label("Playhead unit")
    cell.click()
    for _ in range(7):
        stage_of(page).get_by_role("button", name="One step forward").click()
    clock.select_option("seconds")
    place = where.inner_text()

    def expect_the_place(trainings: int) -> None:
        strips = stage_of(page).locator(".strip")
        expect(strips).to_have_count(trainings)
        expect(where).to_have_text(place)
        expect(clock).to_have_value("seconds")
        expect(cell).to_have_attribute("aria-pressed", "true")

    page.reload()
    expect_the_place(1)
    page.get_by_text("Explore", exact=True).first.click()
    handle(page, "the whole grid").wait_for()
    page.get_by_text("Replay", exact=True).first.click()
    expect_the_place(1)
    select(page, "Compare with", "ST-FCN TPS")
    expect_the_place(2)
    select(page, "Compare with", "none")
    expect_the_place(1)


def test_reload_leaves_the_playhead_of_boxes_where_it_was(visit):
    page = visit("boxes_digit=8", at="colocalisation", reduced_motion="reduce")
    where = stage_of(page).locator(".where")
    expect(where).to_have_text("step 0")
    scrub(page).press("End")
    last = where.inner_text()
    for _ in range(3):
        scrub(page).press("ArrowLeft")
    left = where.inner_text()
    assert left not in ("step 0", last)
    for _ in range(2):
        page.reload()
        expect(where).to_have_text(left)
    page.keyboard.press("r")
    expect(where).to_have_text("step 0")
