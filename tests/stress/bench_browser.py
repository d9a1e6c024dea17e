"""Frames a second and latencies in a headless Chromium: ``python -m tests.stress.bench_browser``.

A pressed mouse drags a handle. Frames: a pointer event in each animation frame, V painted anew for
each. Latency: from a real mouse event to after the frame that shows its V, or the networks'
answers. Re-inference: from a moved digit to the network's new θ in the numbers. Training: what
``tests.stress.learning`` prints of one tab.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
import time
from pathlib import Path

from playwright.sync_api import Page

from tests.browser import serving
from tests.browser.driving import set_mode
from tests.stress import learning

SECONDS = 5
ROUNDS = 25
# Notes each painting of V (putImageData on a canvas of its), and how long ago the first pointer
# event since the painting before was; a message from a frame's callback comes after its painting.
WATCH = """
window.paints = []; window.latencies = []; window.moved = null;
const put = CanvasRenderingContext2D.prototype.putImageData;
CanvasRenderingContext2D.prototype.putImageData = function (...given) {
    put.apply(this, given);
    if (!this.canvas.closest("[data-pane=V]")) return;
    window.paints.push(performance.now());
    if (window.moved === null) return;
    const moved = window.moved;
    window.moved = null;
    requestAnimationFrame(() => {
        const channel = new MessageChannel();
        channel.port1.onmessage = () => window.latencies.push(performance.now() - moved);
        channel.port2.postMessage(0);
    });
};
addEventListener("pointermove", (event) => { window.moved ??= event.timeStamp; }, true);
"""


# Moves the handle that a pressed mouse holds, once a frame; gives the paintings of V in a second.
RACE = """([name, seconds]) => new Promise((done) => {
    const handle = [...document.querySelectorAll("*")].map((element) => element.shadowRoot)
        .map((shadow) => shadow?.querySelector(`[aria-label^="${name}"]`)).find((result) => result);
    const box = handle.getBoundingClientRect();
    const begun = performance.now();
    let step = 0;
    window.paints.length = 0;
    const tick = (now) => {
        if (now - begun > 1000 * seconds) return done(window.paints.length / seconds);
        step += 1;
        handle.dispatchEvent(new PointerEvent("pointermove", {
            pointerId: 1, buttons: 1, bubbles: true,
            clientX: box.x + 14 + 40 * Math.sin(step / 20),
            clientY: box.y + 14 + 30 * Math.sin(step / 13),
        }));
        requestAnimationFrame(tick);
    };
    requestAnimationFrame(tick);
})"""


# Notes how long after a move of a pressed mouse the frame is there that shows other answers.
ANSWERS = """() => {
    const verdict = [...document.querySelectorAll("*")].map((element) => element.shadowRoot)
        .map((shadow) => shadow?.querySelector(".verdicts")).find((result) => result);
    const bars = () => [...verdict.querySelectorAll("i")].map((bar) => bar.style.width).join();
    window.answered = [];
    let before;
    addEventListener("pointermove", () => (before = bars()), true);
    addEventListener("pointermove", ({ buttons, timeStamp }) => {
        if (!buttons || bars() === before) return;
        requestAnimationFrame(() => {
            const channel = new MessageChannel();
            channel.port1.onmessage = () => window.answered.push(performance.now() - timeStamp);
            channel.port2.postMessage(0);
        });
    });
}"""


def percentile(values: list[float], share: float) -> float:
    return sorted(values)[min(len(values) - 1, int(share * len(values)))]


def percentiles(values: list[float]) -> str:
    if not values:
        return "not measured: nothing was painted, so no pointer reached what it was to drag"
    return f"p50 {percentile(values, 0.5):.0f} ms, p95 {percentile(values, 0.95):.0f} ms"


def open_page(chromium, address: str) -> Page:
    context = chromium.new_context(viewport={"width": 1440, "height": 900})
    context.add_init_script(WATCH)
    page = context.new_page()
    page.set_default_timeout(60_000)
    page.goto(address)
    return page


def middle(page: Page, name: str) -> tuple[float, float]:
    """Of a handle, on the screen: a button below it, clicked before, may have scrolled it away."""
    handle = page.get_by_label(name).first
    handle.scroll_into_view_if_needed()
    box = handle.bounding_box()
    return box["x"] + box["width"] / 2, box["y"] + box["height"] / 2


def drag(page: Page, name: str) -> str:
    """Drag a handle about: frames a second and the latency to the repainted V."""
    page.get_by_label(name).first.wait_for()
    page.wait_for_timeout(2_000)  # the grid has arrived
    x, y = middle(page, name)
    page.mouse.move(x, y)
    page.mouse.down()
    frames = page.evaluate(RACE, [name, SECONDS])
    page.evaluate("window.latencies.length = 0")
    for step in range(ROUNDS * 4):
        page.mouse.move(x + 30 * ((step % 40) / 20 - 1), y + 20 * ((step % 30) / 15 - 1))
    page.mouse.up()
    latencies = page.evaluate("window.latencies")
    return f"{frames:.0f} frames a second; from input to repainted V {percentiles(latencies)}"


def inference(page: Page) -> str:
    """Move the digit by a key, and wait for the network's θ."""
    set_mode(page, "digit")
    body = page.get_by_label("digit: move").first
    body.focus()
    times = []
    for step in range(ROUNDS):
        page.wait_for_timeout(600)
        times.append(
            page.evaluate(
                """([key]) => new Promise((done) => {
                    const inside = [...document.querySelectorAll("*")].map((e) => e.shadowRoot)
                        .find((shadow) => shadow?.querySelector(".stage .handle"));
                    const numbers = () => [...inside.querySelectorAll("input[type=number]")]
                        .map((input) => input.value).join();
                    const before = numbers();
                    const body = inside.querySelector(".handle.body");
                    const begun = performance.now();
                    body.dispatchEvent(
                        new KeyboardEvent("keydown", { key, shiftKey: true, bubbles: true }));
                    const look = () => {
                        if (numbers() !== before) done(performance.now() - begun);
                        else requestAnimationFrame(look);
                    };
                    look();
                })""",
                [("ArrowRight", "ArrowLeft")[step % 2]],
            )
        )
    return f"from a moved digit to the network's new θ on the screen {percentiles(times)}"


