"""The first screen of a projector: the stage, its verdict and its playhead are on it."""

from __future__ import annotations

from tests.browser.driving import until
from tests.browser.screens import PROJECTOR, check_first_screen


def test_first_screen_of_the_story_has_the_button_that_trains(visit):
    page = visit("step=5", width=PROJECTOR["width"], reduced_motion="reduce")
    check_first_screen(page, (".figure2", ".descend"))


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
