"""What has to be on the first screen of a page, and that nothing is cut at any width."""

from __future__ import annotations

from pathlib import Path

from playwright.sync_api import Page

from tests.browser.driving import until

PROJECTOR = {"width": 1280, "height": 720}
LARGE = {"width": 1366, "height": 768}  # with large=true
SIZES = ((375, 800), (1366, 768), (1440, 900), (1920, 1080), (2560, 1440))
PHONE_PIXELS = 640
FAULTS = (Path(__file__).parent / "pages" / "faults.js").read_text()
PLAYHEAD, VERDICT = ".transport input[type=range]", ".st-key-verdict .answer"
HEADS = ".st-key-verdict [data-testid=stMarkdown]"  # of house numbers
PAIR, PLOT, PROBE = "[data-pane=V] canvas.pixels", ".js-plotly-plot", ".strip .cell .label"
ONE_LINE = """() => {
    const title = document.querySelector("h1");
    return title.clientHeight <= 1.5 * parseFloat(getComputedStyle(title).fontSize);
}"""
SCREENS: dict[tuple[str, str], tuple[str, ...]] = {  # of a page and its view; "": the first one
    ("front", ""): (".figure2", ".figure2 .said", PLAYHEAD),
    ("beat", ""): ("[data-pane=U] canvas", PAIR, ".clock", ".game button.main"),
    ("learn", ""): (".learn .play", PROBE, ".learn .curves", "[aria-label='Break it'] button"),
    ("transformer", ""): (PAIR, PLAYHEAD),
    ("distorted", ""): (PAIR, PLAYHEAD, VERDICT),
    ("distorted", "Replay"): (PROBE, PLAYHEAD),
    ("distorted", "Results"): (PLOT,),
    ("addition", ""): (PAIR, PLAYHEAD, VERDICT),
    ("addition", "Replay"): (PROBE, PLAYHEAD),
    ("colocalisation", ""): (".larges canvas", "p.title", PLAYHEAD),
    ("house_numbers", ""): ("[data-pane=view] canvas", PLAYHEAD, HEADS),
    ("birds", ""): (
        "[data-pane=photo] canvas",
        "[data-pane=V]:nth-child(2) canvas",
        ".transport summary",
    ),
    ("volumes", ""): (".solid", PLAYHEAD, VERDICT),
    ("volumes", "Replay"): (".solid", PLAYHEAD),
    ("labels", ""): ("[data-pane=slopes] canvas", ".verdict", ".choices.always button"),
    ("invariance", ""): (PLOT,),
    ("network", ""): (PAIR, PLAYHEAD),
    ("glossary", ""): (),
    ("faithful", ""): (".st-key-kind", ".departures"),
    ("tour", ""): (),
}


def check_first_screen(page: Page, parts: tuple[str, ...], *, choices: bool = False) -> None:
    """The parts are on the first screen of a projector, also in large type; and nothing is cut, at
    any width. The window has its own size again at the end. choices: the page has a column of them
    beside its picture."""
    size = page.viewport_size
    page.evaluate("document.querySelector('[data-testid=stMain]').scrollTo(0, 0)")
    for part in ("h1", *parts):
        page.locator(part).first.wait_for()
    page.locator(".st-key-footer").wait_for()
    for given, large in ((PROJECTOR, False), (LARGE, True)):
        page.set_viewport_size(given)
        page.evaluate(
            "(size) => { document.documentElement.style.fontSize = size }", "125%" * large
        )
        for part in parts:
            until(
                page,
                lambda p=part, s=given: bottom(page, p) <= s["height"],
                f"{part} is not on the first screen of {given}",
            )
        until(page, lambda: page.evaluate(ONE_LINE), "the title has two lines")
        nothing_is_cut(page, given)
    page.evaluate("document.documentElement.style.fontSize = ''")
    for width, height in SIZES:
        page.set_viewport_size({"width": width, "height": height})
        nothing_is_cut(page, {"width": width})
        if choices:
            choices_stand_beside_the_picture_or_on_a_phone_after_it(page, width)
    page.set_viewport_size(size)


def bottom(page: Page, part: str) -> float:
    box = page.locator(part).first.bounding_box()
    return box["y"] + box["height"]


def choices_stand_beside_the_picture_or_on_a_phone_after_it(page: Page, width: int) -> None:
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


def nothing_is_cut(page: Page, size: dict[str, int]) -> None:
    """Nor lies on anything else, nor is outside of the window."""
    faults: list[str] = []

    def none() -> bool:
        faults[:] = page.evaluate(FAULTS)
        return not faults

    try:
        until(page, none, "")
    except AssertionError:
        raise AssertionError(f"at {size}: {faults}") from None