def answers(page: Page, what: str) -> str:
    """Drag the digit or the picture: the latency to the frame with both networks' answers."""
    set_mode(page, what)
    page.evaluate(ANSWERS)
    x, y = middle(page, f"{what}: move")
    page.mouse.move(x, y)
    page.mouse.down()
    for step in range(ROUNDS * 4):
        page.mouse.move(x + 30 * ((step % 40) / 20 - 1), y + 20 * ((step % 30) / 15 - 1))
    page.mouse.up()
    times = page.evaluate("window.answered")
    return (
        f"from input to θ, V and both answers {percentiles(times)}, "
        f"{len(times)} times in {4 * ROUNDS} moves"
    )


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--training", type=int, default=learning.SECONDS, help="seconds of it")
    options = parser.parse_args()
    with (
        tempfile.TemporaryDirectory() as runs,
        serving.serve(Path(runs)) as address,
        serving.chromium(serving.chromium_path()) as chromium,
    ):
        print("The front page of a server that has just started:", end=" ")
        begun = time.monotonic()
        page = open_page(chromium, address)
        page.get_by_label("digit: move").first.wait_for()
        print(f"its digit can be dragged after {time.monotonic() - begun:.1f} s")
        print("The story's first step, a classifier run by the browser:", drag(page, "digit: move"))
        for step, what, name in (
            (3, "an ST-CNN, all of it drawn", "digit: move"),
            (5, "its gradient, back to θ", "the whole grid"),
        ):
            page = open_page(chromium, f"{address}/?step={step}")
            print(f"Step {step}, {what}:", drag(page, name))
        page = open_page(chromium, f"{address}/labels")
        print("A loss and its gradient, of an ST-FCN:", drag(page, "the whole grid"))
        page = open_page(chromium, f"{address}/transformer?family=Thin+plate+spline")
        print("Thin plate spline, 64×64 -> 64×64:", drag(page, "control point 2, 2"))
        page = open_page(chromium, f"{address}/transformer?family=Thin+plate+spline&size=4")
        print("Thin plate spline, 64×64 -> 256×256:", drag(page, "control point 2, 2"))
        query = "distortion=TC&a_tc=ST-CNN+Aff&b_tc=nothing"
        page = open_page(chromium, f"{address}/distorted?{query}")
        print("ST-CNN Aff on TC, 60×60 -> 60×60:", drag(page, "the whole grid"))
        page = open_page(chromium, f"{address}/volumes")
        page.get_by_role("button", name="digit", exact=True).click()
        print("A digit turned in 60×60×60 voxels, read at 30×30×30:", drag(page, "Volume U"))
        page = open_page(chromium, f"{address}/distorted")
        page.get_by_label("the whole grid").first.wait_for()
        page.wait_for_timeout(3_000)
        print("ST-CNN Aff beside CNN on RTS:", inference(page))
        for column, side, what in (("rts", 42, "digit"), ("tc", 60, "picture")):
            query = f"distortion={column.upper()}&a_{column}=ST-CNN+Aff&b_{column}=CNN"
            page = open_page(chromium, f"{address}/distorted?{query}")
            page.get_by_label("the whole grid").first.wait_for()
            page.wait_for_timeout(5_000)  # the networks have come
            print(f"ST-CNN Aff beside CNN on {side}×{side}:", answers(page, what))
            page.context.close()
        print("Training in a tab:", end=" ")
        learning.one_tab(chromium, address, options.training)


if __name__ == "__main__":
    sys.exit(main())
