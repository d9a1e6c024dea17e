"""How fast and how well a browser trains: ``python -m tests.stress.learning``.

One tab of *Train in your browser*, in a headless Chromium: steps and frames a second while it
trains, how soon the first step is there, and both errors after a minute. With ``--memory 600``, a
tab's memory over ten minutes. With ``--tabs 30``, what thirty tabs cost the server: its processor
time, requests and memory without them, while they come, while none trains, and while all train.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import psutil
from playwright.sync_api import Browser, Page

from tests.browser import serving

SECONDS = 60
TABS_SECONDS = 20
MOMENTS = 10  # of a tab's memory, after the first
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


def open_tab(browser: Browser, address: str, watch: Callable[[Page], None] | None = None) -> Page:
    """A tab with its digits, before the first step. watch: takes the tab before it asks."""
    page = browser.new_context(viewport={"width": 1280, "height": 720}).new_page()
    page.set_default_timeout(120_000)
    if watch:
        watch(page)
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


def renderer(page: Page) -> float:
    """MB of the tab's process alone, with its worker: the browser's process that works most."""
    begun = {p: sum(p.cpu_times()[:2]) for p in psutil.Process().children(recursive=True)}
    page.wait_for_timeout(500)
    busiest = max(
        (p for p in begun if "--type=renderer" in p.cmdline()),
        key=lambda p: sum(p.cpu_times()[:2]) - begun[p],
    )
    return busiest.memory_full_info().uss / 2**20


def memory(browser: Browser, address: str, seconds: int) -> None:
    """A tab that trains for long: its memory at the start, and then at even distances."""
    page = open_tab(browser, address)
    page.evaluate(FIRST_STEP)
    print(f"A tab's memory over {seconds} s, MB of heap (and of its whole process):", end="")
    page.wait_for_timeout(3_000)
    begun = time.monotonic()
    for moment in range(MOMENTS + 1):
        wait = begun + moment * (seconds - 3) / MOMENTS - time.monotonic()
        page.wait_for_timeout(max(0, 1_000 * wait))
        print(f" {megabytes(page):.1f} ({renderer(page):.0f})", end="", flush=True)
    print(f"; {told(page)['steps']} steps")
    page.context.close()


class Server:
    """What the server takes: seconds of a core, requests and messages that reach it, and memory."""

    def __init__(self, process: psutil.Process) -> None:
        self.process = process
        self.asked = 0

    def watch(self, page: Page) -> None:
        """Count what this tab asks of it from now on."""

        def count(_) -> None:
            self.asked += 1

        page.on("request", count)
        page.on("websocket", lambda socket: socket.on("framesent", count))

    def seconds(self) -> float:
        """Of a core, since it began."""
        return sum(self.process.cpu_times()[:2])

    def measure(self, what: str, wait: Callable[[], None]) -> None:
        """Print what it takes while ``wait`` runs."""
        asked, used, begun = self.asked, self.seconds(), time.monotonic()
        wait()
        taken = time.monotonic() - begun
        print(
            f"{what}, {taken:.0f} s: {self.seconds() - used:.2f} s of a core, "
            f"{self.asked - asked} requests and messages, "
            f"{self.process.memory_info().rss / 2**20:.0f} MB",
            flush=True,
        )


def many_tabs(
    browser: Browser, address: str, process: psutil.Process, count: int, seconds: int
) -> None:
    """One tab after the other comes; then all train at once. What they starve of is the browser's
    cores, not the server's: of that, its own processor time counts."""
    server = Server(process)
    server.measure("The server, no tab", lambda: time.sleep(seconds))
    pages: list[Page] = []

    def rest() -> None:
        pages[0].wait_for_timeout(1_000 * seconds)  # and hear of what is asked meanwhile

    def come() -> None:
        for _ in range(count):
            pages.append(open_tab(browser, address, server.watch))

    def train() -> None:
        for page in pages:
            page.evaluate(FIRST_STEP)

    server.measure(f"{count} tabs come", come)
    server.measure(f"{count} tabs, none trains", rest)
    server.measure(f"{count} tabs begin to train", train)
    begun = [int(told(page)["steps"]) for page in pages]
    server.measure(f"{count} tabs, all train", rest)
    steps = [int(told(page)["steps"]) - at for page, at in zip(pages, begun, strict=True)]
    print(f"Meanwhile each tab took {min(steps)} to {max(steps)} steps")


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--seconds", type=int, default=SECONDS, help="of the one tab's training")
    parser.add_argument("--memory", type=int, default=0, help="seconds of a tab's memory, then")
    parser.add_argument("--tabs", type=int, default=0, help="how many train at once, afterwards")
    parser.add_argument("--each", type=int, default=TABS_SECONDS, help="seconds of each state")
    options = parser.parse_args()
    with (
        tempfile.TemporaryDirectory() as runs,
        serving.server(Path(runs)) as (address, process),
        serving.chromium(serving.chromium_path()) as browser,
    ):
        if options.seconds:
            one_tab(browser, address, options.seconds)
        if options.memory:
            memory(browser, address, options.memory)
        if options.tabs:
            server = psutil.Process(process.pid)
            many_tabs(browser, address, server, options.tabs, options.each)


if __name__ == "__main__":
    sys.exit(main())
