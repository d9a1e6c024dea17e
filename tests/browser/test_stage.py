"""The app in a real headless Chromium, as a visitor has it."""

from __future__ import annotations

import functools
import os
import re
import time
import urllib.parse
import urllib.request

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from playwright.sync_api import Page, expect
from scipy import ndimage

from app.data import examples, families, gallery, pictures, recordings, sums
from app.data.boxes import recorded_boxes, true_boxes
from app.data.volumes import extruded, placed, placed_probe
from app.stage import large, transformers
from app.views.volumes.choices import FIRST_DIGIT, FIRST_SEED
from stn_core import checkpoints, runs
from stn_core.colocalisation import overlap
from stn_core.experiments import find
from stn_core.experiments.volumes import DEPTH, SIDE
from stn_core.sampling import PADDINGS, bicubic_kernel, sample, tent_kernel
from stn_core.transforms import (
    Affine,
    Affine3D,
    Projective,
    ThinPlateSpline,
    decompose_affine,
    euler_rotation,
    invert_affine,
    regular_grid,
)
from tests.browser import serving
from tests.conftest import FAMILIES

PATIENCE_MILLISECONDS = 60_000
DIGIT, SEED = 207, 1


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    """The app as the README starts it, on a free port; gives its address."""
    with serving.serve(tmp_path_factory.mktemp("runs")) as address:
        yield address


@pytest.fixture(scope="module")
def chromium():
    path = serving.chromium_path()
    if path is None and not os.environ.get("CI"):
        pytest.skip("no chromium on this machine (Debian: apt-get install chromium)")
    with serving.chromium(path) as started:
        yield started


@pytest.fixture
def visit(chromium, server):
    """Open the app; at the end, nothing may have failed, nor been asked of another host."""
    complaints: list[str] = []
    contexts = []
    # Streamlit asks for these below a page's own address first, and then below the root.
    missing = [
        f"{server}/{page}/_stcore/{name}"
        for page in ("transformer", "distorted", "addition", "colocalisation", "volumes")
        + ("labels", "invariance", "tour")
        for name in ("health", "host-config")
    ]

    def report(message) -> None:
        if message.type == "error" and message.location["url"] not in missing:
            complaints.append(f"{message.text} ({message.location['url']})")

    def check(request) -> None:
        if not request.url.startswith((server, server.replace("http", "ws"), "data:", "blob:")):
            complaints.append(f"asked of another host: {request.url}")

    def open_page(
        query: str = "", *, at: str = "", width: int = 1440, theme: str = "light", **options
    ) -> Page:
        context = chromium.new_context(
            viewport={"width": width, "height": 900}, color_scheme=theme, **options
        )
        contexts.append(context)
        page = context.new_page()
        page.set_default_timeout(PATIENCE_MILLISECONDS)
        page.on("console", report)
        page.on("pageerror", lambda error: complaints.append(str(error)))
        page.on("request", check)
        page.goto(f"{server}/{at}?{query}")
        return page

    yield open_page
    for context in contexts:
        context.close()
    assert complaints == []


def explore(visit, query: str = "", *, reduced_motion: str = "reduce", **options) -> Page:
    """The explorer with its grid at the prediction: with reduced motion it is there at once."""
    query = f"digit={DIGIT}&seed={SEED}&{query}"
    page = visit(query, at="distorted", reduced_motion=reduced_motion, **options)
    handle(page, "the whole grid").wait_for()
    return page


def lab(visit, query: str = "", *, reduced_motion: str = "reduce", **options) -> Page:
    """The Transformer page with its grid at the start."""
    page = visit(query, at="transformer", reduced_motion=reduced_motion, **options)
    handle(page, "the whole grid").wait_for()
    return page


def stage_of(page: Page, index: int = 0):
    return page.locator(".stage").nth(index)


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


def pixels(page: Page, pane: str, index: int = 0) -> np.ndarray:
    """The grey values of U or V as they are on the screen's canvas, (H, W)."""
    canvas = stage_of(page, index).locator(f"[data-pane={pane}] canvas.pixels").first
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
    images = examples.example(experiment.name, DIGIT, SEED).images
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
    expect(page.get_by_text(re.compile(r" says \d"))).to_have_count(2)


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


def play_button(page: Page, name: str):
    return stage_of(page).get_by_role("button", name=name, exact=True)


def test_animation_goes_from_the_identity_to_the_prediction(visit):
    page = explore(visit, reduced_motion="no-preference")
    speed = stage_of(page).get_by_label("Speed")
    speed.select_option("0.25")
    play_button(page, "Play").click()
    play_button(page, "Pause").click()
    assert 0 <= float(scrub(page).input_value()) < 1
    assert np.abs(pixels(page, "V") - expected_output()).max() > 20
    speed.select_option("4")
    play_button(page, "Play").click()
    expect(scrub(page)).to_have_value("1")
    np.testing.assert_allclose(pixels(page, "V"), expected_output(), atol=1)


def test_new_image_s_grid_arrives_at_the_prediction(visit):
    page = explore(visit, reduced_motion="no-preference")
    close = lambda: np.abs(pixels(page, "V") - expected_output()).max() <= 1  # noqa: E731
    until(page, close, "the grid does not arrive")
    np.testing.assert_allclose(theta_shown(page), prediction().reshape(2, 3), atol=0.0051)


def test_reduced_motion_jumps_to_the_prediction(visit):
    page = explore(visit)
    np.testing.assert_allclose(pixels(page, "V"), expected_output(), atol=1)
    play_button(page, "Play").click()
    expect(scrub(page)).to_have_value("1")
    expect(play_button(page, "Pause")).to_have_count(0)


def test_digit_of_the_strip_is_taken_and_stands_in_the_address(visit):
    page = explore(visit)
    before = pixels(page, "U")
    page.locator(".strip button").nth(5).click()
    expect(page).to_have_url(re.compile(r"digit=507"))
    expect(page.locator(".strip button").nth(5)).to_have_attribute("aria-pressed", "true")
    assert np.abs(pixels(page, "U") - before).max() > 100
    page.reload()
    handle(page, "the whole grid").wait_for()
    expect(page.locator(".strip button").nth(5)).to_have_attribute("aria-pressed", "true")


@pytest.mark.parametrize(
    ("at", "query", "words"),
    [
        ("transformer", "preset=Fold", "degrees of freedom"),
        ("transformer", "preset=Pull&size=4&pool=2 × 2", "degrees of freedom"),
        ("transformer", "lab_view=Challenge", "Make the digit upright"),
        ("distorted", "", "True angle against predicted angle"),
        ("distorted", "sweep=true&a_rts=ST-CNN Aff&b_rts=ST-FCN Aff", "True angle"),
        ("distorted", "view=Train", "A new training"),
    ],
    ids=["play", "gradient", "challenge", "explore", "two-stages", "train"],
)
def test_nothing_is_wider_than_the_screen(visit, at, query, words):
    page = visit(query, at=at, width=375, theme="dark", reduced_motion="reduce")
    page.get_by_text(words).first.wait_for()
    if "Train" not in query:
        handle(page, "the whole grid").first.wait_for()
    main = page.get_by_test_id("stMain")
    for width in (375, 390, 1440):
        page.set_viewport_size({"width": width, "height": 900})
        assert page.evaluate("document.scrollingElement.scrollWidth") <= width
        assert main.evaluate("(element) => element.scrollWidth - element.clientWidth") <= 0
        for index in range(stage_of(page).count()):
            cut = stage_of(page, index).evaluate("(stage) => stage.scrollWidth - stage.clientWidth")
            assert cut <= 0, f"stage {index} at {width}"


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


def wait_for_frames(page: Page, count: int) -> int:
    """Until the replay has so many frames after the first; gives how many it has."""
    frames = lambda: int(scrub(page).get_attribute("max"))  # noqa: E731
    until(page, lambda: frames() >= count, f"the replay does not grow to {count} frames")
    return frames()


def test_training_is_started_watched_paused_reloaded_and_stopped(visit):
    page = visit("view=Train", at="distorted")
    page.get_by_role("button", name="Start training").click()
    frames = wait_for_frames(page, 1)
    first_steps, first_output = steps_done(page), pixels(page, "V")
    wait_for_frames(page, frames + 3)
    wait_for_step(page, first_steps + 1)
    expect(page.get_by_text(re.compile("running · step"))).to_be_visible()
    assert scrub(page).evaluate("(scrub) => scrub.value === scrub.max"), "it is no more live"

    # A playhead that was taken elsewhere stays there while the training goes on.
    scrub(page).press("Home")
    where = stage_of(page).locator(".where")
    expect(where).to_have_text("step 0")
    wait_for_frames(page, int(scrub(page).get_attribute("max")) + 2)
    expect(scrub(page)).to_have_value("0")
    expect(where).to_have_text("step 0")
    np.testing.assert_allclose(pixels(page, "V"), pixels(page, "U"), atol=1)  # the identity

    page.get_by_role("button", name="Pause").click()
    expect(page.get_by_text(re.compile("paused · step"))).to_be_visible()
    page.reload()
    expect(page.get_by_text(re.compile("paused · step"))).to_be_visible(
        timeout=PATIENCE_MILLISECONDS
    )
    expect(where).to_have_text("step 0", timeout=PATIENCE_MILLISECONDS)
    paused_at = steps_done(page)
    page.get_by_role("button", name="Go on", exact=True).click()
    expect(page.get_by_text(re.compile("running · step"))).to_be_visible()
    wait_for_step(page, paused_at + 100)
    page.locator(".strip").first.wait_for()
    scrub(page).press("End")
    assert np.abs(pixels(page, "V") - first_output).max() > 30, "the grid has not moved"
    page.get_by_role("button", name="Stop", exact=True).click()
    expect(page.get_by_text(re.compile("stopped · step"))).to_be_visible(timeout=30_000)
    expect(page.get_by_role("button", name="Resume")).to_be_enabled()

    page.get_by_text("Explore", exact=True).first.click()
    page.get_by_text("Further digits").wait_for()
    page.get_by_text("Train", exact=True).first.click()
    expect(where).to_have_text(re.compile("^step [1-9]"), timeout=PATIENCE_MILLISECONDS)
    assert scrub(page).evaluate("(scrub) => scrub.value === scrub.max"), "it is no more live"


def test_arrows_step_from_frame_to_frame_also_on_the_playhead_itself(visit):
    page = visit("view=Replay&distortion=RTS", at="distorted")
    scrub(page).wait_for()
    last = int(scrub(page).get_attribute("max"))
    for keys, frame in (
        ("ArrowLeft", last - 1),
        ("Shift+ArrowLeft", last - 11),
        ("ArrowRight", last - 10),
    ):
        scrub(page).press(keys)
        expect(scrub(page)).to_have_value(str(frame))
    expect(scrub(page)).to_have_attribute("aria-valuetext", re.compile(r"^step [\d,]+$"))


def drag(page: Page, name: str, dx: float, dy: float) -> None:
    """Drag a handle by shares of the pane's width."""
    width = stage_of(page).locator("[data-pane=U] .square").first.bounding_box()["width"]
    box = handle(page, name).bounding_box()
    x, y = box["x"] + box["width"] / 2, box["y"] + box["height"] / 2
    page.mouse.move(x, y)
    page.mouse.down()
    for share in (0.5, 1):
        page.mouse.move(x + share * dx * width, y + share * dy * width)
    page.mouse.up()


def theta_shown(page: Page) -> np.ndarray:
    fields = stage_of(page).locator("details").last.locator("input[type=number]").all()
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


# Runs in the page, on the component's own modules. BODY uses ``load`` and gives the result.
IN_THE_COMPONENT = """async (told) => {
    const at = performance.getEntriesByType("resource").map((entry) => entry.name);
    const folder = at.find((name) => name.includes("/index.js")).replace(/index\\.js.*/, "");
    const load = (name) => import(`${folder}${name}.js`);
    const floats = (text) =>
        new Float32Array(Uint8Array.from(atob(text), (c) => c.charCodeAt(0)).buffer);
    const form = (told) => ({
        ...told, slope: floats(told.slope), offset: floats(told.offset),
        target: floats(told.target), handleTarget: floats(told.handleTarget),
    });
    BODY
}"""


def component(page: Page, body: str, told=None):
    """Run JavaScript on the component's modules; ``told`` is what it is given."""
    return page.evaluate(IN_THE_COMPONENT.replace("BODY", body), told)


