"""A finger: swipes scroll the page and set nothing, taps inspect, and targets are large enough."""

from __future__ import annotations

import pytest
from playwright.sync_api import Page, expect

from tests.browser.driving import select, settle, stage_of, until

PHONE = {"width": 375, "has_touch": True, "is_mobile": True, "reduced_motion": "reduce"}
FINGER_PIXELS = 39.5  # 40, but for rounding
SMALL = """(least) => {
    const found = [];
    const walk = (root) => {
        const targets = ".handle, .transport button, .transport input, .slider input, .knob input"
            + ", .paper a, .st-key-footer a, [data-testid=stSlider] [role=group]";
        for (const node of root.querySelectorAll(targets)) {
            const { width, height } = node.getBoundingClientRect();
            if (width && (width < least || height < least)) {
                const name = node.ariaLabel ?? node.textContent;
                found.push(`${node.className} ${name} ${width}×${height}`);
            }
        }
        root.querySelectorAll("*").forEach(({ shadowRoot }) => shadowRoot && walk(shadowRoot));
    };
    walk(document);
    return found;
}"""

# The grey values of a sheet of 28 by 28 pixels, row by row.
INK = """(canvas) => {
    const { data } = canvas.getContext("2d").getImageData(0, 0, 28, 28);
    const grey = [...data].filter((_, i) => i % 4 === 0);
    return [...Array(28).keys()].map((row) => grey.slice(28 * row, 28 * (row + 1)));
}"""

AT_REST = """(main) => new Promise((done) => {
    let at = main.scrollTop, still = 0;
    const look = () => {
        still = main.scrollTop === at ? still + 1 : 0;
        at = main.scrollTop;
        if (still > 12) done();
        else requestAnimationFrame(look);
    };
    look();
})"""


def touch(page: Page, x: float, y: float, *, up: float = 0, across: float = 0) -> None:
    """A finger comes down, goes so many pixels, and leaves."""
    session = page.context.new_cdp_session(page)
    steps = 12 if up or across else 0

    def send(kind: str, *points: dict[str, float]) -> None:
        session.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": list(points)})

    send("touchStart", {"x": x, "y": y})
    for step in range(1, steps + 1):
        share = step / steps
        send("touchMove", {"x": x + share * across, "y": y - share * up})
    send("touchEnd")
    session.detach()


def draw_with_two_fingers(page: Page, sheet) -> None:
    """The first goes across a quarter from the top, the second a quarter from the bottom."""
    middle(sheet)
    box = sheet.bounding_box()
    session = page.context.new_cdp_session(page)
    for kind, count, across in (
        ("Start", 1, 0.3),
        ("Start", 2, 0.3),
        ("Move", 2, 0.7),
        ("End", 0, 0),
    ):
        x = box["x"] + across * box["width"]
        ys = [box["y"] + down * box["height"] for down in (0.25, 0.75)][:count]
        points = [{"x": x, "y": y, "id": n} for n, y in enumerate(ys)]
        session.send("Input.dispatchTouchEvent", {"type": f"touch{kind}", "touchPoints": points})
    session.detach()


def middle(locator, across: float = 0.5, down: float = 0.5) -> tuple[float, float]:
    """A place on an element, which is brought to the middle of the screen."""
    locator.evaluate("(node) => node.scrollIntoView({ block: 'center' })")
    box = locator.bounding_box()
    return box["x"] + across * box["width"], box["y"] + down * box["height"]


def assert_a_swipe_scrolls(page: Page, locator, across: float = 0.5, down: float = 0.5) -> None:
    place = middle(locator, across, down)
    main = page.get_by_test_id("stMain")
    before = main.evaluate("(main) => main.scrollTop")
    touch(page, *place, up=150)
    scrolled = lambda: main.evaluate("(main) => main.scrollTop") - before  # noqa: E731
    until(page, lambda: scrolled() > 50, f"a swipe scrolls by {scrolled()}")
    main.evaluate(AT_REST)  # what touches a page that still scrolls stops it, and is no tap


