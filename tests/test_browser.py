"""The app in a real headless Chromium, as a visitor has it."""

from __future__ import annotations

import os
import re
import shutil
import socket
import subprocess
import sys
import time
import urllib.request
from pathlib import Path

import numpy as np
import pytest
import torch
from conftest import FAMILIES
from playwright.sync_api import Page, expect, sync_playwright

from stn_core import checkpoints
from stn_core.experiments import find
from stn_core.sampling import sample

import loading
import stage

ROOT = Path(__file__).parents[1]
SWITCHES = [
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
START_SECONDS = 60
PATIENCE_MILLISECONDS = 60_000
DIGIT, SEED = 207, 1


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    """The app as the README starts it, on a free port; gives its address."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    environment = {
        **os.environ,
        "STN_RUNS": str(tmp_path_factory.mktemp("runs")),
        "OMP_NUM_THREADS": "1",
    }
    command = [sys.executable, "-m", "streamlit", "run", "app/main.py"]
    command += ["--server.port", str(port), "--server.headless", "true"]
    process = subprocess.Popen(command, cwd=ROOT, env=environment)
    address = f"http://127.0.0.1:{port}"
    until = time.monotonic() + START_SECONDS
    while True:
        try:
            urllib.request.urlopen(f"{address}/_stcore/health", timeout=1).close()
            break
        except OSError:
            assert time.monotonic() < until, "the app did not start"
            time.sleep(0.2)
    yield address
    process.terminate()
    process.wait()


@pytest.fixture(scope="module")
def chromium():
    path = os.environ.get("CHROMIUM") or shutil.which("chromium")
    if path is None and not os.environ.get("CI"):
        pytest.skip("no chromium on this machine (Debian: apt-get install chromium)")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=SWITCHES)
        yield browser
        browser.close()


@pytest.fixture
def visit(chromium, server):
    """Open the app; at the end, nothing may have failed, nor been asked of another host."""
    complaints: list[str] = []
    contexts = []

    def report(message) -> None:
        if message.type == "error":
            complaints.append(message.text)

    def check(request) -> None:
        if not request.url.startswith((server, server.replace("http", "ws"), "data:", "blob:")):
            complaints.append(f"asked of another host: {request.url}")

    def open_page(query: str = "", *, width: int = 1440, theme: str = "light", **options) -> Page:
        context = chromium.new_context(
            viewport={"width": width, "height": 900}, color_scheme=theme, **options
        )
        contexts.append(context)
        page = context.new_page()
        page.set_default_timeout(PATIENCE_MILLISECONDS)
        page.on("console", report)
        page.on("pageerror", lambda error: complaints.append(str(error)))
        page.on("request", check)
        page.goto(f"{server}/?{query}")
        return page

    yield open_page
    for context in contexts:
        context.close()
    assert complaints == []


def explore(visit, query: str = "", **options) -> Page:
    """The explorer, once its grid has come to rest at the prediction."""
    page = visit(f"digit={DIGIT}&seed={SEED}&{query}", **options)
    scrub(page).wait_for()
    expect(scrub(page)).to_have_value("1")
    return page


def stage_of(page: Page):
    return page.locator(".stage").first


def scrub(page: Page):
    return stage_of(page).get_by_label("From the identity to the prediction")


def pixels(page: Page, pane: str) -> np.ndarray:
    """The grey values of U or V as they are on the screen's canvas, (H, W)."""
    canvas = stage_of(page).locator(f"[data-pane={pane}] canvas.pixels").first
    height, width, values = canvas.evaluate(
        """(canvas) => {
            const { width, height } = canvas;
            const { data } = canvas.getContext("2d").getImageData(0, 0, width, height);
            return [height, width, [...data].filter((_, i) => i % 4 === 0)];
        }"""
    )
    return np.array(values).reshape(height, width)


def shown() -> tuple[torch.nn.Module, torch.Tensor]:
    """The network and the image that the page shows at first."""
    experiment = find("distorted/rts/st-cnn-aff")
    images = loading.example(experiment.name, DIGIT, SEED).images
    return checkpoints.load_pretrained(experiment), images


@torch.no_grad()
def prediction() -> torch.Tensor:
    network, images = shown()
    return network.trace(images).warps[0].theta


@torch.no_grad()
def expected_output(theta: torch.Tensor | None = None) -> np.ndarray:
    """V by the library, of the image in grey values, as the browser has it."""
    network, images = shown()
    theta = prediction() if theta is None else theta
    grey = (images * 255).round() / 255
    return 255 * network.trace(grey, theta).warps[0].output[0, 0].numpy()


def test_stage_draws_what_the_library_computes(visit):
    page = explore(visit)
    np.testing.assert_allclose(pixels(page, "V"), expected_output(), atol=1)
    assert pixels(page, "U").shape == (42, 42)
    grid = stage_of(page).locator("[data-pane=U] canvas.overlay").first
    drawn = grid.evaluate(
        "(c) => c.getContext('2d').getImageData(0, 0, c.width, c.height).data.some((v) => v > 0)"
    )
    assert drawn
    expect(page.get_by_text(re.compile(r"says"))).to_have_count(2)


def test_slider_changes_v_at_once_and_then_what_the_network_says(visit):
    page = explore(visit)
    shift = stage_of(page).get_by_label("θ13", exact=True)
    before = float(shift.input_value())
    for _ in range(40):
        shift.press("ArrowRight")
    assert float(shift.input_value()) == pytest.approx(before + 0.4, abs=0.011)
    theta = prediction()
    theta[0, 2] = float(shift.input_value())
    np.testing.assert_allclose(pixels(page, "V"), expected_output(theta), atol=1)
    expect(page.get_by_text("θ set by hand")).to_be_visible()

    stage_of(page).get_by_role("button", name="Identity").click()
    np.testing.assert_allclose(pixels(page, "V"), pixels(page, "U"), atol=1)

    stage_of(page).get_by_role("button", name="Back to prediction").click()
    np.testing.assert_allclose(pixels(page, "V"), expected_output(), atol=1)
    expect(page.get_by_text("θ set by hand")).to_have_count(0)


def test_typed_number_moves_the_slider(visit):
    page = explore(visit)
    stage_of(page).get_by_label("θ23, typed").fill("-0.5")
    assert float(stage_of(page).get_by_label("θ23", exact=True).input_value()) == -0.5
    expect(page.get_by_text("θ set by hand")).to_be_visible()


def test_animation_goes_from_the_identity_to_the_prediction(visit):
    page = explore(visit)
    stage_of(page).get_by_role("button", name="Play").click()
    stage_of(page).get_by_role("button", name="Pause").click()
    share = float(scrub(page).input_value())
    assert 0 <= share < 1
    assert np.abs(pixels(page, "V") - expected_output()).max() > 20
    stage_of(page).get_by_role("button", name="Play").click()
    expect(scrub(page)).to_have_value("1")
    np.testing.assert_allclose(pixels(page, "V"), expected_output(), atol=1)


def test_reduced_motion_jumps_to_the_prediction(visit):
    page = explore(visit, reduced_motion="reduce")
    stage_of(page).get_by_role("button", name="Play").click()
    expect(scrub(page)).to_have_value("1")
    expect(stage_of(page).get_by_role("button", name="Pause")).to_have_count(0)


def test_digit_of_the_strip_is_taken_and_stands_in_the_address(visit):
    page = explore(visit)
    before = pixels(page, "U")
    page.locator(".strip button").nth(5).click()
    expect(page).to_have_url(re.compile(r"digit=507"))
    expect(page.locator(".strip button").nth(5)).to_have_attribute("aria-pressed", "true")
    assert np.abs(pixels(page, "U") - before).max() > 100
    page.reload()
    scrub(page).wait_for()
    expect(page.locator(".strip button").nth(5)).to_have_attribute("aria-pressed", "true")


@pytest.mark.parametrize("query", ["", "view=Train"], ids=["explore", "train"])
@pytest.mark.parametrize("width", [375, 390, 1440])
def test_nothing_is_wider_than_the_screen(visit, width, query):
    page = visit(query, width=width, theme="dark")
    page.get_by_text("A new training" if query else "Further digits").wait_for()
    assert page.evaluate("document.scrollingElement.scrollWidth") <= width
    main = page.get_by_test_id("stMain")
    assert main.evaluate("(element) => element.scrollWidth - element.clientWidth") <= 0


def steps_done(page: Page) -> int:
    words = page.get_by_text(re.compile(r"step [\d,]+ of")).first.inner_text()
    return int(re.search(r"step ([\d,]+) of", words)[1].replace(",", ""))


def wait_for_step(page: Page, step: int) -> None:
    page.wait_for_function(
        """(wanted) => {
            const words = document.body.innerText.match(/step ([\\d,]+) of/);
            return words && Number(words[1].replaceAll(",", "")) >= wanted;
        }""",
        arg=step,
    )


def wait_for_curve(page: Page, points: int) -> int:
    """Until the first curve has so many points; gives how many it has."""
    return page.wait_for_function(
        """(wanted) => {
            const found = document.querySelector(".js-plotly-plot")?.data?.[0].x.length;
            return found >= wanted && found;
        }""",
        arg=points,
    ).json_value()


def test_training_is_started_watched_paused_reloaded_and_stopped(visit):
    page = visit("view=Train")
    page.get_by_role("button", name="Start training").click()
    points = wait_for_curve(page, 1)
    page.locator(".strip").first.wait_for()
    first_steps, first_output = steps_done(page), pixels(page, "V")
    wait_for_curve(page, points + 5)
    wait_for_step(page, first_steps + 1)
    expect(page.get_by_text(re.compile("running · step"))).to_be_visible()

    page.get_by_role("button", name="Pause").click()
    expect(page.get_by_text(re.compile("paused · step"))).to_be_visible()
    page.reload()
    expect(page.get_by_text(re.compile("paused · step"))).to_be_visible()
    paused_at = steps_done(page)
    page.get_by_role("button", name="Go on").click()
    expect(page.get_by_text(re.compile("running · step"))).to_be_visible()
    wait_for_step(page, paused_at + 100)
    page.locator(".strip").first.wait_for()
    assert np.abs(pixels(page, "V") - first_output).max() > 30, "the grid has not moved"
    page.get_by_role("button", name="Stop").click()
    expect(page.get_by_text(re.compile("stopped · step"))).to_be_visible()
    expect(page.get_by_role("button", name="Resume")).to_be_enabled()

    page.get_by_text("Explore", exact=True).first.click()
    expect(page.get_by_text("Further digits")).to_be_visible()


def drag(page: Page, name: str, dx: float, dy: float) -> None:
    """Drag a handle by shares of the pane's width."""
    width = stage_of(page).locator("[data-pane=U] .square").bounding_box()["width"]
    box = stage_of(page).get_by_label(name).bounding_box()
    x, y = box["x"] + box["width"] / 2, box["y"] + box["height"] / 2
    page.mouse.move(x, y)
    page.mouse.down()
    for share in (0.5, 1):
        page.mouse.move(x + share * dx * width, y + share * dy * width)
    page.mouse.up()


def theta_shown(page: Page) -> np.ndarray:
    fields = stage_of(page).locator("input[type=number]").all()
    return np.array([float(field.input_value()) for field in fields]).reshape(2, 3)


def test_grid_follows_the_hand(visit):
    page = explore(visit)
    before, output = theta_shown(page), pixels(page, "V")
    drag(page, "the whole grid", 0.1, -0.05)
    moved = theta_shown(page)
    inner = 1 - 2 * 0.11  # the image's share of the pane, drawing.js
    np.testing.assert_allclose(moved[:, :2], before[:, :2], atol=0.011)
    np.testing.assert_allclose(moved[:, 2] - before[:, 2], [0.2 / inner, -0.1 / inner], atol=0.03)
    assert np.abs(pixels(page, "V") - output).max() > 50
    expect(page.get_by_text("θ set by hand")).to_be_visible()

    drag(page, "bottom right corner: turn", -0.1, 0.1)
    turned = theta_shown(page)
    np.testing.assert_allclose(turned[:, 2], moved[:, 2], atol=0.011)
    assert abs(np.linalg.det(turned[:, :2]) - np.linalg.det(moved[:, :2])) < 0.3
    assert np.abs(turned[:, :2] - moved[:, :2]).max() > 0.1


def test_grid_is_moved_scaled_and_turned_by_the_keyboard(visit):
    page = explore(visit)
    body = stage_of(page).get_by_label("the whole grid")
    body.focus()
    start = theta_shown(page)
    body.press("ArrowRight")
    body.press("Shift+ArrowDown")
    moved = theta_shown(page)
    np.testing.assert_allclose(moved[:, 2] - start[:, 2], [0.02, 0.1], atol=0.011)
    body.press("Shift++")
    grown = theta_shown(page)
    np.testing.assert_allclose(grown[:, :2], 1.1 * moved[:, :2], atol=0.02)
    body.press("Shift+]")
    turned = theta_shown(page)
    cos, sin = np.cos(0.1), np.sin(0.1)
    expected = np.array([[cos, -sin], [sin, cos]]) @ grown[:, :2]
    np.testing.assert_allclose(turned[:, :2], expected, atol=0.02)


# Runs in the page, on the component's own modules: V for a θ, and the θ that is fitted to where
# that θ has the handles.
DRAW = """async ({ told, theta, image, inputSize }) => {
    const at = performance.getEntriesByType("resource").map((entry) => entry.name);
    const folder = at.find((name) => name.includes("/index.js")).replace(/index\\.js.*/, "");
    const { points } = await import(folder + "grid.js");
    const { sample } = await import(folder + "sampling.js");
    const { fit } = await import(folder + "fit.js");
    const floats = (text) =>
        new Float32Array(Uint8Array.from(atob(text), (c) => c.charCodeAt(0)).buffer);
    const form = { ...told, slope: floats(told.slope), offset: floats(told.offset) };
    const handles = floats(told.handleTarget);
    const flat = points(form, theta, handles);
    const wanted = told.handles.map((_, h) => [flat[2 * h], flat[2 * h + 1]]);
    return {
        output: [...sample(Uint8Array.from(image), ...inputSize,
            points(form, theta, floats(told.target)))],
        fitted: fit(form, handles, wanted, theta.map((value) => value + 0.01)),
    };
}"""


def test_browser_draws_and_fits_every_family_as_the_library_does(visit, generator):
    page = explore(visit)
    size, inner = (24, 33), (19, 27)
    image = torch.randint(256, size, generator=generator)
    for name, make in FAMILIES.items():
        transform = make(inner)
        theta = transform.identity() + 0.15 * torch.randn(transform.num_params, generator=generator)
        found = page.evaluate(
            DRAW,
            {
                "told": stage.describe_transform(transform, inner),
                "theta": theta.tolist(),
                "image": image.flatten().tolist(),
                "inputSize": list(size),
            },
        )
        grid = transform.grid(theta[None], inner)
        expected = sample(image[None, None] / 255, grid)[0, 0].detach() * 255
        output = np.array(found["output"]).reshape(inner)
        np.testing.assert_allclose(output, expected.numpy(), atol=0.51 + 0.255, err_msg=name)
        if name != "learned-basis":  # whose handles do not fix all that its B can do
            np.testing.assert_allclose(found["fitted"], theta.numpy(), atol=2e-3, err_msg=name)


def test_pixel_that_is_pointed_at_tells_where_it_is_read_and_eq_5_gives_its_value(visit):
    page = explore(visit)
    output = pixels(page, "V")
    row, column = np.unravel_index(output.argmax(), output.shape)
    box = stage_of(page).locator("[data-pane=V] canvas.pixels").bounding_box()
    scale = box["width"] / output.shape[1]
    page.mouse.move(box["x"] + (column + 0.5) * scale, box["y"] + (row + 0.5) * scale)
    note = stage_of(page).locator(".note")
    expect(note).to_contain_text(f"V at ({column},{row})")
    words = note.inner_text()
    place = re.search(r"\(x, y\) = \((-?[\d.]+), (-?[\d.]+)\)", words)
    network, images = shown()
    grid = network.transformer.transform.grid(prediction(), output.shape)[0, row, column]
    expected = ((grid + 1) * 42 - 1) / 2
    np.testing.assert_allclose([float(v) for v in place.groups()], expected.numpy(), atol=0.006)
    terms = re.findall(r"([\d.]+)·([\d.]+)·([\d.]+)", words)
    assert np.array(terms, float).prod(1).sum() == pytest.approx(
        output[row, column] / 255, abs=0.03
    )


def test_pixel_of_u_tells_which_pixels_of_v_read_it(visit):
    page = explore(visit)
    stage_of(page).get_by_role("button", name="Identity").click()
    box = stage_of(page).locator("[data-pane=U] canvas.pixels").bounding_box()
    page.mouse.move(box["x"] + 0.3 * box["width"], box["y"] + 0.4 * box["height"])
    expect(stage_of(page).locator(".note")).to_contain_text("is read by 1 pixel of V")
