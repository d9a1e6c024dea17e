"""How fast and how well a browser trains: ``python -m tests.stress.learning [--tabs 30]``.

One tab of *Train in your browser*, in a headless Chromium: steps and frames a second while it
trains, how soon the first step is there, its memory, and both errors after a minute. Then several
tabs at once: how much of a core the server takes meanwhile, and how much it takes when none trains.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
import time
from pathlib import Path

import psutil
from playwright.sync_api import Browser, Page

from tests.browser import serving

SECONDS = 60
TABS_SECONDS = 20
# Counts the frames in which a picture was painted.
WATCH = """
window.painted = new Set();
const put = CanvasRenderingContext2D.prototype.putImageData;
CanvasRenderingContext2D.prototype.putImageData = function (...given) {
    put.apply(this, given);
    if (this.canvas.closest("[data-pane=V]")) window.painted.add(document.timeline.currentTime);
};
"""
STAGE = """[...document.querySelectorAll("*")].map((node) => node.shadowRoot?.querySelector(
    ".stage[data-steps]")).find((node) => node)"""
FIRST_STEP = f"""() => new Promise((done) => {{
    const stage = {STAGE};
    const begun = performance.now();
    stage.querySelector(".play").click();
    const look = () => Number(stage.dataset.steps) > 0 ? done(performance.now() - begun)
        : requestAnimationFrame(look);
    look();
}})"""


def open_tab(browser: Browser, address: str) -> Page:
    """A tab with its digits, before the first step."""
    page = browser.new_context(viewport={"width": 1280, "height": 720}).new_page()
    page.set_default_timeout(120_000)
    page.add_init_script(WATCH)
    page.goto(f"{address}/learn")
    page.wait_for_function(f"() => {STAGE}?.dataset.steps === '0'")
    return page


def told(page: Page) -> dict[str, str]:
    return page.evaluate(f"() => ({{ ...{STAGE}.dataset }})")


def megabytes(page: Page) -> float:
    """The tab's JavaScript heap, without the worker's, after a collection."""
    session = page.context.new_cdp_session(page)
    session.send("HeapProfiler.collectGarbage")
    return session.send("Runtime.getHeapUsage")["usedSize"] / 2**20


def one_tab(browser: Browser, address: str, seconds: int) -> None:
    page = open_tab(browser, address)
    first = page.evaluate(FIRST_STEP)
    page.wait_for_timeout(3_000)
    page.evaluate("window.painted.clear()")
    before, begun = int(told(page)["steps"]), time.monotonic()
    heap = megabytes(page)
    page.wait_for_timeout(1_000 * (seconds - 3))
    taken, frames = time.monotonic() - begun, page.evaluate("window.painted.size")
    state = told(page)
    fcn, st_fcn = map(float, state["errors"].split(","))
    print(
        f"First step {first:.0f} ms after the click; {(int(state['steps']) - before) / taken:.0f} "
        f"steps and {frames / taken:.0f} frames a second. After {seconds} s, {state['steps']} "
        f"steps: FCN {fcn:.1f} %, ST-FCN {st_fcn:.1f} %, correlation of the angles "
        f"{float(state['follows']):.2f}. Heap {heap:.1f} MB after 3 s, {megabytes(page):.1f} MB in "
        "the end."
    )
    page.context.close()


def share(process: psutil.Process, seconds: float) -> float:
    """Of a core, in per cent."""
    process.cpu_percent()
    time.sleep(seconds)
    return process.cpu_percent()


def many_tabs(browser: Browser, address: str, process: psutil.Process, count: int) -> None:
    pages = [open_tab(browser, address) for _ in range(count)]
    idle = share(process, TABS_SECONDS)
    for page in pages:
        page.evaluate(FIRST_STEP)
    busy = share(process, TABS_SECONDS)
    steps = [int(told(page)["steps"]) for page in pages]
    print(
        f"{count} tabs: the server takes {idle:.1f} % of a core while none trains, {busy:.1f} % "
        f"while all do ({min(steps)} to {max(steps)} steps each in {TABS_SECONDS} s)"
    )


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--seconds", type=int, default=SECONDS, help="of the one tab's training")
    parser.add_argument("--tabs", type=int, default=0, help="how many train at once, afterwards")
    options = parser.parse_args()
    with (
        tempfile.TemporaryDirectory() as runs,
        serving.server(Path(runs)) as (address, process),
        serving.chromium(serving.chromium_path()) as browser,
    ):
        one_tab(browser, address, options.seconds)
        if options.tabs:
            many_tabs(browser, address, psutil.Process(process.pid), options.tabs)


if __name__ == "__main__":
    sys.exit(main())