@pytest.fixture(scope="module")
def modules(chromium, server):
    """A page that has the component's modules, for what needs no more of it: told -> result."""
    context = chromium.new_context(reduced_motion="reduce")
    page = context.new_page()
    page.set_default_timeout(PATIENCE_MILLISECONDS)
    page.goto(f"{server}/transformer")
    handle(page, "the whole grid").wait_for()
    yield functools.partial(component, page)
    context.close()


SIZE, INNER = (24, 33), (19, 27)  # of U and V
READINGS = {
    "integer": "integer",
    "bilinear": "bilinear",
    "bicubic": bicubic_kernel,
    "tent": tent_kernel(2.5),
}


def near_identity(transform, generator) -> torch.Tensor:
    noise = torch.randn(transform.num_params, generator=generator)
    return transform.identity() + 0.15 * noise


def in_pixels(grid: torch.Tensor, size: tuple[int, int]) -> torch.Tensor:
    """Normalised (..., 2) to pixels, whose centres are at the integers."""
    return ((grid + 1) * torch.tensor(size[::-1]) - 1) / 2


def source(image: torch.Tensor) -> dict:
    """An image (C, H, W) of 0 to 255, as the component has it."""
    channels, height, width = image.shape
    values = image.flatten().tolist()
    return {"pixels": values, "channels": channels, "height": height, "width": width}


@pytest.mark.parametrize("channels", [1, 3])
@pytest.mark.parametrize(("name", "make"), FAMILIES.items(), ids=FAMILIES)
def test_browser_reads_every_family_by_every_kernel_as_the_library_does(
    modules, name, make, channels, generator
):
    transform = make(INNER)
    theta = near_identity(transform, generator)
    image = torch.randint(256, (channels, *SIZE), generator=generator)
    readings = [(kernel, padding) for kernel in READINGS for padding in PADDINGS]
    found = modules(
        """
        const [{ points }, { sample }, { kernel }] =
            await Promise.all(["maths/grid", "maths/sampling", "maths/kernels"].map(load));
        const grid = points(form(told.form), told.theta, form(told.form).target);
        return told.readings.map(([name, padding]) =>
            [...sample(told.source, grid, { kernel: kernel(name, 2.5), padding })]);
        """,
        {
            "form": transformers.describe_transform(transform, INNER),
            "theta": theta.tolist(),
            "source": source(image),
            "readings": readings,
        },
    )
    grid = transform.grid(theta[None], INNER).detach()
    places = in_pixels(grid[0], SIZE)
    untied = ((places + 0.5 - (places + 0.5).round()).abs() > 1e-3).all(-1)
    assert untied.float().mean() > 0.9
    for (kernel, padding), output in zip(readings, found, strict=True):
        expected = sample(image[None] / 255, grid, READINGS[kernel], padding)[0]
        clear = untied if kernel == "integer" else torch.ones_like(untied)
        np.testing.assert_allclose(
            np.array(output).reshape(channels, *INNER)[:, clear] / 255,
            expected[:, clear],
            atol=1e-3,
            err_msg=f"{kernel}, {padding}",
        )


@pytest.mark.parametrize("padding", PADDINGS)
def test_browser_s_integer_kernel_rounds_half_up(modules, padding, generator):
    image = torch.randint(1, 256, (1, 8, 8), generator=generator)
    # Half way between the pixels, and whole ones; both are exact in float32.
    places = torch.stack(torch.meshgrid(*[torch.arange(-3, 19) / 2] * 2, indexing="xy"), dim=-1)
    grid = (2 * places + 1) / 8 - 1
    found = modules(
        """
        const [{ sample }, { kernel }] =
            await Promise.all(["maths/sampling", "maths/kernels"].map(load));
        const reading = { kernel: kernel("integer"), padding: told.padding };
        return [...sample(told.source, Float32Array.from(told.grid), reading)];
        """,
        {"source": source(image), "grid": grid.flatten().tolist(), "padding": padding},
    )
    expected = sample(image[None].float(), grid[None], "integer", padding)
    np.testing.assert_array_equal(found, expected.flatten())


def test_browser_fits_every_family_to_its_handles(modules, generator):
    for name, make in FAMILIES.items():
        transform = make(INNER)
        theta = near_identity(transform, generator)
        fitted, places = modules(
            """
            const [{ points }, { fit }] = await Promise.all(["maths/grid", "maths/fit"].map(load));
            const whole = form(told.form);
            const places = (theta) => {
                const flat = points(whole, theta, whole.handleTarget);
                return whole.handles.map((_, h) => [flat[2 * h], flat[2 * h + 1]]);
            };
            const before = told.theta.map((value) => value + 0.5);
            const fitted = fit(whole, whole.handleTarget, places(told.theta), before);
            return [fitted, places(fitted)];
            """,
            {"form": transformers.describe_transform(transform, INNER), "theta": theta.tolist()},
        )
        handles = transformers.describe_transform(transform, INNER)["handles"]
        targets = torch.tensor([handle["target"] for handle in handles]).T
        wanted = transform.at(theta[None], targets)[0].detach()
        np.testing.assert_allclose(places, wanted, atol=2e-3, err_msg=name)
        if name != "learned-basis":  # whose handles do not fix all that its B can do
            np.testing.assert_allclose(fitted, theta.numpy(), atol=2e-3, err_msg=name)


@pytest.mark.parametrize("padding", PADDINGS)
@pytest.mark.parametrize("kernel", READINGS)
def test_browser_s_slopes_of_v_are_autograd_s(modules, kernel, padding, generator):
    image = torch.randint(256, (3, *SIZE), generator=generator)
    grid = 2.6 * torch.rand(1, 20, 20, 2, generator=generator) - 1.3
    found = modules(
        """
        const [{ slopes }, { kernel }] =
            await Promise.all(["maths/sampling", "maths/kernels"].map(load));
        const reading = { kernel: kernel(told.kernel, 2.5), padding: told.padding };
        const grid = Float32Array.from(told.grid);
        return slopes(told.source, grid, reading).map((slope) => [...slope]);
        """,
        {
            "source": source(image),
            "grid": grid.flatten().tolist(),
            "kernel": kernel,
            "padding": padding,
        },
    )
    grid.requires_grad_()
    output = sample(image[None] / 255, grid, READINGS[kernel], padding)[0]
    gradients = [
        torch.autograd.grad(channel.sum(), grid, retain_graph=True)[0][0] for channel in output
    ]
    expected = torch.stack(gradients) * 2 / torch.tensor(SIZE[::-1])  # (C, 20, 20, 2), a pixel's
    # Where the kernel has an edge, its slope there is a matter of rounding.
    places = in_pixels(grid.detach()[0], SIZE) * (2 if kernel == "tent" else 1)
    smooth = ((places - places.round()).abs() > 2e-3).all(-1)
    assert smooth.float().mean() > 0.9
    for axis, slope in enumerate(found):
        np.testing.assert_allclose(
            np.array(slope).reshape(3, 20, 20)[:, smooth] / 255,
            expected[:, smooth][..., axis],
            atol=1e-3,
        )


@pytest.mark.parametrize(("name", "make"), FAMILIES.items(), ids=FAMILIES)
def test_browser_s_gradient_of_theta_is_autograd_s(modules, name, make, generator):
    transform = make(INNER)
    theta = near_identity(transform, generator).requires_grad_()
    pull = torch.randn(INNER[0] * INNER[1], 2, generator=generator)
    found = modules(
        """
        const { chain } = await load("maths/grid");
        const whole = form(told.form);
        return chain(whole, told.theta, whole.target, Float32Array.from(told.pull));
        """,
        {
            "form": transformers.describe_transform(transform, INNER),
            "theta": theta.tolist(),
            "pull": pull.flatten().tolist(),
        },
    )
    (transform.grid(theta[None], INNER).flatten(0, 2) * pull).sum().backward()
    scale = theta.grad.abs().max().item()
    np.testing.assert_allclose(found, theta.grad, atol=1e-4 * scale)


def test_browser_s_pull_on_the_grid_is_autograd_s(modules, generator):
    image, target = (torch.randint(256, (3, *SIZE), generator=generator) for _ in range(2))
    grid = Affine().grid(torch.tensor([[0.8, 0.2, 0.1, -0.1, 1.2, 0]]), SIZE)
    found = modules(
        """
        const [{ compare, pull }, { sample }, { kernel }] =
            await Promise.all(["maths/descent", "maths/sampling", "maths/kernels"].map(load));
        const reading = { kernel: kernel("bilinear"), padding: "zeros" };
        const grid = Float32Array.from(told.grid);
        const { loss, slope } = compare(sample(told.source, grid, reading), told.target);
        return { loss, pull: [...pull(told.source, grid, reading, slope)] };
        """,
        {
            "source": source(image),
            "grid": grid.flatten().tolist(),
            "target": target.flatten().tolist(),
        },
    )
    grid.requires_grad_()
    loss = ((sample(image[None] / 255, grid) - target / 255) ** 2).mean() / 2
    loss.backward()
    assert found["loss"] == pytest.approx(loss.item(), rel=1e-4)
    scale = grid.grad.abs().max().item()
    pull = np.array(found["pull"]).reshape(*SIZE, 2)
    np.testing.assert_allclose(pull, grid.grad[0], atol=1e-3 * scale)


def test_browser_descends_by_adam(modules, generator):
    transform = Affine()
    image = torch.zeros(1, 28, 28)
    image[0, 8:20, 10:18] = torch.randint(100, 256, (12, 8), generator=generator).float()
    start = torch.tensor([1.2, 0.1, 0.15, 0.1, 0.8, -0.1])
    target = sample(image[None], transform.grid(transform.identity()[None], (28, 28)))
    frames = modules(
        """
        const modules = ["maths/descent", "maths/kernels"];
        const [{ compare, descend }, { kernel }] = await Promise.all(modules.map(load));
        const data = {
            transform: form(told.form),
            reading: { kernel: kernel("bilinear"), padding: "zeros" },
        };
        const target = Float32Array.from(told.target);
        const steps = descend(data, told.source, told.theta, (output) => compare(output, target));
        return [...Array(12)].map(() => steps.next().value).filter(Boolean);
        """,
        {
            "form": transformers.describe_transform(transform, (28, 28)),
            "theta": start.tolist(),
            "source": source(image),
            "target": target.flatten().tolist(),
        },
    )
    assert len(frames) == 12
    theta = start.clone().requires_grad_()
    adam = torch.optim.Adam([theta], lr=0.02, betas=(0.9, 0.99), eps=1e-12)
    for frame in frames:
        np.testing.assert_allclose(frame["theta"], theta.detach(), atol=1e-3)
        output = sample(image[None] / 255, transform.grid(theta[None], (28, 28)))
        loss = (output - target / 255).square().mean() / 2
        assert frame["loss"] == pytest.approx(loss.item(), rel=0.01)
        adam.zero_grad()
        loss.backward()
        adam.step()


def folded() -> tuple[ThinPlateSpline, torch.Tensor]:
    transform = ThinPlateSpline(4)
    points = transform.identity().reshape(4, 4, 2).clone()
    points[1:3, [1, 2]] = points[1:3, [2, 1]]
    return transform, points.flatten()


TURNED = {
    "folded": folded,
    "mirrored": lambda: (Affine(), torch.tensor([-0.8, 0.1, 0, 0.2, 0.9, 0])),
    "not-mirrored": lambda: (Affine(), torch.tensor([-0.8, 0.1, 0, 0.2, -0.9, 0])),
    "horizon": lambda: (Projective(), torch.tensor([0.6, 0, 0, 0, 0.6, 0, 0.3, 1.6])),
    "mirrored-horizon": lambda: (Projective(), torch.tensor([-0.6, 0, 0, 0, 0.6, 0, 0, 1.6])),
}


