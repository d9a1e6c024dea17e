"""Pages as a visitor has them: opened, and their stages driven and read off."""

from __future__ import annotations

import re
import time
from collections.abc import Iterator
from contextlib import contextmanager

import numpy as np
from playwright.sync_api import Locator, Page

from app.data import browser_networks
from app.views import pages

PATIENCE_MILLISECONDS = 120_000  # on a slow machine, with four workers on two processors
FRAME_MILLISECONDS = 17
DIGIT, SEED = 207, 1
# Whether anything is on a canvas.
PAINTED = """(canvas) => {
    const { data } = canvas.getContext("2d").getImageData(0, 0, canvas.width, canvas.height);
    return data.some(Boolean);
}"""
# The script has ended, nothing is waited for, every stage is drawn, and all is in its colours.
SETTLED = """(scheme) => {
    const app = document.querySelector("[data-testid=stApp]");
    const busy = "[data-testid=stSkeleton], [data-testid=stSpinner], [data-stale=true]";
    const parts = document.querySelectorAll("[data-testid=stBidiComponentIsolated]");
    const isDrawn = (part) => part.closest(".st-key-keys, .st-key-networks")
        || part.shadowRoot?.querySelector(".stage")?.childElementCount !== 0;
    return app?.dataset.testScriptState === "notRunning"
        && getComputedStyle(app).colorScheme === scheme
        && document.querySelector(".st-key-footer")
        && !document.querySelector(busy)
        && [...parts].every(isDrawn);
}"""


def open_distorted(visit, query: str = "", *, reduced_motion: str = "reduce", **options) -> Page:
    """The explorer with its grid at the prediction: with reduced motion it is there at once."""
    query = f"digit={DIGIT}&seed={SEED}&{query}"
    page = visit(query, at="distorted", reduced_motion=reduced_motion, **options)
    handle(page, "the whole grid").wait_for()
    return page


def open_transformer(visit, query: str = "", *, reduced_motion: str = "reduce", **options) -> Page:
    """The Transformer page with its grid at the start."""
    page = visit(query, at="transformer", reduced_motion=reduced_motion, **options)
    handle(page, "the whole grid").wait_for()
    return page


def open_volumes(visit, query: str = "", **options) -> Page:
    """The page on volumes, its box at the prediction: with reduced motion it is there at once."""
    page = visit(query, at="volumes", reduced_motion="reduce", **options)
    page.locator("canvas.solid").first.wait_for()
    page.get_by_text("Probability of each class").wait_for()
    return page


def go(page: Page, menu: str) -> None:
    """To another page, by the menu."""
    group = next(record.group for record in pages().values() if menu in record.menu)
    page.get_by_test_id("stTopNavSection").filter(has_text=group).click()
    page.get_by_test_id("stTopNavDropdownLink").filter(has_text=menu).first.click()


def settle(page: Page, scheme: str = "light") -> None:
    """Until the script has ended and everything is there in its colours."""
    page.wait_for_function(SETTLED, arg=scheme)
    page.evaluate("() => new Promise((done) => setTimeout(done, 150))")
    page.wait_for_function(SETTLED, arg=scheme)


def stage_of(page: Page, index: int = 0):
    """A stage of the page, as it stands there; the questions above one are none."""
    return page.locator(".stage:not(.st-key-predict *)").nth(index)


def handle(page: Page, name: str):
    return stage_of(page).get_by_label(name)


def scrub(page: Page):
    return stage_of(page).locator(".transport input[type=range]")


def until(page: Page, check, message: str) -> None:
    """Frame after frame of the page, until the check holds."""
    deadline = time.monotonic() + PATIENCE_MILLISECONDS / 1000
    while not check():
        assert time.monotonic() < deadline, message
        page.evaluate("() => new Promise((done) => requestAnimationFrame(() => done()))")


@contextmanager
def frame_by_frame(page: Page) -> Iterator[Iterator[None]]:
    """The page's time stands still but for its next frame, which the test asks for.

    So what moves is seen at each of its places, however slow the machine is. Its time is never
    ahead of the server's. ``until`` does not work within: it waits for a frame.
    """

    def frames() -> Iterator[None]:
        deadline = time.monotonic() + PATIENCE_MILLISECONDS / 1000
        while time.monotonic() < deadline:
            time.sleep(FRAME_MILLISECONDS / 1000)
            page.clock.run_for(FRAME_MILLISECONDS)
            yield
        raise AssertionError("it moves for ever")

    page.clock.install()
    page.clock.pause_at(time.time() + 1)
    try:
        yield frames()
    finally:
        page.clock.resume()


def pixels(page: Page, pane: str, index: int = 0, nth: int = 0) -> np.ndarray:
    """The grey (or red) values of the n-th pane of a kind, as U or V, on its canvas, (H, W)."""
    canvas = stage_of(page, index).locator(f"[data-pane={pane}] canvas.pixels").nth(nth)
    height, width, values = canvas.evaluate(
        """(canvas) => {
            const { width, height } = canvas;
            const { data } = canvas.getContext("2d").getImageData(0, 0, width, height);
            return [height, width, [...data].filter((_, i) => i % 4 === 0)];
        }"""
    )
    return np.array(values).reshape(height, width)


def data_of(page: Page, what: str) -> np.ndarray:
    return np.array([float(v) for v in stage_of(page).get_attribute(f"data-{what}").split(",")])


