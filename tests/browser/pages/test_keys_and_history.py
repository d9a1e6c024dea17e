"""The keys of a lecture after a click, and the browser's Back, on several pages in one visit."""

from __future__ import annotations

import re

import numpy as np
import pytest
from playwright.sync_api import Page, expect

from tests.browser.driving import (
    data_of,
    drag,
    go,
    handle,
    made_anew,
    open_distorted,
    play_button,
    scrub,
    stage_of,
    theta_shown,
    until,
    wait_for_theta,
)


def shown_keys(page: Page) -> list[str]:
    """What "?" lists, as the first words of its rows."""
    page.keyboard.press("Shift+?")
    keys = page.locator("dialog.stn-keys kbd").all_inner_texts()
    page.keyboard.press("Escape")
    return keys


def test_keys_work_after_a_click_and_take_the_digit_of_that_name(visit):
    page = open_distorted(visit)
    page.locator(".strip button").nth(9).wait_for()
    for number in (3, 0, 9):
        with made_anew(page, page.locator(".strip button").nth(number)):
            page.keyboard.press(str(number))
        chosen = page.locator(".strip button[aria-pressed=true] .label")
        expect(chosen).to_have_text(re.compile(f"^{number}"))
    play_button(page, "Loop").click()
    scrub(page).click()
    page.keyboard.press("ArrowRight")
    position = float(scrub(page).input_value())
    page.keyboard.press("ArrowRight")
    assert float(scrub(page).input_value()) > position
    page.get_by_test_id("stCheckbox").get_by_text("Sweep the angle").click()
    expect(scrub(page)).to_have_attribute("max", "60")
    page.keyboard.press("ArrowLeft")
    expect(stage_of(page).locator(".where")).to_have_text(re.compile(r"\d°"))
    expect(page.get_by_role("switch", name="Sweep the angle")).to_be_checked()
    set_before = float(scrub(page).input_value())
    drag(page, "the whole grid", 0.1, 0)
    page.keyboard.press("r")
    expect(page.get_by_text("θ set by hand")).to_have_count(0)
    assert float(scrub(page).input_value()) >= set_before
    assert shown_keys(page) == ["Space", "← →", "R", "0 … 9", "Tab", "F", "?"]

    page.get_by_role("radio", name="Results").click()
    page.locator(".strip a.cell").first.wait_for()
    page.keyboard.press("2")
    assert shown_keys(page) == ["?"]
    expect(page.get_by_role("radio", name="Results")).to_be_checked()

    page.goto(re.sub(r"/distorted.*", "/glossary", page.url))
    page.get_by_text("Eq. 1").first.wait_for()
    until(page, lambda: shown_keys(page) == ["?"], "no list of keys on the glossary")


def test_keys_of_the_browser_are_left_to_it(modules):
    """Its zoom and its Back, on whatever has the focus on a stage; Option types [ and ]."""
    taken = modules(
        """
        const { affine, IDENTITY } = await load("maths/affine");
        const { Handles } = await load("parts/handles");
        const { Inspector } = await load("parts/inspect");
        const { Landscape } = await load("layouts/labels/landscape");
        const { Photo } = await load("layouts/windows/photo");
        const { Pointing } = await load("layouts/depth/pointing");
        const pane = () => ({
            ...{ square: document.createElement("div"), marks: document.createElement("canvas") },
            ...{ node: document.createElement("figure"), name: "" },
        });
        const handles = new Handles(pane().square, affine([4, 4]), () => {});
        handles.show(IDENTITY);
        const read = pane();
        const inspector = new Inspector({ us: [], vs: [[read]], shape: { width: 4, height: 4 } });
        inspector.point = () => {};
        const colours = { ramp: ["#000000", "#ffffff"], grid: "#ffffff" };
        const landscape = new Landscape(colours, () => {}, () => 0, []);
        landscape.theta = IDENTITY;
        const shown = { own: [[0, 0]], colours: ["red"], scale: 0.3, image: { width: 4 } };
        const photo = new Photo(shown, { move() {}, take() {} });
        photo.show([[0, 0]], [false], null, 0);
        const seen = pane();
        new Pointing({ panes: [seen], places: [IDENTITY] });
        const press = (node, key, held) =>
            !node.dispatchEvent(new KeyboardEvent("keydown", { key, cancelable: true, ...held }));
        const nodes = [handles.body, read.square, landscape.canvas, photo.windows[0], seen.square];
        const held = ["", "shiftKey", "ctrlKey", "metaKey", "altKey"].map((k) => ({ [k]: true }));
        return {
            arrows: nodes.map((node) => held.map((keys) => press(node, "ArrowLeft", keys))),
            zoom: ["+", "=", "-", "["].map((key) => held.map((k) => press(handles.body, key, k))),
        };
        """
    )
    assert taken["arrows"] == 5 * [[True, True, False, False, False]]
    assert taken["zoom"] == 4 * [[True, True, False, False, True]]


def length(page: Page) -> int:
    return page.evaluate("history.length")