@pytest.mark.parametrize("case", TURNED)
def test_browser_finds_the_pixels_where_the_grid_is_turned_over(modules, case):
    transform, theta = TURNED[case]()
    size = (48, 40)
    found = modules(
        """
        const { turnedOver } = await load("maths/grid");
        const whole = form(told.form);
        return [...turnedOver(whole, told.theta, whole.target, told.size)];
        """,
        {
            "form": transformers.describe_transform(transform, size),
            "theta": theta.tolist(),
            "size": size,
        },
    )
    centres = regular_grid(size, dtype=torch.float64)
    step = 1e-5

    def slope(axis: int) -> torch.Tensor:
        aside = torch.zeros(2, 1, dtype=torch.float64)
        aside[axis] = step
        ends = [transform.at(theta.double()[None], centres + s * aside)[0] for s in (1, -1)]
        return (ends[0] - ends[1]) / (2 * step)

    along, down = slope(0), slope(1)
    jacobian = along[:, 0] * down[:, 1] - along[:, 1] * down[:, 0]
    expected = (jacobian < 0).reshape(1, 1, *size).float()
    # Next to where the sign changes, a pixel may be of either side.
    most, least = (F.max_pool2d(sign * expected, 3, 1, 1) * sign for sign in (1, -1))
    clear = (most == least)[0, 0].numpy()
    assert clear.mean() > 0.75
    turned = np.array(found).reshape(size)
    np.testing.assert_array_equal(turned[clear], expected[0, 0].numpy()[clear])
    share = {"mirrored": (1, 1), "not-mirrored": (0, 0)}.get(case, (0.02, 0.9))
    assert share[0] <= turned.mean() <= share[1]


def test_browser_takes_affine_theta_apart_as_the_library_does_and_puts_it_together(
    modules, generator
):
    theta = torch.randn(200, 6, generator=generator)
    names = ("angle_degrees", "scale_x", "scale_y", "shear", "shift_x", "shift_y")
    poses = torch.stack([decompose_affine(theta)[name] for name in names], dim=1)
    before = poses[torch.randperm(200, generator=generator)]
    found = modules(
        """
        const { compose, decompose, invert } = await load("maths/pose");
        const taken = told.theta.map((theta, i) => decompose(theta, told.poses[i]));
        const other = told.theta.map((theta, i) => decompose(theta, told.before[i]));
        return {
            composed: told.poses.map(compose),
            taken,
            again: taken.map(compose),
            other: other.map(compose),
            inverse: told.theta.map(invert),
        };
        """,
        {"theta": theta.tolist(), "poses": poses.tolist(), "before": before.tolist()},
    )
    np.testing.assert_allclose(found["composed"], theta, atol=1e-4)
    np.testing.assert_allclose(found["taken"], poses, rtol=1e-3, atol=1e-3)
    np.testing.assert_allclose(found["again"], theta, atol=1e-6)
    np.testing.assert_allclose(found["other"], theta, atol=1e-6)
    np.testing.assert_allclose(found["inverse"], invert_affine(theta.double()), rtol=1e-4)


def test_browser_keeps_to_the_way_in_which_a_pose_is_written(modules):
    """As a slider moves, the others stay, through mirrors, half turns and flat grids."""
    start = [30.0, 0.8, 0.7, 0.2, 0.1, -0.1]
    ways = [
        [[degrees, *start[1:]] for degrees in range(30, 181, 10)],
        [[degrees, *start[1:]] for degrees in range(30, -181, -10)],
        [[30, scale / 10, *start[2:]] for scale in range(8, -13, -1)],
        [[30, 0.8, scale / 10, *start[3:]] for scale in range(7, -13, -1)],
        [[*start[:3], shear / 5, *start[4:]] for shear in range(-10, 11)],
    ]
    found = modules(
        """
        const { compose, decompose } = await load("maths/pose");
        return told.map((way) => {
            let before = way[0];
            return way.map((pose) => (before = decompose(compose(pose), before)));
        });
        """,
        ways,
    )
    for way, poses in zip(ways, found, strict=True):
        degrees = np.array(poses)[:, 0] - np.array(way)[:, 0]
        np.testing.assert_allclose((degrees + 180) % 360 - 180, 0, atol=1e-6)
        np.testing.assert_allclose(np.array(poses)[:, 1:], np.array(way)[:, 1:], atol=1e-6)


def test_browser_lays_an_input_as_the_server_does(modules, generator):
    picture = torch.randint(256, (28, 28), generator=generator, dtype=torch.uint8)
    pose = [1.1, 0.3, 0.2, -0.4, 0.9, -0.1]
    found = modules(
        """
        const [{ layGrid }, { sample }, { kernel }] =
            await Promise.all(["maths/pose", "maths/sampling", "maths/kernels"].map(load));
        const reading = { kernel: kernel("bilinear"), padding: "zeros" };
        return [...sample(told.source, layGrid(told.pose, told.size), reading)];
        """,
        {"source": source(picture[None]), "pose": pose, "size": [42, 30]},
    )
    moved = examples.Movable(image=picture.numpy(), pose=np.eye(2, 3), size=(42, 30), whole=False)
    expected = examples.laid(moved, pose)[0, 0]
    np.testing.assert_allclose(np.array(found).reshape(42, 30) / 255, expected, atol=1e-3)


@pytest.mark.parametrize("side", [1, 2, 4])
def test_browser_pools_as_torch_does(modules, side, generator):
    image = torch.randint(256, (3, 13, 18), generator=generator)
    found = modules(
        """
        const { pool } = await load("maths/sampling");
        const { pixels, ...size } = pool(told.source.pixels, 3, [13, 18], told.side);
        return [[...pixels], size];
        """,
        {"source": source(image), "side": side},
    )
    expected = F.avg_pool2d(image[None].float(), side)[0]
    channels, height, width = expected.shape
    assert found[1] == {"channels": channels, "height": height, "width": width}
    np.testing.assert_allclose(found[0], expected.flatten(), rtol=1e-4)


def test_curves_of_a_training_that_has_logged_nothing_have_an_axis(modules):
    low, high, middle = modules(
        """
        const { Curves } = await load("parts/curves");
        const chart = new Curves("Error");
        document.body.append(chart.node);
        chart.canvas.style.cssText = "width: 200px; height: 100px";
        const none = [{ name: "", colour: "red", dash: 0, x: [], y: [] }];
        chart.set(none, { place: (x) => x, marks: [] });
        chart.draw(0);
        chart.node.remove();
        return [chart.low, chart.high, chart.height(1)];
        """
    )
    assert low < 1 < high and middle == pytest.approx(0.5)


# A playhead whose clock is the test's: ``frames(n, ms)`` lets n frames go by.
BY_THE_TEST_S_CLOCK = """
    const { Playhead } = await load("parts/playhead");
    const { Transport } = await load("parts/transport");
    const kept = [window.requestAnimationFrame, window.cancelAnimationFrame, performance.now];
    const motion = window.matchMedia;
    let [now, next, waiting] = [0, 1, new Map()];
    window.requestAnimationFrame = (tick) => (waiting.set(next, tick), next++);
    window.cancelAnimationFrame = (frame) => waiting.delete(frame);
    performance.now = () => now;
    window.matchMedia = () => ({ matches: false });
    const frames = (count, milliseconds) => {
        for (let i = 0; i < count; i++) {
            now += milliseconds;
            const ticks = [...waiting.values()];
            waiting.clear();
            ticks.forEach((tick) => tick(now));
        }
    };
    const said = [];
    const shown = [];
    const show = (at) => shown.push(at);
    const rest = () => said.push("rest");
    const head = (count, position, more = {}) =>
        Object.assign(new Playhead(show, rest), { count, position, ...more });
    try {
        BODY
    } finally {
        [window.requestAnimationFrame, window.cancelAnimationFrame, performance.now] = kept;
        window.matchMedia = motion;
    }
"""


def playhead(modules, body: str):
    return modules(BY_THE_TEST_S_CLOCK.replace("BODY", body))


def test_frames_that_are_added_never_move_the_playhead_but_at_the_last_one(modules):
    found = playhead(
        modules,
        """
        return [[5, 2], [5, 2.5], [5, 0], [5, 4]].map(([count, position]) => {
            const one = head(count, position);
            return [one.extend(9), one.position, one.count];
        });
        """,
    )
    assert found == [[False, 2, 9], [False, 2.5, 9], [False, 0, 9], [True, 8, 9]]


def test_playhead_that_plays_is_not_moved_by_added_frames(modules):
    found = playhead(
        modules,
        """
        const one = head(5, 0);
        one.play();
        frames(3, 500);
        const before = one.position;
        const live = one.extend(9);
        const after = one.position;
        frames(20, 500);
        return { before, live, after, end: one.position, playing: one.playing, said };
        """,
    )
    assert found["before"] == found["after"] == pytest.approx(1.5)
    assert not found["live"]
    assert found["end"] == 8 and not found["playing"] and found["said"] == ["rest"]


def test_reduced_motion_plays_from_frame_to_frame_however_fast_the_screen_is(modules):
    found = playhead(
        modules,
        """
        window.matchMedia = () => ({ matches: true });
        const transport = new Transport(show, rest);
        const track = { count: 5, name: "steps", perSecond: 10, ends: ["", ""], label: String };
        transport.set(track, false);
        transport.play.click();
        frames(60, 1000 / 60);
        return { at: transport.head.position, shown: [...new Set(shown)], said };
        """,
    )
    assert found == {"at": 4, "shown": [0, 1, 2, 3, 4], "said": ["rest"]}


def test_transport_stays_where_it_stands_while_its_track_grows(modules):
    found = playhead(
        modules,
        """
        const track = (count) => ({
            count, name: "steps", perSecond: 1, ends: ["first", "last"], label: (f) => `at ${f}`,
        });
        const one = new Transport(show, rest);
        one.set(track(5), false);
        one.scrub.value = 2;
        one.scrub.oninput();
        shown.length = 0;
        const live = one.set(track(9), true);
        const { value, max } = one.scrub;
        const first = [live, one.head.position, value, max, one.where.textContent];
        one.scrub.value = 8;
        one.scrub.oninput();
        return [first, [one.set(track(12), true), one.head.position], shown];
        """,
    )
    assert found == [[False, 2, "2", "8", "at 2"], [True, 11], [8]]


@pytest.mark.parametrize(
    ("count", "position", "direction", "expected"),
    [
        (5, 2, 1, 3),
        (5, 2, -1, 1),
        (5, 2.4, 1, 3),
        (5, 2.4, -1, 2),
        (5, 4, 1, 4),
        (5, 0, -1, 0),
        (2, 0, 1, 0.1),
        (2, 1, -1, 0.9),
        (2, 0.3, 1, 0.4),
        (2, 0.3, -1, 0.2),
        (2, 0.25, 1, 0.3),
    ],
)
def test_playhead_steps_by_a_frame_or_a_tenth_of_two(modules, count, position, direction, expected):
    found = playhead(
        modules,
        f"""
        const one = head({count}, {position});
        one.step({direction});
        return [one.position, shown, said];
        """,
    )
    assert found[0] == pytest.approx(expected)
    assert found[1] == [found[0]] and found[2] == ["rest"]


@pytest.mark.parametrize("rate", [0.25, 1, 4])
def test_playhead_is_as_fast_as_its_rate(modules, rate):
    found = playhead(
        modules,
        f"""
        const one = head(100, 0, {{ perSecond: 8, rate: {rate} }});
        one.play();
        frames(10, 50);
        return one.position;
        """,
    )
    assert found == pytest.approx(8 * rate / 2)


def test_playhead_starts_over_at_the_end_plays_again_and_again_and_rests_when_paused(modules):
    found = playhead(
        modules,
        """
        const one = head(3, 2, { loop: true });
        one.toggle();
        frames(3, 500);
        const first = one.position; // it stood at the end
        frames(2, 500);
        const second = [one.position, one.playing];
        one.toggle();
        const third = [one.position, one.playing, said.length];
        frames(5, 500);
        return [first, second, third, one.position === third[0]];
        """,
    )
    first, (again, playing), (_, still_playing, rests), stays = found
    assert first == pytest.approx(1.5)
    assert again < first and playing
    assert not still_playing and rests == 1 and stays


# Trainings of two classes and one probe without a transformer; ``replay(...runs)`` shows them.
REPLAYED = """
    const { Replay } = await load("layouts/replay/replay");
    const source = { pixels: new Uint8Array(4), channels: 1, height: 2, width: 2 };
    const run = (name, steps, seconds, more = {}) => ({
        name, recording: name, colour: "red", live: false, outside: 0, channels: 1,
        inputSize: [2, 2], outputSize: [2, 2], transform: null, transformers: [], features: {},
        reading: { pool: 1 }, probes: [0, 1].map((label) => ({ label, alt: "", source })),
        classes: ["0", "1"], steps, seconds, measures: steps.map((step) => 100 - step / 100),
        probability: () => [1, 0], meanClasses: [], poseLeft: null,
        history: Object.fromEntries(
            ["step", "seconds", "loss", "error", "rate", "classifier"].map((k) => [k, [1, 2]])),
        ...more,
    });
    const root = document.createElement("div");
    document.body.append(root);
    const shown = new Replay(root, { tell: () => {} });
    const replay = (...runs) => {
        const shape = runs.map(({ name }) => name).join();
        shown.update({ token: shape, shape, runs, colours: { series: ["red", "blue"] } });
        return shown.transport.head;
    };
    const turn = (by) => {
        shown.clock.value = by;
        shown.clock.onchange();
        return shown.now();
    };
    const said = () => shown.recordings.map(({ where }) => where.textContent.split(",")[0].trim());
    try {
        BODY
    } finally {
        shown.stop();
        root.remove();
        Object.keys(sessionStorage).forEach((key) => sessionStorage.removeItem(key));
    }
"""