@pytest.fixture
def phone(visit):
    """Open a page of the app as a phone has it."""

    def open_page(at: str) -> Page:
        page = visit(at=at, **PHONE)
        settle(page)
        return page

    return open_page


def test_on_the_transformer_page_a_finger_scrolls_taps_and_hits(phone):
    page = phone("transformer")
    u, v = (stage_of(page).locator(f"[data-pane={pane}] .square") for pane in "UV")
    lie = v.get_attribute("aria-label")
    scrub = stage_of(page).locator(".transport input[type=range]")
    for target, across, down in ((u, 0.03, 0.85), (v, 0.5, 0.5), (scrub, 0.3, 0.5)):
        assert_a_swipe_scrolls(page, target, across, down)
    slider = stage_of(page).locator(".slider input[type=range]").first
    stage_of(page).locator("summary", has_text="θ as rotation").click()
    value = slider.input_value()
    assert_a_swipe_scrolls(page, slider, 0.8)
    assert slider.input_value() == value
    expect(v).to_have_attribute("aria-label", lie)  # nothing has been set
    touch(page, *middle(slider, 0.8), across=-30)
    until(page, lambda: slider.input_value() != value, "the slider stays")
    touch(page, *middle(v))
    expect(stage_of(page).locator(".note")).to_contain_text("is read in U at")
    assert page.evaluate(SMALL, FINGER_PIXELS) == []
    select(page, "Image U", "Draw")
    settle(page)
    sheet = page.get_by_label("Drawing area")
    draw_with_two_fingers(page, sheet)
    ink = sheet.evaluate(INK)
    assert ink[7][14] > 200 and max(ink[21]) == 0  # where the first finger was, and the second


def test_on_the_landscape_a_swipe_scrolls_and_a_tap_sets(phone):
    page = phone("labels")
    canvas = stage_of(page).locator(".landscape canvas")
    expect(stage_of(page)).to_have_attribute("data-theta", "1,0,0,0,1,0")
    assert_a_swipe_scrolls(page, canvas)
    expect(stage_of(page)).to_have_attribute("data-theta", "1,0,0,0,1,0")
    touch(page, *middle(canvas, 0.7, 0.4))
    expect(stage_of(page)).not_to_have_attribute("data-theta", "1,0,0,0,1,0")


def test_on_volumes_and_charts_a_swipe_scrolls(phone):
    page = phone("volumes")
    pose = stage_of(page).locator(".words").first.inner_text()
    solid = stage_of(page).locator("canvas.solid").first
    before = solid.evaluate("(canvas) => canvas.toDataURL()")
    assert_a_swipe_scrolls(page, solid)
    assert solid.evaluate("(canvas) => canvas.toDataURL()") == before
    touch(page, *middle(solid), across=60)
    until(page, lambda: solid.evaluate("(canvas) => canvas.toDataURL()") != before, "no drag")
    knob = stage_of(page).locator(".knob input").first
    assert_a_swipe_scrolls(page, knob)
    assert knob.input_value() == "0"
    assert stage_of(page).locator(".words").first.inner_text() == pose
    assert page.evaluate(SMALL, FINGER_PIXELS) == []
    page = phone("invariance")
    assert_a_swipe_scrolls(page, page.get_by_test_id("stPlotlyChart").first)
    slider = page.get_by_test_id("stSlider").get_by_role("group").first
    value = slider.get_by_role("slider")
    began = value.input_value()
    thumb = int(began) / int(value.get_attribute("max"))
    for across in (0.2, thumb):
        assert_a_swipe_scrolls(page, slider, across)
        expect(value).to_have_value(began)
    touch(page, *middle(slider, 0.2))
    expect(value).not_to_have_value(began)
    tapped = value.input_value()
    touch(page, *middle(slider, 0.2), across=100)
    expect(value).not_to_have_value(tapped)
    assert page.evaluate(SMALL, FINGER_PIXELS) == []


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
