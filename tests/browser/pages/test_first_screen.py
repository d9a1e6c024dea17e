"""The first screen of a projector: the stage, its verdict and its playhead are on it."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.browser.driving import until

PROJECTOR = {"width": 1280, "height": 720}
LARGE = {"width": 1366, "height": 768}  # with large=true
SIZES = ((375, 800), (1366, 768), (1440, 900), (1920, 1080), (2560, 1440))
PHONE_PIXELS = 640
FAULTS = (Path(__file__).parent / "faults.js").read_text()
PLAYHEAD, VERDICT = ".transport input[type=range]", ".st-key-verdict .answer"
HEADS = ".st-key-verdict [data-testid=stMarkdown]"  # of house numbers
PAIR, PLOT, PROBE = "[data-pane=V] canvas.pixels", ".js-plotly-plot", ".strip .cell .label"
ONE_LINE = """() => {
    const title = document.querySelector("h1");
    return title.clientHeight <= 1.5 * parseFloat(getComputedStyle(title).fontSize);
}"""
SCREENS = {  # a page and its view: what is to be on its first screen
    "": (".figure2", ".figure2 .said", PLAYHEAD),
    "?step=5": (".figure2", ".descend"),
    "beat": ("[data-pane=U] canvas", PAIR, ".clock", ".game button.main"),
    "learn": (".learn .play", PROBE, ".learn .curves", "[aria-label='Break it'] button"),
    "transformer": (PAIR, PLAYHEAD),
    "distorted": (PAIR, PLAYHEAD, VERDICT),
    "distorted?view=Replay": (PROBE, PLAYHEAD),
    "distorted?view=Results": (PLOT,),
    "addition": (PAIR, PLAYHEAD, VERDICT),
    "addition?sum_view=Replay": (PROBE, PLAYHEAD),
    "colocalisation": (".larges canvas", ".title", PLAYHEAD),
    "house_numbers": ("[data-pane=view] canvas", PLAYHEAD, HEADS),
    "volumes": (".solid", PLAYHEAD, VERDICT),
    "volumes?volume_view=Replay": (".solid", PLAYHEAD),
    "labels": ("[data-pane=slopes] canvas", ".verdict", ".choices.always button"),
    "invariance": (PLOT,),
    "network": (PAIR, PLAYHEAD),
    "glossary": (),
    "faithful": (".st-key-kind", ".departures"),
    "tour": (),
}


def bottom(page, part: str) -> float:
    box = page.locator(part).first.bounding_box()
    return box["y"] + box["height"]


@pytest.mark.parametrize("screen", SCREENS, ids=lambda screen: screen or "front")
def test_first_screen_has_it_all_and_nothing_is_cut_at_any_width(visit, screen):
    at, _, query = screen.partition("?")
    page = visit(query, at=at, width=PROJECTOR["width"], reduced_motion="reduce")
    for part in ("h1", *SCREENS[screen]):
        page.locator(part).first.wait_for()
    page.locator(".st-key-footer").wait_for()
    for size, large in ((PROJECTOR, False), (LARGE, True)):
        page.set_viewport_size(size)
        page.evaluate(
            "(size) => { document.documentElement.style.fontSize = size }", "125%" * large
        )
        for part in SCREENS[screen]:
            until(
                page,
                lambda p=part, s=size: bottom(page, p) <= s["height"],
                f"{part} is not on the first screen of {size}",
            )
        until(page, lambda: page.evaluate(ONE_LINE), "the title has two lines")
        nothing_is_cut(page, size)
    page.evaluate("document.documentElement.style.fontSize = ''")
    for width, height in SIZES:
        page.set_viewport_size({"width": width, "height": height})
        nothing_is_cut(page, {"width": width})
        if screen in ("distorted", "volumes"):
            choices_stand_beside_the_picture_or_on_a_phone_after_it(page, width)


def choices_stand_beside_the_picture_or_on_a_phone_after_it(page, width: int) -> None:
    page.get_by_text("All digits come from the gallery").wait_for()
    picture, choices, *rest = (
        page.locator(where).first.bounding_box()["y"]
        for where in ("canvas", ".st-key-choosing", ".strip, .strips", ".st-key-footer")
    )
    if width <= PHONE_PIXELS:
        tops = [picture, choices, *rest]
        assert tops == sorted(tops) and picture < 700, tops
    else:
        assert choices < picture


def nothing_is_cut(page, size: dict[str, int]) -> None:
    """Nor lies on anything else, nor is outside of the window."""
    faults: list[str] = []

    def none() -> bool:
        faults[:] = page.evaluate(FAULTS)
        return not faults

    try:
        until(page, none, "")
    except AssertionError:
        raise AssertionError(f"at {size}: {faults}") from None


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