def replayed(modules, body: str, told=None):
    return modules(REPLAYED.replace("BODY", body), told)


def test_errors_on_unseen_digits_stand_at_their_own_steps_though_as_many_were_logged(modules):
    batches, unseen = replayed(
        modules,
        """
        replay(run("at its steps", [0, 500], [0, 5]));
        return shown.charts.error.series.map(({ x }) => x);
        """,
    )
    assert batches == [1, 2] and unseen == [0, 500]


def test_newest_of_the_snapshots_of_one_second_is_shown(modules):
    found = replayed(
        modules,
        """
        shown.by = "seconds";
        const head = replay(run("within a second", [0, 10, 20, 30], [0, 1, 2, 2]));
        const end = said();
        head.seek(1);
        return [end, said(), head.count];
        """,
    )
    assert found == [["step 30"], ["step 10"], 3]


def test_another_clock_shows_the_same_moment_and_goes_on_playing(modules):
    within, beyond, back, playing, edge = replayed(
        modules,
        """
        // The second is slower, and is trained for longer.
        const slow = run("slow", [0, 400], [0, 80]);
        const head = replay(run("fast", [0, 100, 200], [0, 10, 20]), slow);
        head.seek(1);
        const within = [shown.now(), turn("seconds"), turn("step")];
        head.seek(2.5);
        const beyond = [shown.now(), turn("seconds")];
        const back = [turn("step"), turn("seconds"), turn("step")];
        head.seek(1);
        head.play();
        turn("seconds");
        const playing = [head.playing, shown.transport.play.title, shown.now()];
        head.seek(head.last);
        turn("step");
        return [within, beyond, back, playing, head.position === head.last];
        """,
    )
    assert within == [100, 10, 100]
    assert beyond == pytest.approx([300, 60]) and back == pytest.approx([300, 60, 300])
    assert playing == [True, "Pause", 10]
    assert edge


def test_place_is_kept_for_each_recording_and_beside_another(modules):
    found = replayed(
        modules,
        """
        const [steps, seconds] = [[0, 100, 200, 300], [0, 10, 20, 30]];
        const one = run("the one", steps, seconds);
        const other = run("the other", [0, 50, 600], [0, 5, 60]);
        const place = () => [shown.now(), shown.by, shown.probe];
        replay(one).seek(1);
        turn("seconds");
        shown.choose(1);
        const found = [place()];
        replay(one, other);
        found.push(place());
        replay(one);
        found.push(place());
        replay(other); // for the first time
        found.push(place()[0]);
        replay(one);
        found.push(place());
        const begun = { recording: "the one, begun anew" };
        replay({ ...run("one anew", steps, seconds), ...begun });
        found.push(place()[0]);
        return found;
        """,
    )
    kept = [10, "seconds", 1]
    assert found == [kept, kept, kept, 60, kept, 30]


def test_playing_goes_on_where_it_is_and_as_fast_beside_another(modules):
    found = replayed(
        modules,
        """
        const one = run("played", [0, 100, 200, 300], [0, 10, 20, 30]);
        const head = replay(one, run("the second", [0, 150], [0, 15]));
        head.seek(1);
        const rate = root.querySelector("[aria-label=Speed]");
        rate.value = "0.25";
        rate.onchange();
        const states = [];
        const look = () => states.push([shown.transport.head.playing, shown.transport.play.title]);
        replay(one, run("the third", [0, 250], [0, 25]));
        look();
        shown.transport.play.click();
        replay(one, run("the fourth", [0, 350], [0, 35]));
        look();
        const now = shown.now();
        shown.transport.play.click();
        replay(one);
        look();
        const speeds = [root.querySelector("[aria-label=Speed]").value, shown.transport.head.rate];
        return [states, now, speeds.map(Number)];
        """,
    )
    states, now, speeds = found
    assert states == [[False, "Play"], [True, "Pause"], [False, "Play"]]
    assert now == pytest.approx(100, abs=1) and speeds == [0.25, 0.25]


def test_place_that_was_live_is_live_when_the_training_is_seen_again(modules):
    found = replayed(
        modules,
        """
        const other = run("not live", [0, 50], [0, 5]);
        const head = replay(run("live", [0, 100], [0, 10]));
        head.seek(0);
        head.seek(1);
        replay(other);
        const live = replay(run("live", [0, 100, 200], [0, 10, 20])).position;
        shown.transport.head.seek(1);
        replay(other);
        return [live, replay(run("live", [0, 30, 100, 200, 300], [0, 3, 10, 20, 30])).position];
        """,
    )
    assert found == [2, 2]


def test_place_is_kept_for_the_page_where_the_browser_stores_nothing(modules):
    position = replayed(
        modules,
        """
        const kept = Object.getOwnPropertyDescriptor(window, "sessionStorage");
        const forbidden = () => { throw new DOMException("forbidden", "SecurityError"); };
        Object.defineProperty(window, "sessionStorage", { get: forbidden, configurable: true });
        try {
            const one = run("unstored", [0, 100, 200], [0, 10, 20]);
            replay(one).seek(1);
            replay(run("unstored too", [0, 50], [0, 5]));
            return replay(one).position;
        } finally {
            Object.defineProperty(window, "sessionStorage", kept);
        }
        """,
    )
    assert position == 1


def test_reload_another_view_and_a_training_beside_leave_the_playhead_where_it_was(visit):
    page = visit("view=Replay", at="distorted", reduced_motion="reduce")
    where, cell = stage_of(page).locator(".where"), stage_of(page).locator(".cell").nth(3)
    clock = stage_of(page).get_by_label("The playhead counts by")
    cell.click()
    for _ in range(7):
        stage_of(page).get_by_role("button", name="One step back").click()
    clock.select_option("seconds")
    place = where.inner_text()

    def expect_the_place(trainings: int) -> None:
        strips = stage_of(page).locator(".strip")
        expect(strips).to_have_count(trainings, timeout=PATIENCE_MILLISECONDS)
        expect(where).to_have_text(place)
        expect(clock).to_have_value("seconds")
        expect(cell).to_have_attribute("aria-pressed", "true")

    page.reload()
    expect_the_place(1)
    page.get_by_text("Explore", exact=True).first.click()
    handle(page, "the whole grid").wait_for()
    page.get_by_text("Replay", exact=True).first.click()
    expect_the_place(1)
    select(page, "beside", "ST-FCN TPS")
    expect_the_place(2)
    select(page, "beside", "nothing")
    expect_the_place(1)


@pytest.mark.parametrize(
    ("state", "expected"),
    [
        ({"step": 150, "by": "step", "probe": 1}, [1.5, "step", 1]),
        ({"seconds": 33.3334, "by": "seconds", "probe": 0}, [3, "seconds", 0]),  # it was rounded
        ({"position": 2}, [2, "step", 0]),  # of an older link
        ({"step": 301, "by": "step", "probe": 0}, None),
        ({"position": 4}, None),
        ({"position": -1}, None),
        ({"step": "1", "by": "step", "probe": 0}, None),
        ({"step": 1, "by": "toString", "probe": 0}, None),
        ({"step": 1, "by": "step", "probe": 2}, None),
        ({"step": 1, "by": "step", "probe": "length"}, None),
        ({"by": "seconds"}, None),
    ],
)
def test_link_brings_back_the_moment_the_clock_and_the_probe_or_nothing(modules, state, expected):
    fits, *found = replayed(
        modules,
        """
        const name = JSON.stringify(told);
        const head = replay(run(name, [0, 100, 200, 300], [0, 10, 20, 33.33333333]));
        return [shown.restore(told), head.position, shown.by, shown.probe];
        """,
        state,
    )
    assert fits == (expected is not None)
    assert found == (expected or [3, "step", 0])


def test_rows_of_a_replay_have_what_is_left_of_the_pose(modules):
    rows = replayed(
        modules,
        """
        replay(run("with a pose", [0, 100], [0, 10]));
        Object.assign(shown.data.runs[0], {
            channels: 2, transform: { names: ["s"] }, theta: () => [1],
            transformers: [{ name: "T1" }, { name: "T2" }],
            poseLeft: [[[1, 2], [3, 4]], [[5, 6], [7, 8]]],
        });
        return shown.rows();
        """,
    )
    left = [[row[f"pose left in V, %, channel {c}"] for c in (1, 2)] for row in rows]
    assert left == [[1, 2], [3, 4]] * 2 + [[5, 6], [7, 8]] * 2


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
    page.set_viewport_size({"width": 1440, "height": 1400})  # so that nothing is scrolled away
    stage_of(page).get_by_role("button", name="Identity").click()
    box = stage_of(page).locator("[data-pane=U] canvas.pixels").bounding_box()
    page.mouse.move(box["x"] + 0.3 * box["width"], box["y"] + 0.4 * box["height"])
    expect(stage_of(page).locator(".note")).to_contain_text("is read by 1 pixel of V")


SOLID = """
    const solid = await load("maths/solid");
    const pose = told.pose && { turn: told.pose.slice(0, 9), shift: told.pose.slice(9) };
    const volume = pose && solid.extrude(told.digit, pose, told.side);
    const side = 30;
"""


def posed_digit(generator) -> tuple[dict, np.ndarray, np.ndarray, np.ndarray]:
    """What the browser is told of a digit in a volume; the digit, its rotation and its shift."""
    image = gallery.gallery().images[312].numpy()
    turn = euler_rotation(2 * torch.rand(1, 3, generator=generator) - 1)[0].numpy()
    shift = 1.2 * torch.rand(3, generator=generator).numpy() - 0.6
    digit = {"pixels": image.flatten().tolist(), "side": 28, "depth": DEPTH}
    pose = [*turn.flatten().tolist(), *shift.tolist()]
    return {"digit": digit, "pose": pose, "side": SIDE}, image, turn, shift


def test_browser_extrudes_a_digit_as_the_library_does(modules, generator):
    told, image, turn, shift = posed_digit(generator)
    found = modules(SOLID + "return [...volume];", told)
    expected = extruded(image, turn, shift)[0, 0]
    assert expected.sum() > 100
    found = np.array(found).reshape(SIDE, SIDE, SIDE)
    np.testing.assert_allclose(found, expected, atol=1e-4)


def test_browser_reads_and_projects_a_volume_as_the_library_does(modules, generator):
    told, image, turn, shift = posed_digit(generator)
    theta = Affine3D().identity() + 0.25 * torch.randn(12, generator=generator)
    output, flat, plane = modules(
        SOLID
        + """
        const output = solid.read(volume, told.side, told.theta, side);
        const plane = solid.read(volume, told.side, told.theta, side, [(2 * 17 + 1) / side - 1]);
        return [[...output], [...solid.project(output, side)], [...plane]];
        """,
        told | {"theta": theta.tolist()},
    )
    grid = Affine3D().grid(theta[None], (30, 30, 30))
    expected = sample(extruded(image, turn, shift), grid)[0, 0]
    assert expected.sum() > 50
    np.testing.assert_allclose(np.array(output).reshape(30, 30, 30), expected, atol=1e-3)
    np.testing.assert_allclose(np.array(flat).reshape(30, 30), expected.sum(0), atol=1e-2)
    np.testing.assert_allclose(np.array(plane).reshape(30, 30), expected[17], atol=1e-3)


def test_browser_turns_about_the_axes_as_the_library_does_and_tells_by_how_much(modules):
    for degrees in ([20, -50, 110], [-170, 30, 5], [40, 90, 0], [40, -90, 0]):
        turn, found = modules(
            """
            const solid = await load("maths/solid");
            const turn = solid.rotation(told);
            return [turn, solid.rotation(solid.degreesOf(turn))];
            """,
            degrees,
        )
        expected = euler_rotation(torch.tensor([degrees], dtype=torch.float64).deg2rad())
        np.testing.assert_allclose(turn, expected.flatten(), atol=1e-9)
        np.testing.assert_allclose(found, turn, atol=1e-7)


