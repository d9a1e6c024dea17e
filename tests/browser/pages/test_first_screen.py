"""The first screen of a projector: the stage, its verdict and its playhead are on it."""

from __future__ import annotations

import pytest

from tests.browser.driving import until

PROJECTOR = {"width": 1280, "height": 720}
WIDTHS = (375, 1280, 1366, 1440, 1920, 2560)
STAGES = {  # a page: what is on it when it is there
    "": ".figure2 .said",
    "transformer": ".stage .note",
    "distorted": ".st-key-verdict",
    "addition": ".st-key-verdict",
    "volumes": ".st-key-verdict",
    "labels": ".odds",
}
BOTTOMS = """(selector) => [...document.querySelectorAll(selector)]
  .map((node) => node.getBoundingClientRect()).filter(({ height }) => height > 0)
  .map(({ bottom }) => bottom)"""
# Of Fig. 2: what reaches into the box of something else.
OVERLAPPING = """() => {
  const [figure] = [...document.querySelectorAll("*")].flatMap(
    (node) => node.shadowRoot?.querySelector(".figure2") ?? []);
  const boxes = [...figure.querySelectorAll(".box")];
  const overlap = (a, b) => a.width && a.left < b.right && b.left < a.right
    && a.top < b.bottom && b.top < a.bottom;
  return boxes.flatMap((box) => [...box.querySelectorAll("h3, figure, table, canvas")]
    .flatMap((node) => boxes.filter((other) => other !== box
      && overlap(node.getBoundingClientRect(), other.getBoundingClientRect()))
      .map((other) => `${node.tagName} of ${box.dataset.box} on ${other.dataset.box}`)));
}"""


@pytest.mark.parametrize("at", STAGES, ids=lambda at: at or "front")
def test_stage_verdict_and_playhead_are_on_the_first_screen(visit, at):
    page = visit(at=at, reduced_motion="reduce")
    page.set_viewport_size(PROJECTOR)
    page.locator(STAGES[at]).first.wait_for()
    stage = page.locator(".stage:has(canvas)").first

    playhead = ".choices.always button" if at == "labels" else ".transport input[type=range]"

    def lowest() -> float:
        boxes = [stage.locator(part).first.bounding_box() for part in (playhead, "canvas")]
        return max(box["y"] + box["height"] for box in boxes)

    until(page, lambda: lowest() <= PROJECTOR["height"], f"{at}: {lowest()}")
    verdict = page.locator(".st-key-verdict [data-testid=stMarkdown]").first
    if verdict.count():
        box = verdict.bounding_box()
        assert box["y"] + box["height"] <= PROJECTOR["height"]


def test_nothing_of_the_front_page_overlaps_at_any_width(visit):
    page = visit("step=7", reduced_motion="reduce")
    page.locator(".figure2 .said").first.wait_for()
    for width in WIDTHS:
        page.set_viewport_size({"width": width, "height": 900})
        until(page, lambda: not page.evaluate(OVERLAPPING), f"overlaps at {width} px")
        assert page.evaluate("document.scrollingElement.scrollWidth") <= width
        lead = page.locator(".told").bounding_box()
        name = page.locator(".module span").first.bounding_box()
        assert name is None or lead["y"] + lead["height"] <= name["y"]


def test_stage_mode_shows_the_stage_alone_and_goes_again(visit):
    page = visit(at="distorted", reduced_motion="reduce")
    page.locator(".st-key-verdict").wait_for()
    stage, title = page.locator(".stage:has(canvas)").first, page.get_by_role("heading", level=1)
    narrow = stage.bounding_box()["width"]
    page.keyboard.press("f")
    title.wait_for(state="hidden")
    assert "stage=only" in page.url
    until(page, lambda: stage.bounding_box()["width"] > narrow, "the stage grows")
    for size in (PROJECTOR, {"width": 1920, "height": 1080}):
        page.set_viewport_size(size)
        caption = stage.locator("figcaption").first
        least = 0.025 * size["height"]
        until(
            page,
            lambda c=caption, n=least: (
                float(c.evaluate("(node) => parseFloat(getComputedStyle(node).fontSize)")) >= n
            ),
            "captions are 2.5 % of the window's height",
        )
        bottom = size["height"]
        for part in (stage, page.locator(".st-key-verdict")):
            until(
                page,
                lambda p=part, b=bottom: (box := p.bounding_box())["y"] + box["height"] <= b + 1,
                "it fits",
            )
    page.get_by_role("button", name="Leave stage mode").click()
    title.wait_for()
    assert "stage=only" not in page.url


def test_link_to_stage_mode_has_the_stage_s_state_as_well(modules):
    taken = modules(
        """
        const link = await load("output/link");
        const packed = btoa(JSON.stringify({ a: { thetas: null } })).replaceAll("=", "");
        const before = window.location.href;
        history.replaceState(history.state, "", `?stage=only.${packed}`);
        const [on, state] = [link.isOnly(), link.requestedState("a")];
        const field = (href) => new URL(href).searchParams.get("stage");
        const fields = [field(link.withOnly(false)) === packed, field(link.withOnly(true))];
        history.replaceState(history.state, "", "?stage=only");
        const alone = [link.requestedState("a"), field(link.withOnly(false))];
        history.replaceState(history.state, "", before);
        return { on, state, fields, alone, packed };
        """
    )
    assert taken["on"] and taken["state"] == {"thetas": None}
    assert taken["fields"] == [True, f"only.{taken['packed']}"]
    assert taken["alone"] == [None, None]