def play_button(page: Page, name: str):
    return stage_of(page).get_by_role("button", name=name, exact=True)


def drag(page: Page, name: str, dx: float, dy: float) -> None:
    """Drag a handle by shares of the pane's width, on a page that a click may have scrolled."""
    handle(page, name).scroll_into_view_if_needed()
    width = stage_of(page).locator("[data-pane=U] .square").first.bounding_box()["width"]
    box = handle(page, name).bounding_box()
    x, y = box["x"] + box["width"] / 2, box["y"] + box["height"] / 2
    page.mouse.move(x, y)
    page.mouse.down()
    for share in (0.5, 1):
        page.mouse.move(x + share * dx * width, y + share * dy * width)
    page.mouse.up()


def theta_shown(page: Page) -> np.ndarray:
    return theta_fields(page).reshape(2, 3)


def theta_fields(page: Page) -> np.ndarray:
    """As many as there are at this moment."""
    fields = stage_of(page).locator("details").last.locator("input[type=number]")
    return np.array(fields.evaluate_all("(fields) => fields.map((field) => Number(field.value))"))


def wait_for_theta(page: Page, theta: np.ndarray) -> None:
    def is_there() -> bool:
        """In one look: the page may be another one in the next."""
        values = theta_fields(page)
        return len(values) == theta.size and np.allclose(values, theta.flatten(), atol=0.011)

    until(page, is_there, f"θ is another than {theta}")


# Runs in the page, on the component's own modules. BODY uses ``load`` and gives the result.
IN_THE_COMPONENT = """async (given) => {
    const at = performance.getEntriesByType("resource").map((entry) => entry.name);
    const folder = at.find((name) => name.includes("/index.js")).replace(/index\\.js.*/, "");
    const load = (name) => import(`${folder}${name}.js`);
    const floats = (text) =>
        new Float32Array(Uint8Array.from(atob(text), (c) => c.charCodeAt(0)).buffer);
    const form = (given) => ({
        ...given, slope: floats(given.slope), offset: floats(given.offset),
        target: floats(given.target), handleTarget: floats(given.handleTarget),
    });
    BODY
}"""


def component(page: Page, body: str, given=None):
    """Run JavaScript on the component's modules; ``given`` is what it is given."""
    return page.evaluate(IN_THE_COMPONENT.replace("BODY", body), given)


# Notes, for every move of a pressed pointer, what has changed by the end of its own event.
WATCH = """(stage, watched) => {
    const state = () => watched.map((selector) => {
        const result = stage.querySelector(selector);
        if (!(result instanceof HTMLCanvasElement)) return result.textContent;
        const { width, height } = result;
        return result.getContext("2d").getImageData(0, 0, width, height).data.join();
    });
    let before;
    window.moves = [];
    window.addEventListener("pointermove", () => (before = state()), true);
    window.addEventListener("pointermove", (event) => {
        const after = state();
        if (event.buttons) window.moves.push(after.map((value, i) => value !== before[i]));
    });
}"""
# From now on Python hears nothing.
DEAF = "() => { WebSocket.prototype.send = () => {}; }"
V_PIXELS, U_PIXELS = "[data-pane=V] canvas.pixels", "[data-pane=U] canvas.pixels"


def typed(page: Page, name: str):
    return stage_of(page).get_by_label(f"{name}, as a number", exact=True)


def select(page: Page, label: str, option: str) -> None:
    menu = page.get_by_label(label, exact=True).first
    menu.focus()  # a phone scrolls to what has the focus, a while later
    settle(page)
    choice = page.get_by_role("option", name=option)

    def is_open() -> bool:
        """A scroll and a rerun close a menu."""
        if not choice.is_visible():
            menu.press("ArrowDown")
        return choice.is_visible()

    until(page, is_open, f"{label} has no {option}")
    choice.click()


@contextmanager
def made_anew(page: Page, node: Locator) -> Iterator[None]:
    """What is done within has the page make this node anew, once Python has answered: wait for it.

    A strip shows at once which of its pictures is chosen, and is made anew with the answer.
    """
    node.evaluate("(node) => (node.isOld = true)")
    yield
    until(page, lambda: not node.evaluate("(node) => node.isOld"), "Python does not answer")


def copied(page: Page) -> str:
    """What "Copy link" gives."""
    stage_of(page).get_by_text("Export").click()
    stage_of(page).get_by_role("button", name="Copy link").click()
    field = stage_of(page).get_by_label("Link to this view")
    return field.evaluate("(field) => field.value")


def keep_networks(page: Page, *names: str) -> None:
    """Until the browser has these published networks."""
    ids = [browser_networks.sent_network(name).id for name in names]
    have = """
        const { networkOf } = await load("parts/networks");
        return given.every((id) => networkOf(id));
    """
    until(page, lambda: component(page, have, ids), "the browser has not got the networks")


def said(page: Page, title: str) -> tuple[int, float]:
    """The class that a network of this title reads on the page, and its probability in percent."""
    words = page.locator(".answer", has_text=f"{title} reads").inner_text()
    read, share = re.search(r"reads (\d+) \((?:over )?([\d.]+) %\)", words).groups()
    return int(read), float(share)


def set_mode(page: Page, name: str) -> None:
    stage_of(page).get_by_role("button", name=name, exact=True).click()