def test_browser_takes_a_3d_theta_apart_and_puts_it_together(modules, generator):
    for mirrored in (1, -1):
        theta = Affine3D().identity() + 0.3 * torch.randn(12, generator=generator)
        theta[8:11] *= mirrored
        pose, again, inverse = modules(
            """
            const solid = await load("maths/solid");
            const pose = solid.decompose(told);
            return [pose, solid.compose(pose), solid.inverse(solid.matrixOf(told))];
            """,
            theta.tolist(),
        )
        np.testing.assert_allclose(again, theta, atol=1e-6)
        matrix = theta.view(3, 4)[:, :3]
        np.testing.assert_allclose(
            np.reshape(inverse, (3, 3)) @ matrix.numpy(), np.eye(3), atol=1e-5
        )
        assert np.sign(pose[5]) == np.sign(np.linalg.det(matrix.numpy()))


def test_volume_of_a_training_that_goes_on_shows_its_last_frame_and_longer_curves(modules):
    shifts, end, kept = modules(
        """
        const { Volume } = await load("layouts/volume/volume");
        const root = document.createElement("div");
        root.style.width = "700px";
        document.body.append(root);
        const frame = (shift) => [1, 0, 0, shift, 0, 1, 0, 0, 0, 0, 1, 0];
        const data = (shifts) => ({
            token: "one", shape: "one", side: 6, outputSide: 3, transforms: true, echo: 0,
            digit: { pixels: new Uint8Array(16).fill(255), side: 4, depth: 2 },
            pose: { turn: [1, 0, 0, 0, 1, 0, 0, 0, 1], shift: [0, 0, 0] },
            identity: frame(0), theta: frame(0), names: [],
            captions: { U: "U", V: "V", W: "W" },
            colours: { grid: "#56b4e9", corner: "#f0e442", series: ["#000000", "#ffffff"] },
            track: {
                count: shifts.length, perSecond: 10, name: "training", ends: ["0", "live"],
                steps: shifts.map((_, i) => 10 * i), measures: shifts.map(() => 50), truth: 3,
                probabilities: [], begin: -1,
                label: (i) => `step ${10 * i}`,
                theta: (position) => frame(shifts[Math.round(position)]),
                odds: () => Array(10).fill(0.1),
                history: { step: [10], loss: [1], error: [shifts.length] },
            },
        });
        const shown = new Volume(root, { tell: () => {} });
        const found = [];
        for (const shifts of [[0, 0.1], [0, 0.1, 0.2]]) {
            shown.update(data(shifts));
            found.push(shown.theta[3]);
        }
        const end = shown.curves[1].series[0].y;
        shown.transport.head.seek(0);
        shown.update(data([0, 0.1, 0.2, 0.3]));
        shown.stop();
        root.remove();
        return [found, end, shown.theta[3]];
        """
    )
    assert shifts == [0.1, 0.2] and end == [3] and kept == 0


def test_component_that_is_mounted_again_on_the_same_element_goes_on(modules):
    goes_on, begins_anew = modules(
        """
        const mount = (await load("index")).default;
        const parentElement = document.createElement("div");
        parentElement.innerHTML = "<div class='stage'></div>";
        document.body.append(parentElement);
        const data = {
            layout: "strip", token: "one", items: [], channels: 1, inputSize: [2, 2],
            reading: { kernel: "bilinear", halfWidth: 1 }, transform: null, transformers: [],
        };
        const calls = { setStateValue() {}, setTriggerValue() {} };
        const begin = () => mount({ data, parentElement, ...calls });
        const shown = () => parentElement.firstChild.firstChild;
        let end = begin();
        const first = shown();
        end();
        end = begin();
        const second = shown();
        parentElement.remove();
        end();
        end = begin();
        const third = shown();
        end();
        return [first === second, third !== second];
        """
    )
    assert goes_on and begins_anew


# -- the lab: one image, no network


def lab_output(family: str, theta, image: np.ndarray, kernel="bilinear") -> np.ndarray:
    """V by the library, in grey values, as large as the image."""
    transform = families.families()[family].make(image.shape)
    grid = transform.grid(torch.tensor([theta], dtype=torch.float32), image.shape)
    values = torch.from_numpy(image)[None, None].float() / 255
    return 255 * sample(values, grid, kernel)[0, 0].clamp(0, 1).numpy()


# Notes, for every move of a pressed pointer, what has changed by the end of its own event.
WATCH = """(stage, watched) => {
    const state = () => watched.map((selector) => {
        const found = stage.querySelector(selector);
        if (!(found instanceof HTMLCanvasElement)) return found.textContent;
        const { width, height } = found;
        return found.getContext("2d").getImageData(0, 0, width, height).data.join();
    });
    let before;
    window.moves = [];
    window.addEventListener("pointermove", () => (before = state()), true);
    window.addEventListener("pointermove", (event) => {
        const after = state();
        if (event.buttons) window.moves.push(after.map((value, i) => value !== before[i]));
    });
}"""
V_PIXELS, U_PIXELS = "[data-pane=V] canvas.pixels", "[data-pane=U] canvas.pixels"
U_GRID = "[data-pane=U] canvas:nth-child(3)"  # above the pixels and the tint


def typed(page: Page, name: str):
    return stage_of(page).get_by_label(f"{name}, typed", exact=True)


def test_dragged_corner_changes_v_the_grid_and_the_equation_in_the_same_frame(visit):
    page = lab(visit)
    stage_of(page).evaluate(WATCH, [V_PIXELS, U_GRID, ".equation"])
    drag(page, "bottom right corner", 0.06, 0.09)
    moves = page.evaluate("window.moves")
    assert len(moves) >= 2
    assert all(all(move) for move in moves)
    # The equation's numbers are θ, of which the address keeps three digits.
    expect(page).to_have_url(re.compile("theta="))
    linked = re.search(r"theta=([^&]+)", urllib.parse.unquote(page.url))[1]
    theta = [float(value) for value in linked.split(",")]
    numbers = stage_of(page).locator(".equation mtd mn").all_text_contents()
    shown = [float(number.replace("−", "-")) for number in numbers if number != "1"]
    np.testing.assert_allclose(shown, theta, atol=0.0061)
    np.testing.assert_allclose(theta_shown(page).flatten(), shown, atol=1e-6)
    expected = lab_output("Affine", theta, pictures.test_card())
    assert np.abs(pixels(page, "V") - expected).mean() < 1.5


def test_rotation_slider_turns_the_grid(visit):
    page = lab(visit)
    slider = stage_of(page).get_by_label("rotation", exact=True)
    assert slider.input_value() == "-25"
    grid = stage_of(page).locator(U_GRID).first
    before = grid.evaluate("(canvas) => canvas.toDataURL()")
    for _ in range(10):
        slider.press("ArrowRight")
    assert grid.evaluate("(canvas) => canvas.toDataURL()") != before
    turned = families._pose(-15, 0.75, 0.75, 0.25, 0.1, 0.0)
    np.testing.assert_allclose(theta_shown(page).flatten(), turned, atol=0.0051)
    expected = lab_output("Affine", turned, pictures.test_card())
    np.testing.assert_allclose(pixels(page, "V"), expected, atol=1.5)
    for name, value in (("scale x", 0.75), ("scale y", 0.75), ("shear", 0.25), ("shift x", 0.1)):
        assert float(typed(page, name).input_value()) == pytest.approx(value)


def verdict(page: Page):
    return stage_of(page).locator(".descent .words")


def test_descent_on_a_pull_ends_with_a_match_and_is_played_again(visit):
    page = lab(visit, "preset=Pull", reduced_motion="no-preference")
    start = np.array(families.PRESETS["Pull"].theta).reshape(2, 3)
    arrived = lambda: np.allclose(theta_shown(page), start, atol=0.0051)  # noqa: E731
    until(page, arrived, "the grid does not arrive")
    image = pixels(page, "U")
    stage_of(page).get_by_role("button", name="Descend").click()
    expect(verdict(page)).to_contain_text("Descending")
    expect(verdict(page)).to_contain_text("Matched")
    loss = ((pixels(page, "V") - image) ** 2).mean() / 255**2 / 2
    assert loss < 6e-4
    assert float(re.search(r"loss (\d\.\d+)", verdict(page).inner_text())[1]) < 5e-4
    expect(scrub(page)).to_have_attribute("aria-label", "Over the steps of the descent")
    expect(scrub(page)).to_have_value(re.search(r"after (\d+) step", verdict(page).inner_text())[1])
    scrub(page).press("Home")
    np.testing.assert_allclose(theta_shown(page), start, atol=0.0051)


@pytest.mark.parametrize("name", ["Dead gradient", "Too far"])
def test_descent_where_nothing_pulls_says_so_and_leaves_the_grid(visit, name):
    page = lab(visit, f"preset={name}")
    before = theta_shown(page)
    stage_of(page).get_by_role("button", name="Descend").click()
    expect(verdict(page)).to_contain_text("Nothing pulls")
    np.testing.assert_array_equal(theta_shown(page), before)


# Follows the playhead frame by frame until it jumps back.
JUMPS_BACK = """(scrub) => new Promise((done) => {
    let [before, frames] = [Number(scrub.value), 0];
    const look = () => {
        const now = Number(scrub.value);
        if (now < before || ++frames > 3600) return done(now < before);
        before = now;
        requestAnimationFrame(look);
    };
    requestAnimationFrame(look);
})"""


def test_playhead_is_stepped_played_at_a_speed_again_and_again_and_paused(visit):
    page = lab(visit, reduced_motion="no-preference")
    start = np.array(families.families()["Affine"].start).reshape(2, 3)
    arrived = lambda: np.allclose(theta_shown(page), start, atol=0.0051)  # noqa: E731
    until(page, arrived, "the grid does not arrive")
    expect(scrub(page)).to_have_value("1")

    play_button(page, "One step back").click()
    expect(scrub(page)).to_have_value("0.9")
    mixed = np.eye(2, 3) + 0.9 * (start - np.eye(2, 3))
    np.testing.assert_allclose(theta_shown(page), mixed, atol=0.0051)
    play_button(page, "One step on").click()
    expect(scrub(page)).to_have_value("1")

    stage_of(page).get_by_label("Speed").select_option("4")
    play_button(page, "Play").click()
    expect(play_button(page, "Play")).to_be_visible()
    expect(scrub(page)).to_have_value("1")

    again = play_button(page, "Play again and again")
    again.click()
    expect(again).to_have_attribute("aria-pressed", "true")
    play_button(page, "Play").click()
    assert scrub(page).evaluate(JUMPS_BACK)
    play_button(page, "Pause").click()
    expect(play_button(page, "Play")).to_be_visible()
    paused = scrub(page).input_value()
    for _ in range(5):
        page.evaluate("() => new Promise((done) => requestAnimationFrame(() => done()))")
    assert scrub(page).input_value() == paused


def select(page: Page, label: str, option: str) -> None:
    page.get_by_label(label, exact=True).first.click()
    page.get_by_role("option", name=option).click()


def test_kernel_is_switched_and_theta_stays_as_the_hand_has_set_it(visit):
    page = lab(visit)
    page.set_viewport_size({"width": 1440, "height": 1400})  # a list closes when a page scrolls
    theta = [0.7, 0.2, 0.1, -0.2, 0.7, -0.1]
    stage_of(page).get_by_text("θ in numbers").click()
    for name, value in zip(Affine().parameter_names, theta, strict=True):
        typed(page, name).fill(str(value))
    expect(page).to_have_url(re.compile("theta="))
    card = pictures.test_card()
    np.testing.assert_allclose(pixels(page, "V"), lab_output("Affine", theta, card), atol=1)
    for option, kernel in (("bicubic", bicubic_kernel), ("integer", "integer")):
        select(page, "Kernel", option)
        expected = lab_output("Affine", theta, card, kernel)
        # A value half way between two pixels is a matter of rounding for the integer kernel.
        near = lambda: (np.abs(pixels(page, "V") - expected) <= 1).mean() > 0.995  # noqa: E731, B023
        until(page, near, f"V is not that of the {option} kernel at the hand's θ")
    np.testing.assert_allclose(theta_shown(page).flatten(), theta, atol=1e-6)
    expect(stage_of(page).get_by_role("button", name="Back to the start")).to_be_enabled()


