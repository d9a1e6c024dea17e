"""Every page in each of its views, on every screen; what axe-core says of it; by keyboard and by
screen reader."""

from __future__ import annotations

import itertools
import re
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from app import views
from tests.browser.driving import (
    PATIENCE_MILLISECONDS,
    handle,
    made_anew,
    open_distorted,
    settle,
    stage_of,
)
from tests.browser.screens import SCREENS, check_first_screen

AXE = (Path(__file__).parents[1] / "vendor" / "axe.min.js").read_text()
ADDRESSES = ["" if name == "front" else name for name in views.pages()]
OPEN = """() => {
    const open = (root) => {
        root.querySelectorAll("details:not([open]) > summary").forEach((one) => one.click());
        root.querySelectorAll(".predict .line[aria-expanded=false]").forEach((one) => one.click());
        root.querySelectorAll("*").forEach(({ shadowRoot }) => shadowRoot && open(shadowRoot));
    };
    open(document);
}"""
# The theme changes colours, and nothing else that a rule looks at.
RUN = """async (colours) => {
    const options = { resultTypes: ["violations"] };
    if (colours) options.runOnly = ["color-contrast"];
    const { violations } = await axe.run(document, options);
    return violations
        .filter(({ impact }) => impact === "serious" || impact === "critical")
        .flatMap(({ id, nodes }) => nodes.map(({ target, html, failureSummary }) =>
            `${id}: ${target.flat().at(-1)} ${html.slice(0, 160)} ${failureSummary}`));
}"""
HEADINGS = """() => {
    const found = [];
    const walk = (root) => root.querySelectorAll("*").forEach((node) => {
        if (/^H[1-6]$/.test(node.tagName) && node.getClientRects().length) {
            found.push(Number(node.ariaLevel ?? node.tagName[1]));
        }
        if (node.shadowRoot) walk(node.shadowRoot);
    });
    walk(document);
    return found;
}"""
# Every chart and picture of the page, with what is said of it.
SPOKEN = """() => {
    const found = [];
    const walk = (root) => root.querySelectorAll("*").forEach((node) => {
        if (node.matches("[data-testid=stPlotlyChart], canvas.curves")) {
            found.push(node.getAttribute("aria-label") ?? "");
        }
        if (node.shadowRoot) walk(node.shadowRoot);
    });
    walk(document);
    return found;
}"""
CHARTS = {"distorted": 2, "colocalisation": 5, "invariance": 2, "network": 2}
VALUE = re.compile(r"\d+(\.\d+)?( %|°)? (at|of)|\d read as \d|slope is|[Nn]othing yet")


@pytest.fixture(scope="module")
def browser_page(chromium, server):
    """One page for all addresses: what the first has loaded, the others need not."""
    context = chromium.new_context(
        viewport={"width": 1440, "height": 900}, reduced_motion="reduce", base_url=server
    )
    page = context.new_page()
    page.set_default_timeout(PATIENCE_MILLISECONDS)
    yield page
    context.close()


@pytest.fixture(scope="module")
def titles() -> dict[str, str]:
    """Which page has a title of the window."""
    return {}


def complaints(page: Page, where: str) -> list[str]:
    """Of what is on the page, with all that can be unfolded, in light and then in dark."""
    found = []
    for scheme in ("light", "dark"):
        page.emulate_media(color_scheme=scheme)
        settle(page, scheme)
        page.evaluate(OPEN)
        settle(page, scheme)
        found += [f"{where}, {scheme}: {one}" for one in page.evaluate(RUN, scheme == "dark")]
    return found


def check_structure(page: Page, address: str) -> None:
    """Headings go down by one at a time, and every chart has its data in words."""
    if count := CHARTS.get(address):
        expect(page.locator("[data-testid=stPlotlyChart], canvas.curves")).to_have_count(count)
    levels = page.evaluate(HEADINGS)
    assert levels[0] == 1
    assert levels.count(1) == 1
    assert all(after - before <= 1 for before, after in itertools.pairwise(levels)), levels
    for words in page.evaluate(SPOKEN):
        assert VALUE.search(words), words


@pytest.mark.parametrize("address", [*ADDRESSES, "tour?stop=2"])
def test_pages_fit_every_screen_are_in_order_and_axe_finds_nothing_serious(
    browser_page, titles, address
):
    page = browser_page
    page.emulate_media(color_scheme="light")
    page.goto(f"/{address}")
    settle(page, "light")
    check_structure(page, address)
    name = page.url.split("?")[0].rsplit("/", 1)[-1]  # a stop of the tour is on another page
    assert titles.setdefault(page.title(), name) == name
    name = name or "front"
    if "?" not in address:
        choices = name in ("distorted", "volumes")
        check_first_screen(page, SCREENS[name, ""], choices=choices)
    page.evaluate(AXE)
    found = complaints(page, address)
    shown = views.pages()[name]
    buttons = page.locator(f".st-key-{shown.view_field or 'none'} button")
    for index in range(1, buttons.count()):
        page.emulate_media(color_scheme="light")
        buttons.nth(index).click()
        expect(buttons.nth(index)).to_have_attribute("aria-checked", "true")
        view = buttons.nth(index).inner_text()
        if (name, view) in SCREENS and "?" not in address:
            settle(page, "light")
            check_first_screen(page, SCREENS[name, view])
        found += complaints(page, f"{address}, {view}")
    assert found == []


def test_focus_is_seen_in_the_navigation(browser_page):
    page = browser_page
    page.emulate_media(color_scheme="light")
    page.goto("/glossary")
    settle(page)
    sections = page.get_by_test_id("stTopNavSection")
    sections.first.focus()
    expect(sections.first).to_be_focused()
    page.keyboard.press("Tab")
    expect(sections.nth(1)).to_be_focused()
    expect(sections.nth(1)).to_have_css("outline", re.compile("solid 2px"))


def test_by_keyboard_and_screen_reader_a_digit_is_chosen_turned_and_judged(visit):
    page = open_distorted(visit)
    group = stage_of(page).get_by_role("group", name="Handles on U")
    expect(group.get_by_role("button", name="the whole grid")).to_have_count(1)
    expect(group.get_by_role("img", name="U: a distorted")).to_have_count(1)
    v = stage_of(page).locator("[data-pane=V] .square").first
    before = v.get_attribute("aria-label")
    assert re.search(r"turned by −?\d+°, scaled by", before)
    verdict = page.locator("[aria-live=polite]", has_text="ST-CNN Aff reads").first
    said = verdict.inner_text()
    verdict.evaluate("(node) => (node.kept = true)")
    handle(page, "the whole grid").focus()
    for _ in range(9):
        page.keyboard.press("Shift+ArrowRight")
    expect(v).not_to_have_attribute("aria-label", before)
    expect(verdict).not_to_have_text(said)
    assert verdict.evaluate("(node) => node.kept"), "a new node is not announced as a change"
    settle(page)  # the hand's last reports have been answered
    cell = page.locator(".strip button.cell").nth(3)
    cell.focus()
    expect(cell).to_have_attribute("aria-pressed", "false")
    with made_anew(page, cell):
        page.keyboard.press("Enter")
        expect(cell).to_have_attribute("aria-pressed", "true")
    expect(cell).to_have_attribute("aria-pressed", "true")
    expect(cell).to_be_focused()