def test_a_page_has_one_entry_in_the_history_and_back_brings_it_as_it_was(visit):
    page = open_distorted(visit)
    before = length(page)
    page.locator(".strip button").nth(5).click()
    page.get_by_role("img", name="U: a distorted 5").wait_for()
    page.get_by_text("Probability of each class").wait_for()
    drag(page, "the whole grid", 0.1, -0.05)
    page.get_by_text("θ set by hand").wait_for()
    turned = theta_shown(page)
    assert length(page) == before  # neither a digit nor a drag is a page
    go(page, "Transformer")
    page.get_by_text("degrees of freedom").wait_for()
    page.locator(".strip").first.wait_for(state="detached")
    assert length(page) == before + 1
    for _ in range(3):
        address = page.url
        drag(page, "the whole grid", 0.1, 0.05)
        until(page, lambda a=address: page.url != a, "θ is in no address")
    assert length(page) == before + 1
    moved = theta_shown(page)

    page.go_back()  # one step leads to the former page
    expect(page).to_have_url(re.compile("distorted.*digit=507"))
    page.get_by_text("θ set by hand").wait_for()
    wait_for_theta(page, turned)
    page.go_forward()
    page.get_by_text("degrees of freedom").wait_for()
    wait_for_theta(page, moved)
    expect(page).to_have_url(re.compile("theta="))
    page.reload()
    page.get_by_text("degrees of freedom").wait_for()
    wait_for_theta(page, moved)
    assert length(page) == before + 1


def test_back_to_the_overview_brings_its_theta_also_after_a_link_that_loads_a_page(visit):
    page = visit("step=7", reduced_motion="reduce")
    stage_of(page).get_by_role("button", name="grid", exact=True).click()
    drag(page, "the whole grid", 0.1, 0)
    theta, before = data_of(page, "theta"), length(page)
    kept = lambda: np.allclose(data_of(page, "theta"), theta, atol=1e-4)  # noqa: E731
    page.locator(".cards a[href*=transformer]").first.click()
    page.get_by_text("degrees of freedom").wait_for()
    assert length(page) == before + 1
    page.go_back()
    page.locator(".figure2 [data-pane=V]").first.wait_for()
    until(page, kept, "θ is lost on the way back")


def test_theta_by_hand_is_there_after_a_reload_and_gone_after_a_reset(visit):
    page = visit("step=7", reduced_motion="reduce")
    stage_of(page).get_by_role("button", name="grid", exact=True).click()
    drag(page, "the whole grid", 0.1, 0)
    theta = data_of(page, "theta")
    page.wait_for_timeout(300)  # until it is at rest
    page.reload()
    handle(page, "move").first.wait_for()
    close = lambda: np.allclose(data_of(page, "theta"), theta, atol=1e-4)  # noqa: E731
    until(page, close, "θ is lost")
    go(page, "Distorted")
    handle(page, "the whole grid").wait_for()
    drag(page, "the whole grid", 0.1, 0)
    held = theta_shown(page)
    page.get_by_text("θ set by hand").wait_for()
    page.reload()
    handle(page, "the whole grid").wait_for()
    page.get_by_text("θ set by hand").wait_for()
    np.testing.assert_allclose(theta_shown(page), held, atol=0.011)
    go(page, "Overview")
    page.locator(".figure2").wait_for()
    until(page, close, "θ is lost on the way back")
    go(page, "Distorted")
    page.get_by_text("θ set by hand").wait_for()
    page.locator(".st-key-footer a").last.click()
    handle(page, "the whole grid").wait_for()
    page.get_by_text("Probability of each class").wait_for()
    expect(page.get_by_text("θ set by hand")).to_have_count(0)


def test_presentation_goes_along_with_every_link_and_one_control_is_all_that_is_left(visit):
    page = visit("large=true&hide=seed", reduced_motion="reduce")
    kept = re.compile(r"(?=.*large=true)(?=.*hide=seed)")
    for link in (".cards a[href*=transformer]", ".paper a[href*=glossary]", ".st-key-footer a"):
        until(page, lambda: "?" in shown_keys(page), "the page's keys do not work")
        page.locator(link).first.click()
        page.wait_for_load_state()
        page.locator(".st-key-footer a").first.wait_for()
        expect(page).to_have_url(kept)

    page.goto(re.sub(r"(/[^/?]*)?\?.*", "/distorted?controls=playhead", page.url))
    handle(page, "the whole grid").wait_for()
    expect(play_button(page, "Play")).to_be_visible()
    main = page.get_by_test_id("stMain")
    until(
        page,
        lambda: re.sub(r"[\s▶❚◂▸⟳\d.×]", "", main.inner_text()) in ("", "identityprediction"),
        "words",
    )
    expect(stage_of(page).get_by_text("Export")).to_be_hidden()


@pytest.mark.parametrize(
    ("fields", "stale"),
    [
        ("?stage=lab&theta=1", True),  # of the transformer's page, whose run was under way
        ("?theta=1", True),  # the same, where no hand had moved anything
        ("?digit=207&stage=digits", False),
        ("?digit=207&stage=digits&seed=3", False),  # a field more, by the page itself
        ("?digit=7&stage=digits", False),
    ],
)
def test_fields_of_the_page_before_are_not_written_to_the_next_one(modules, fields, stale):
    before, now = "?stage=lab" if "stage=lab" in fields else "", "?digit=207&stage=digits"
    addresses = [f"http://here/distorted{field}" for field in (fields, before, now)]
    assert stale == modules(
        'return (await load("parts/history")).isLiker(...given);',
        addresses,
    )