def test_picture_is_drawn_on_the_sheet_and_becomes_u(visit):
    page = lab(visit, "image=Draw")
    sheet = page.get_by_label("A sheet to draw on")
    box = sheet.bounding_box()
    at = lambda x, y: (box["x"] + x * box["width"], box["y"] + y * box["height"])  # noqa: E731
    page.mouse.move(*at(0.3, 0.2))
    page.mouse.down()
    page.mouse.move(*at(0.3, 0.8), steps=4)
    page.mouse.move(*at(0.7, 0.8), steps=4)
    page.mouse.up()
    drawn = sheet.evaluate(
        """(canvas) => [...canvas.getContext("2d").getImageData(0, 0, 28, 28).data]
            .filter((_, i) => i % 4 === 0)"""
    )
    drawn = np.array(drawn).reshape(28, 28)
    assert drawn[14, 8] > 200 and drawn[22, 14] > 200 and drawn[5, 20] == 0
    until(page, lambda: pixels(page, "U").shape == (28, 28), "the drawing is not shown")
    np.testing.assert_array_equal(pixels(page, "U"), drawn)
    np.testing.assert_allclose(
        pixels(page, "V"),
        lab_output("Affine", families.families()["Affine"].start, drawn.astype(np.uint8)),
        atol=1.5,
    )


@pytest.mark.parametrize("name", list(families.families()))
def test_every_handle_has_a_name_and_is_moved_by_the_arrow_keys(visit, name):
    page = lab(visit, f"family={name}")
    expect(page.get_by_text(f"{name}, ")).to_be_visible()
    handles = stage_of(page).locator("button.handle")
    names = handles.evaluate_all("(all) => all.map((one) => one.getAttribute('aria-label'))")
    assert len(set(names)) == len(names) >= 4
    assert all("arrow keys" in name for name in names)
    transform = families.families()[name].make((64, 64))
    for place, label in enumerate(names):
        stage_of(page).get_by_role("button", name="Identity").click()
        one = handles.nth(place)
        before, output = one.bounding_box(), pixels(page, "V")
        one.press("Shift+ArrowRight")
        assert one.bounding_box()["x"] > before["x"] + 1, label
        assert (pixels(page, "V") != output).any(), label
    fields = stage_of(page).locator("details").last.locator("input[type=number]")
    assert fields.count() == transform.num_params


def test_output_pixel_is_reached_by_the_keyboard_and_tells_its_kernel(visit):
    page = lab(visit, "kernel=bicubic (Eq. 3)")
    pane = stage_of(page).locator("[data-pane=V] .square").first
    pane.focus()
    pane.press("ArrowRight")
    expect(stage_of(page).locator(".note")).to_contain_text("V at (33,32)")
    expect(stage_of(page).locator(".note")).to_contain_text("bicubic")


def test_turned_over_part_of_a_grid_is_tinted(visit):
    page = lab(visit, "preset=Mirror")
    assert stage_of(page).get_attribute("data-turned") == "1"
    stage_of(page).get_by_role("button", name="Identity").click()
    assert stage_of(page).get_attribute("data-turned") == "0"


# -- an input that is moved by hand


def set_mode(page: Page, name: str) -> None:
    stage_of(page).get_by_role("button", name=name, exact=True).click()


@torch.no_grad()
def trace_of_u(page: Page, network: torch.nn.Module, index: int = 0):
    """What the network makes of U as it is on the screen."""
    image = torch.from_numpy(pixels(page, "U", index)).float()[None, None] / 255
    return network.trace(image)


def test_moved_digit_is_seen_at_once_and_the_network_follows(visit):
    page = explore(visit)
    network, _ = shown()
    set_mode(page, "the digit")
    says = page.get_by_text(re.compile(r"ST-CNN Aff says")).first
    before, words = theta_shown(page), says.inner_text()
    assert "2 (over 99.9 %)" in words
    stage_of(page).evaluate(WATCH, [U_PIXELS, V_PIXELS])
    drag(page, "the digit: move", -0.3, 0.1)  # half out of U
    moves = page.evaluate("window.moves")
    assert len(moves) >= 2 and all(all(move) for move in moves)

    def follows() -> bool:
        wanted = trace_of_u(page, network).warps[0].theta.reshape(2, 3)
        return np.allclose(theta_shown(page), wanted, atol=0.03)

    until(page, follows, "θ is not the network's")
    assert np.abs(theta_shown(page) - before).max() > 0.05
    trace = trace_of_u(page, network)
    output = 255 * trace.warps[0].output[0, 0].numpy()
    assert np.abs(pixels(page, "V") - output).mean() < 2
    share, digit = trace.logits[0].softmax(0).max(0)

    def said() -> bool:
        found = re.search(r"says (\d) \((?:over )?([\d.]+) %\)", says.inner_text())
        return found and int(found[1]) == digit and abs(float(found[2]) - 100 * share) < 3

    until(page, said, "the verdict is not the network's")
    assert says.inner_text() != words
    expect(page.get_by_text("then moved by hand")).to_be_visible()
    expect(page.get_by_text("θ set by hand")).to_have_count(0)

    stage_of(page).get_by_role("button", name="Back to prediction").click()
    until(page, lambda: np.allclose(theta_shown(page), before, atol=0.011), "it does not go back")
    expect(page.get_by_text("then moved by hand")).to_have_count(0)


def test_digit_is_turned_by_the_keyboard(visit):
    page = explore(visit)
    set_mode(page, "the digit")
    before = pixels(page, "U")
    handle(page, "the digit: move").press("Shift+]")
    assert np.abs(pixels(page, "U") - before).max() > 20
    expect(page.get_by_text("then moved by hand")).to_be_visible()


def test_sweep_of_the_angle_plays_and_u_turns(visit):
    page = explore(visit, "sweep=true", reduced_motion="no-preference")
    expect(scrub(page)).to_have_attribute("aria-label", re.compile("input turned"))
    expect(scrub(page)).to_have_attribute("max", "60")
    network, _ = shown()
    scrub(page).press("Home")
    first = pixels(page, "U")
    where = stage_of(page).locator(".where")
    expect(where).to_have_text(re.compile("^[-−]90°$"))
    theta = trace_of_u(page, network).warps[0].theta.reshape(2, 3)
    np.testing.assert_allclose(theta_shown(page), theta, atol=0.02)
    stage_of(page).get_by_label("Speed").select_option("4")
    play_button(page, "Play").click()
    turned = lambda: np.abs(pixels(page, "U") - first).max() > 100  # noqa: E731
    until(page, turned, "U does not turn")
    expect(where).to_have_text("90°")
    expect(play_button(page, "Play")).to_be_visible()
    theta = trace_of_u(page, network).warps[0].theta.reshape(2, 3)
    follows = lambda: np.allclose(theta_shown(page), theta, atol=0.02)  # noqa: E731
    until(page, follows, "θ is not that of the last frame")
    # From −90° to 90° is half a turn: each pixel reads what was on the other side of the middle.
    pose = examples.movable("distorted/rts/st-cnn-aff", DIGIT, SEED).pose
    middle = ((pose[[5, 2]] + 1) * 42 - 1) / 2
    opposite = 2 * middle[:, None, None] - np.indices((42, 42))
    expected = ndimage.map_coordinates(first, opposite, float, order=1)
    assert np.abs(pixels(page, "U") - expected).mean() < 3 < np.abs(first - expected).mean()


def test_digit_that_is_moved_on_one_stage_moves_on_the_other(visit):
    page = explore(visit, "a_rts=ST-CNN Aff&b_rts=ST-FCN Aff")
    expect(page.locator(".stage.compact")).to_have_count(2)
    np.testing.assert_array_equal(pixels(page, "U"), pixels(page, "U", 1))
    before = pixels(page, "U")
    set_mode(page, "the digit")
    drag(page, "the digit: move", 0.1, -0.1)
    moved = pixels(page, "U")
    assert np.abs(moved - before).max() > 100
    follows = lambda: np.abs(pixels(page, "U", 1) - pixels(page, "U")).max() <= 1  # noqa: E731
    until(page, follows, "the other stage's U does not follow")
    np.testing.assert_array_equal(pixels(page, "U"), moved)
    other = checkpoints.load_pretrained(find("distorted/rts/st-fcn-aff"))

    def drawn() -> bool:
        expected = 255 * trace_of_u(page, other, 1).warps[0].output[0, 0].numpy()
        return np.abs(pixels(page, "V", 1) - expected).max() <= 8

    until(page, drawn, "the other network's grid does not follow")
    expect(page.get_by_text("then moved by hand")).to_be_visible()


MOUNT = """async (data) => {
    const at = performance.getEntriesByType("resource").map((entry) => entry.name);
    const { default: mount } = await import(at.find((name) => name.includes("/index.js")));
    const parent = document.createElement("div");
    parent.innerHTML = '<div class="stage"></div>';
    parent.style.width = "600px";
    document.body.append(parent);
    const told = [];
    mount({
        data, parentElement: parent, setTriggerValue: () => {},
        setStateValue: (name, value) => told.push(value),
    });
    const panes = (kind) => [...parent.querySelectorAll(`[data-pane=${kind}] canvas.pixels`)];
    const values = (canvas) => [...canvas.getContext("2d")
        .getImageData(0, 0, canvas.width, canvas.height).data].filter((_, i) => i % 4 === 0);
    const wait = (seconds) => new Promise((done) => setTimeout(done, 1000 * seconds));
    await wait(1.2);
    const before = panes("V").map(values);
    const [first, second] = [...parent.querySelectorAll("[aria-label='Handles of'] button")];
    second.click();
    const slider = parent.querySelector("[aria-label='θ13']");
    slider.value = Number(slider.value) + 0.5;
    slider.dispatchEvent(new Event("input"));
    await wait(0.4);
    const found = {
        inputs: panes("U").map(values), before, after: panes("V").map(values), told,
        names: [first.textContent, second.textContent],
    };
    parent.remove();
    return found;
}"""


def test_several_transformers_read_several_channels_each_in_its_colour(visit, generator):
    image = torch.randint(256, (2, 16, 16), generator=generator, dtype=torch.uint8)
    theta = torch.tensor([[0.5, 0, -0.3, 0, 0.5, 0.1], [0.7, 0.2, 0.2, -0.2, 0.7, -0.1]])
    transform = Affine()
    data = large.stage_data(
        [large.Item(id="two", image=image.numpy(), theta=theta.numpy(), label="", alt="two")],
        "large",
        "two",
        transformers.Transformers(
            transform=transform, colours=("#d55e00", "#56b4e9"), names=("the first", "the second")
        ),
        None,
        None,
        None,
        {"U": "U", "V": "V"},
    )
    data |= {"compact": False, "echo": None, "inputs": [], "adopted": None}
    data["features"] = {"backName": "Back", "endName": "prediction", "live": False}
    found = lab(visit).evaluate(MOUNT, data)
    assert found["names"] == ["the first", "the second"]
    np.testing.assert_array_equal(np.reshape(found["inputs"], (2, 16, 16)), image.numpy())

    def expected(thetas: torch.Tensor) -> np.ndarray:
        grid = transform.grid(thetas, (16, 16))
        return 255 * sample(image[None].expand(2, -1, -1, -1) / 255, grid).numpy()

    shape = (2, 2, 16, 16)  # transformers, channels
    np.testing.assert_allclose(np.reshape(found["before"], shape), expected(theta), atol=0.52)
    moved = theta.clone()
    moved[1, 2] += 0.5
    np.testing.assert_allclose(np.reshape(found["after"], shape), expected(moved), atol=0.52)
    reported = np.array(found["told"][-1]["thetas"])
    np.testing.assert_allclose(reported, moved.numpy(), atol=1e-5)


def test_two_fingers_move_scale_and_turn_the_grid(visit):
    page = lab(visit, "family=Affine&theta=0.5,0,0,0,0.5,0", has_touch=True)
    box = stage_of(page).locator("[data-pane=U] .square").bounding_box()
    x, y = box["x"] + box["width"] / 2, box["y"] + box["height"] / 2
    fingers = page.context.new_cdp_session(page)

    def touch(kind: str, *points: tuple[float, float]) -> None:
        told = [{"x": x + dx, "y": y + dy, "id": i} for i, (dx, dy) in enumerate(points)]
        fingers.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": told})

    touch("touchStart", (-30, 60))
    touch("touchStart", (-30, 60), (30, 60))
    touch("touchMove", (-30, 60), (30, 90))
    touch("touchMove", (-45, 60), (45, 60))  # half as far apart again
    touch("touchEnd")
    until(
        page,
        lambda: np.allclose(theta_shown(page)[:, :2], 0.75 * np.eye(2), atol=0.02),
        "the grid does not grow with the fingers",
    )


def test_pixel_that_is_pointed_at_tells_its_slopes_beside_the_gradient(visit, generator):
    page = lab(visit, "image=Rings&gradient=true&theta=0.6,0.1,0,0,0.7,0.1")
    box = stage_of(page).locator("[data-pane=V] canvas.pixels").first.bounding_box()
    page.mouse.move(box["x"] + 0.4 * box["width"], box["y"] + 0.3 * box["height"])
    note = stage_of(page).locator(".note")
    expect(note).to_contain_text("Eq. 7")
    column, row = map(int, re.search(r"V at \((\d+),(\d+)\)", note.inner_text()).groups())
    told = [
        float(v) for v in re.findall(r"∂V/∂[xy] = (-?[\d.]+)", note.inner_text().replace("−", "-"))
    ]
    image = torch.from_numpy(pictures.rings())[None, None] / 255
    theta = torch.tensor([[0.6, 0.1, 0, 0, 0.7, 0.1]])
    grid = Affine().grid(theta, (64, 64)).requires_grad_()
    (slope,) = torch.autograd.grad(sample(image, grid)[0, 0, row, column], grid)
    np.testing.assert_allclose(told, slope[0, row, column] * 2 / 64, atol=0.006)


# -- two digits, two transformers


SUM = (307, 812, 3)  # first and second digit, and seed


def add(visit, query: str = "", **options) -> Page:
    """The page on addition with two affine transformers, its grids at the prediction."""
    query = "&".join(
        ["first={}&second={}&sum_seed={}".format(*SUM), "sum_a=2×ST-FCN Aff&sum_b=nothing", query]
    )
    page = visit(query, at="addition", reduced_motion="reduce", **options)
    handle(page, "the whole grid").first.wait_for()
    return page


def planes(page: Page, pane: str) -> np.ndarray:
    """The panes of U or V one after the other, from the page: (panes, H, W)."""
    found = stage_of(page).evaluate(
        """(node, pane) => [...node.querySelectorAll(`[data-pane=${pane}] canvas.pixels`)].map(
            (canvas) => [...canvas.getContext("2d").getImageData(0, 0, 42, 42).data].filter(
                (_, i) => i % 4 === 0))""",
        pane,
    )
    return np.reshape(found, (-1, 42, 42))


def sum_trace(page: Page, *thetas):
    """What the published network makes of the U that is on the stage."""
    network = checkpoints.load_pretrained(find("addition/rts/2st-fcn-aff"))
    with torch.inference_mode():
        return network.trace(torch.from_numpy(planes(page, "U")).float()[None] / 255, *thetas)


def outputs(trace) -> np.ndarray:
    """V of every transformer and channel: (transformers · channels, H, W), 0 to 255."""
    return 255 * torch.cat([warp.output[0] for warp in trace.warps]).numpy()


def test_both_transformers_warp_both_channels_of_a_sum(visit):
    page = add(visit)
    drawn = sums.pair_of_digits(*SUM).images[0].numpy() * 255
    np.testing.assert_allclose(planes(page, "U"), drawn, atol=0.51)
    assert np.abs(planes(page, "V") - outputs(sum_trace(page))).max() <= 8


def test_digit_of_a_channel_is_moved_alone_and_both_transformers_follow(visit):
    page = add(visit)
    before = planes(page, "U")
    set_mode(page, "the digit in channel 2")
    expect(handle(page, "the digit in channel 2: move")).to_have_count(1)
    drag(page, "the digit in channel 2: move", 0.15, 0.1)
    after = planes(page, "U")
    np.testing.assert_array_equal(after[0], before[0])
    assert np.abs(after[1] - before[1]).max() > 100
    follows = lambda: np.abs(planes(page, "V") - outputs(sum_trace(page))).max() <= 8  # noqa: E731
    until(page, follows, "the transformers do not follow")


def test_muted_transformer_shows_u_as_it_is(visit):
    page = add(visit, "muted=Mute transformer 1")
    first, second = planes(page, "V").reshape(2, 2, 42, 42)
    np.testing.assert_allclose(first, planes(page, "U"), atol=1)
    identity = Affine().identity()[None]
    trace = sum_trace(page, identity)
    assert np.abs(second - outputs(trace)[2:]).max() <= 8
    said = int(trace.logits.argmax())
    expect(page.get_by_text(re.compile(rf"2×ST-FCN Aff says {said} ")).first).to_be_visible()


def test_swapped_channels_have_the_same_sum(visit):
    page, swapped = add(visit), add(visit, "swapped=true")
    np.testing.assert_array_equal(planes(swapped, "U"), planes(page, "U")[::-1])
    truth = int(sums.pair_of_digits(*SUM).labels)
    assert int(sum_trace(swapped).logits.argmax()) == truth
    expect(swapped.get_by_text(re.compile(rf"2×ST-FCN Aff says {truth} ")).first).to_be_visible()


def test_replay_of_two_transformers_ends_with_the_published_network(visit):
    page = visit("sum_view=Replay", at="addition", reduced_motion="reduce")
    stage_of(page).locator(".cell").first.wait_for()
    run = runs.unpack(checkpoints.published_folder(find("addition/rts/2st-fcn-aff")) / runs.PACKED)
    scrub(page).press("End")
    cell = stage_of(page).locator(".cell").nth(4)
    shown = cell.evaluate(
        """(node) => [...node.querySelectorAll("[data-pane=V] canvas.pixels")].map((canvas) =>
            [...canvas.getContext("2d").getImageData(0, 0, 42, 42).data].filter(
                (_, i) => i % 4 === 0))"""
    )
    image = torch.from_numpy(run.probes[4]).float()[None] / 255
    theta = torch.from_numpy(run.snapshots[-1].theta[4])
    grid = Affine().grid(theta, (42, 42))
    expected = 255 * sample(image.expand(2, -1, -1, -1), grid).numpy().reshape(-1, 42, 42)
    assert np.abs(np.reshape(shown, (-1, 42, 42)) - expected).max() <= 1
    expect(page.get_by_text("What is left of the pose in V")).to_be_visible()


# -- a wall of images, a box on each


BOXES = recorded_boxes("colocalisation/tc/8")


def wall(visit, query: str = "", **options) -> Page:
    page = visit(f"boxes_clutter=TC&{query}", at="colocalisation", **options)
    page.locator(".thumb").first.wait_for()
    return page


def laid(page: Page, which: str = ".thumb") -> np.ndarray:
    """The boxes as they are drawn, as θ = (s, t_x, t_y): (images, 3)."""
    found = stage_of(page).evaluate(
        """(node, which) => [...node.querySelectorAll(`${which} .box`)].map(
            ({ style }) => [style.width, style.left, style.top].map(parseFloat))""",
        which,
    )
    wide, left, top = np.array(found).T / 50
    return np.stack([wide / 2, left + wide / 2 - 1, top + wide / 2 - 1], 1)


def test_every_box_stands_where_the_recording_has_it_from_the_start_to_the_end(visit):
    page = wall(visit)
    np.testing.assert_allclose(laid(page), BOXES.snapshots[0].theta[:, 0], atol=2e-3)
    page.locator(".transport input[type=range]").fill(str(len(BOXES.snapshots) - 1))
    np.testing.assert_allclose(laid(page), BOXES.snapshots[-1].theta[:, 0], atol=2e-3)
    share = round(BOXES.snapshots[-1].measure)
    expect(page.locator(".title")).to_contain_text(f"{share} of 100 localised")


def test_boxes_move_while_they_are_played(visit):
    page = wall(visit)
    page.get_by_role("button", name="Play", exact=True).click()
    until(page, lambda: np.ptp(laid(page)[:, 1]) > 0.02, "the boxes stay where they were")


def test_truth_is_hidden_until_it_is_revealed(visit):
    page = wall(visit)
    shown = page.locator(".truth:visible")
    expect(shown).to_have_count(0)
    page.get_by_role("button", name="Reveal the truth").click()
    expect(shown).to_have_count(103)
    expect(page.locator(".larges figcaption").first).to_contain_text("overlap 0.")


def test_clicked_image_is_shown_large_and_stands_in_the_equation(visit):
    page = wall(visit)
    page.get_by_role("button", name="Image 42: show it large").click()
    expect(page.locator(".larges figcaption").first).to_have_text("image 42")
    expect(page.get_by_text("n is image 42, m image 1")).to_be_visible()


def test_images_are_ordered_by_their_overlap(visit):
    page = wall(visit)
    page.get_by_role("button", name="Worst first").click()
    first = page.locator(".thumb").first.get_attribute("title")
    truth = true_boxes("colocalisation/tc/8", BOXES.description["set_seed"], 16)
    boxes = torch.from_numpy(BOXES.snapshots[-1].theta[:, 0]).float()
    found = overlap(boxes, torch.from_numpy(truth))
    worst = int(re.search(r"\d+", first)[0]) - 1
    assert found[worst] == pytest.approx(found.min().item(), abs=1e-3)


def test_wall_fits_a_narrow_screen(visit):
    page = wall(visit, width=390)
    main = page.get_by_test_id("stMain")
    assert main.evaluate("(element) => element.scrollWidth - element.clientWidth") <= 0
    assert page.locator(".larges").bounding_box()["width"] <= 390


# -- a digit in a volume


def volumes(visit, query: str = "", **options) -> Page:
    """The page on volumes, its box at the prediction: with reduced motion it is there at once."""
    page = visit(query, at="volumes", reduced_motion="reduce", **options)
    page.locator("canvas.solid").first.wait_for()
    page.get_by_text("Probability of each class").wait_for()
    return page


def flat(page: Page, index: int) -> np.ndarray:
    """A small picture: U summed, a slice of U, W, a slice of V."""
    canvas = stage_of(page).locator("canvas.flat").nth(index)
    side, values = canvas.evaluate(
        """(canvas) => {
            const { width } = canvas;
            const { data } = canvas.getContext("2d").getImageData(0, 0, width, width);
            return [width, [...data].filter((_, i) => i % 4 === 0)];
        }"""
    )
    return np.array(values).reshape(side, side)


@torch.no_grad()
def projection(turn: np.ndarray, shift: np.ndarray, image: np.ndarray) -> np.ndarray:
    """W by the library, of the network that is shown first, the brightest pixel 255."""
    network = checkpoints.load_pretrained(find("volumes/extruded/st-cnn-aff"))
    w = network.trace(extruded(image, turn, shift)).classifier_input[0, 0].numpy()
    return 255 * w / w.max()


def grasp_volume(page: Page, dx: float, dy: float) -> None:
    """Drag in the first volume, by so many pixels."""
    box = stage_of(page).locator("canvas.solid").first.bounding_box()
    x, y = box["x"] + box["width"] / 2, box["y"] + box["height"] / 2
    page.mouse.move(x, y)
    page.mouse.down()
    page.mouse.move(x + dx, y + dy, steps=5)
    page.mouse.up()


def test_volume_s_projection_is_what_the_library_computes(visit):
    page = volumes(visit)
    shown = placed(FIRST_DIGIT, FIRST_SEED)
    expected = projection(shown.turn, shown.shift, shown.image)
    until(page, lambda: np.abs(flat(page, 2) - expected).max() <= 2, "W is another")
    u = extruded(shown.image, shown.turn, shown.shift)[0, 0].sum(0).numpy()
    assert np.abs(flat(page, 0) - 255 * u / u.max()).max() <= 2


def test_dragging_the_view_turns_both_volumes_and_leaves_what_is_read(visit):
    page = volumes(visit)
    solids = stage_of(page).locator("canvas.solid")
    before = [solids.nth(i).screenshot() for i in (0, 1)]
    w = flat(page, 2)
    grasp_volume(page, 60, 20)
    assert all(solids.nth(i).screenshot() != before[i] for i in (0, 1))
    np.testing.assert_array_equal(flat(page, 2), w)


def test_digit_that_is_turned_away_is_followed_by_the_network(visit):
    page = volumes(visit)
    said = page.get_by_text("Done to the digit")
    u = flat(page, 0)
    page.get_by_role("button", name="the digit", exact=True).click()
    grasp_volume(page, 70, 0)
    assert np.abs(flat(page, 0) - u).max() > 20
    expect(said).to_contain_text("then moved by hand")
    page.get_by_role("button", name="Back to prediction").click()
    expect(said).not_to_contain_text("then moved by hand")
    np.testing.assert_array_equal(flat(page, 0), u)


def test_grid_that_is_turned_by_hand_is_what_the_classifier_is_given(visit):
    page = volumes(visit)
    w = flat(page, 2)
    page.get_by_role("button", name="the grid", exact=True).click()
    canvas = stage_of(page).locator("canvas.solid").first
    for _ in range(6):
        canvas.press("ArrowRight")
    assert np.abs(flat(page, 2) - w).max() > 20
    expect(page.get_by_text("θ set by hand")).to_be_visible()
    page.get_by_role("button", name="Identity").click()
    shown = placed(FIRST_DIGIT, FIRST_SEED)
    u = extruded(shown.image, shown.turn, shown.shift)
    plain = F.avg_pool3d(u, 2)[0, 0].sum(0).numpy()
    assert np.abs(flat(page, 2) - 255 * plain / plain.max()).max() <= 2


def test_flattened_volume_is_another_picture_and_slices_are_chosen(visit):
    page = volumes(visit)
    ways = page.get_by_role("group", name="The hand turns or moves it").get_by_role("button")
    expect(ways.nth(1)).to_be_disabled()  # the view only turns
    page.get_by_role("button", name="the digit", exact=True).click()
    expect(ways.nth(1)).to_be_enabled()
    solid = stage_of(page).locator("canvas.solid").nth(1)
    before = solid.screenshot()
    page.get_by_label("Flatten V:").fill("1")
    assert solid.screenshot() != before
    page.get_by_label("Slice:").fill("0")
    expect(page.get_by_text("V, slice 1 of 30")).to_be_visible()


@pytest.mark.parametrize(
    ("at", "query"),
    [("volumes", "volume_view=Replay&volume_probe=5"), ("colocalisation", "boxes_digit=8")],
    ids=["volumes", "boxes"],
)
def test_reload_leaves_the_playhead_of_volumes_and_boxes_where_it_was(at, query, visit):
    page = visit(query, at=at, reduced_motion="reduce")
    where = stage_of(page).locator(".where")
    expect(where).to_have_text("step 0", timeout=PATIENCE_MILLISECONDS)
    scrub(page).press("End")
    last = where.inner_text()
    for _ in range(3):
        scrub(page).press("ArrowLeft")
    left = where.inner_text()
    assert left not in ("step 0", last)
    for _ in range(2):
        page.reload()
        expect(where).to_have_text(left, timeout=PATIENCE_MILLISECONDS)
    page.keyboard.press("r")
    expect(where).to_have_text("step 0")


def test_replay_of_a_volume_ends_with_the_published_network(visit):
    page = visit("volume_view=Replay&volume_probe=5", at="volumes", reduced_motion="reduce")
    page.locator("canvas.solid").first.wait_for()
    shown = placed_probe(5)
    u = extruded(shown.image, shown.turn, shown.shift)
    start = F.avg_pool3d(u, 2)[0, 0].sum(0).numpy()
    until(page, lambda: np.abs(flat(page, 2) - 255 * start / start.max()).max() <= 2, "not U")
    scrub(page).press("End")
    expected = projection(shown.turn, shown.shift, shown.image)
    # The recording has θ of the training's own precision, the published network float16 weights.
    until(page, lambda: np.abs(flat(page, 2) - expected).max() <= 25, "W is another")
    expect(page.get_by_text("5 ◂")).to_be_visible()


def test_volumes_fit_a_narrow_screen(visit):
    page = volumes(visit, width=390)
    main = page.get_by_test_id("stMain")
    assert main.evaluate("(element) => element.scrollWidth - element.clientWidth") <= 0


# -- a phone


@pytest.mark.parametrize("at", ["distorted", "addition", "volumes"])
def test_picture_comes_first_on_a_phone_and_its_choices_after_it(visit, at):
    page = visit(at=at, width=390, reduced_motion="reduce")
    page.get_by_text("All digits shown are of the gallery").wait_for()
    tops = [
        page.locator(where).first.bounding_box()["y"]
        for where in ("canvas", ".st-key-choosing", ".strip, .strips", ".st-key-footer")
    ]
    assert tops == sorted(tops), tops
    assert tops[0] < 700
    page.set_viewport_size({"width": 1440, "height": 900})
    wide = page.locator(".st-key-choosing").bounding_box()["y"]
    assert wide < page.locator("canvas").first.bounding_box()["y"]


# -- what a volume and a wall have learnt


# A volume, of a training or of none: ``show(track)``, a track of so many frames: ``track(count)``.
LEARNT = """
    const { Volume } = await load("layouts/volume/volume");
    const root = document.createElement("div");
    root.style.width = "700px";
    document.body.append(root);
    const names = [1, 2, 3].flatMap((row) => [1, 2, 3, 4].map((column) => `θ${row}${column}`));
    const frame = (n) => names.map((_, p) => p + n);
    const track = (count, history, more = {}) => ({
        count, perSecond: 10, name: "training", ends: ["0", "live"], truth: 3, begin: -1, history,
        steps: [...Array(count).keys()], measures: Array(count).fill(50), label: String,
        poseLeft: Array.from({ length: count }, (_, i) => [[90 - i]]), probabilities: [],
        meanClasses: ["2", "5"], meanDigits: 10, meanSize: [1, 1],
        means: Uint8Array.from({ length: 2 * count }, (_, i) => 100 + i),
        theta: (position) => frame(position), odds: () => Array(10).fill(0.1), ...more,
    });
    const shown = new Volume(root, { tell: () => {} });
    const show = (track, transforms = true) => shown.update({
        token: String(Boolean(track)), shape: String(transforms), side: 6, outputSide: 3,
        transforms, echo: 0, names, identity: frame(0), theta: frame(0), captions: {},
        digit: { pixels: new Uint8Array(16).fill(255), side: 4, depth: 2 },
        pose: { turn: [1, 0, 0, 0, 1, 0, 0, 0, 1], shift: [0, 0, 0] }, track,
        colours: { grid: "#56b4e9", corner: "#f0e442", series: ["#000000", "#ffffff", "#ff0000"] },
    });
    const titles = () => [...root.querySelectorAll(".chart b")].map((b) => b.textContent);
    const lines = () => shown.curves.map(({ series }) => series.map(({ name }) => name));
    const files = () => [...root.querySelectorAll(".export button")].map((b) => b.textContent);
    const means = () => [...root.querySelectorAll(".mean")].map(
        (canvas) => canvas.getContext("2d").getImageData(0, 0, 1, 1).data[0]);
    const nothing = { step: [], loss: [], error: [], rate: [], classifier: [], localisation: null };
    try {
        BODY
    } finally {
        shown.stop();
        root.remove();
    }
"""


def learnt(modules, body: str):
    return modules(LEARNT.replace("BODY", body))


def test_volume_that_learns_begins_without_a_history_and_shows_each_curve_as_it_comes(modules):
    first, later, rows, values, end = learnt(
        modules,
        """
        show(track(1, nothing));
        const first = lines();
        show(track(3, {
            step: [1, 4], seconds: [1, 2], loss: [null, 2], error: [3, null], rate: [4, 4],
            classifier: [null, 5], localisation: [6, 7],
        }));
        const values = shown.curves.map(({ series: [{ y }] }) => y);
        return [first, lines(), shown.curveRows(), values, shown.curves[0].axis.place(4)];
        """,
    )
    matrix = [f"θ{row}{column}" for row in "123" for column in "123"]
    theta = [matrix, ["θ14", "θ24", "θ34"]]
    error = ["while training", "digits not trained on"]
    assert first == [[""], error, ["classifier"], [""], *theta, [""]]
    assert later == [[""], error, ["classifier", "localisation"], [""], *theta, [""]]
    assert values == [
        [None, 2], [3, None], [None, 5], [4, 4], [0, 1, 2], [3, 4, 5], [90, 89, 88],
    ]  # fmt: skip
    assert end == 1  # what is logged after the last snapshot is within the chart
    assert rows[1] == {
        "step": 4, "seconds": 2, "loss": 2, "error": None, "rate": 4, "classifier": 5,
        "localisation": 7,
    }  # fmt: skip


def test_playhead_of_a_volume_moves_the_means_and_their_error(modules):
    end, start, row = learnt(
        modules,
        """
        show(track(3, nothing));
        const end = means();
        shown.transport.head.seek(0);
        return [end, means(), shown.rows()[1]];
        """,
    )
    assert end == [104, 105] and start == [100, 101]
    assert (row["error, %"], row["pose left in W, %"], row["θ11"]) == (50, 89, 1)


def test_volume_shows_no_curve_of_what_it_does_not_have(modules):
    plain, files, untrained = learnt(
        modules,
        """
        show(track(2, nothing, { meanClasses: [], means: null, poseLeft: null }), false);
        const found = [[titles(), lines()[2], means()], files()];
        show(null);
        return [...found, [titles(), means(), files(), shown.curveRows ?? null]];
        """,
    )
    assert plain == [["Loss", "Error, %", "Gradient norm", "Learning rate"], ["classifier"], []]
    curves = "CSV of the curves"
    assert curves in files
    assert untrained == [[], [], [file for file in files if file != curves], None]


def test_charts_of_a_volume_and_its_means_are_those_of_the_recording(visit):
    page = visit("volume_view=Replay&volume_probe=5", at="volumes", reduced_motion="reduce")
    mean = stage_of(page).get_by_label("The mean of W over 10 digits of class 8")
    mean.wait_for()
    run = recordings.recorded("volumes/extruded/st-cnn-aff")

    def painted() -> np.ndarray:
        return np.array(
            mean.evaluate(
                """(canvas) => [...canvas.getContext("2d")
                    .getImageData(0, 0, canvas.width, canvas.height).data]"""
            )
        )[::4].reshape(30, 30)

    for key, snapshot in {"Home": run.snapshots[0], "End": run.snapshots[-1]}.items():
        scrub(page).press(key)
        np.testing.assert_array_equal(painted(), snapshot.mean_output[2, 0])
    for chart in ("Learning rate", "Gradient norm", "θ of this probe: translation"):
        canvas = stage_of(page).get_by_role("img", name=chart, exact=True)
        ink = canvas.evaluate(
            """(canvas) => new Set(canvas.getContext("2d")
                .getImageData(0, 0, canvas.width, canvas.height).data).size"""
        )
        assert ink > 10, chart


def test_wall_has_the_curves_of_the_search(visit):
    page = wall(visit)
    titles = [
        "Localised, %",
        "Mean overlap",
        "Loss (Eq. 8)",
        "Gradient norm, localisation",
        "Learning rate",
    ]
    expect(stage_of(page).locator(".chart b")).to_have_text(titles)


def test_an_axis_says_what_it_counts(modules):
    written = modules(
        """
        const { Curves, logarithmic } = await load("parts/curves");
        const chart = new Curves("chart", true);
        const line = { name: "", colour: "red", dash: 0, x: [0, 1], y: [0, 1] };
        chart.set([line], logarithmic(10, 200, "s"));
        const written = [];
        const context = document.createElement("canvas").getContext("2d");
        context.fillText = (text, x) => written.push([text, x]);
        chart.paint(context, 300, 200, 1);
        return written.slice(3);
        """
    )
    *marks, (unit, place) = written
    assert [text for text, _ in marks] == ["0", "10", "100"] and unit == "s"
    assert place < marks[0][1]


def test_numbers_on_an_axis_tell_its_ends_apart_and_next_to_nothing_is_0(modules):
    constant, long, short, small = modules(
        """
        const { Curves, logarithmic } = await load("parts/curves");
        const draw = (y) => {
            const chart = new Curves("chart", true);
            const written = [];
            const series = [{ name: "", colour: "red", dash: 0, x: [0, 1], y }];
            chart.set(series, logarithmic(10, 1, "step"));
            const context = document.createElement("canvas").getContext("2d");
            context.fillText = (text) => written.push(text);
            chart.paint(context, 300, 200, 1);
            return written.slice(0, 3);
        };
        return [draw([0.001, 0.001]), draw([3e-12, 0.002]), draw([91, 91.3]), draw([2.5e-5, 5e-5])];
        """
    )
    assert constant == ["0", "0.001", "0.002"]
    assert long == ["0", "0.001", "0.002"] and short == ["91", "91.15", "91.3"]
    assert small == ["2.5e-5", "3.8e-5", "5.0e-5"]
