"""What is taken away from a stage, in a real headless Chromium, looked at by others' eyes."""

from __future__ import annotations

import base64
import csv
import io
import json
import xml.etree.ElementTree as ElementTree
from urllib.parse import parse_qsl, urlencode

import numpy as np
import pytest
import torch
from PIL import Image
from playwright.sync_api import expect

from stn_core import checkpoints
from stn_core.experiments import find
from stn_core.runs.packed import PACKED, unpack
from tests.browser.driving import (
    handle,
    open_distorted,
    open_volumes,
    play_button,
    scrub,
    stage_of,
    theta_shown,
)
from tests.browser.expected import prediction, shown

SVG = "{http://www.w3.org/2000/svg}"
EBML = b"\x1a\x45\xdf\xa3"  # with which every WebM begins
# The playhead starts in the moment in which the film is asked for.
PLAYED_BEFORE = """(node) => {
    const play = node.closest(".transport").querySelector(".play");
    node.addEventListener("click", () => play.click(), true);
}"""


def take(page, kind: str, tmp_path) -> bytes:
    """Press a button of the first stage's export, and give what is downloaded."""
    export = stage_of(page).locator(".export").first
    if export.get_attribute("open") is None:
        export.locator("summary").click()
    with page.expect_download() as download:
        export.get_by_role("button", name=kind, exact=True).click()
    path = tmp_path / download.value.suggested_filename
    download.value.save_as(path)
    return path.read_bytes()


def test_pictures_and_animations_show_the_stage_and_numbers_are_the_network_s(visit, tmp_path):
    page = open_distorted(visit)
    picture = Image.open(io.BytesIO(take(page, "PNG", tmp_path))).convert("RGB")
    assert picture.width > 600
    colours = {colour for _, colour in picture.getcolors(1 << 24)}
    assert {(240, 228, 66), (255, 255, 255), (29, 33, 38)} <= colours  # corner, page, pane
    root = ElementTree.fromstring(take(page, "SVG", tmp_path))
    assert len(list(root.iter(f"{SVG}path"))) > 16  # the grid's lines, the frame, the corners
    assert len(list(root.iter(f"{SVG}image"))) >= 2  # U and V, and what is marked on them
    assert "and the sampling grid" in "".join(root.itertext())

    rows = list(csv.DictReader(io.StringIO(take(page, "CSV", tmp_path).decode("utf-8-sig"))))
    names = [f"θ{i}{j}" for i in (1, 2) for j in (1, 2, 3)]
    theta = [float(rows[0][name]) for name in names]
    np.testing.assert_allclose(theta, prediction()[0], atol=1e-4)
    exported = json.loads(take(page, "JSON", tmp_path))
    assert [exported["rows"][0][name] for name in names] == pytest.approx(theta, abs=1e-6)
    odds = [float(rows[0][f"p({c})"]) for c in range(10)]  # which its title promises
    network, images = shown()
    with torch.no_grad():
        expected = network(images)[0].softmax(0)
    np.testing.assert_allclose(odds, expected, atol=1e-4)
    title = stage_of(page).get_by_role("button", name="CSV").get_attribute("title")
    assert "probabilities" in title
    assert "/distorted" in exported["page"]

    # A hand's θ is there after a film; another that is asked for meanwhile is not made.
    handle(page, "the whole grid").press("Shift+ArrowDown")
    theta, films = theta_shown(page), []
    page.on("download", lambda download: films.append(download.suggested_filename))
    gif = stage_of(page).get_by_role("button", name="GIF")
    gif.evaluate("(node) => node.addEventListener('click', node.onclick)")  # it is pressed twice
    film = Image.open(io.BytesIO(take(page, "GIF", tmp_path)))
    np.testing.assert_array_equal(theta_shown(page), theta)
    expect(page.get_by_text("θ set by hand")).to_be_visible()
    assert film.n_frames == 31  # two seconds of 15 frames
    frames = []
    for n in (0, film.n_frames - 1):
        film.seek(n)
        frames.append(np.array(film.convert("L"), float))
    assert np.abs(frames[0] - frames[1]).mean() > 1
    stage_of(page).get_by_role("button", name="Use the predicted θ").click()
    page.emulate_media(reduced_motion="no-preference")
    webm = stage_of(page).get_by_role("button", name="WebM")
    webm.evaluate(PLAYED_BEFORE)
    film = take(page, "WebM", tmp_path)
    assert film.startswith(EBML) and b"V_VP9" in film[:1000]
    expect(play_button(page, "Play")).to_be_visible()  # it has stopped for the film
    assert float(scrub(page).input_value()) == 0  # the playhead is where it was
    assert [name.rpartition(".")[2] for name in films] == ["gif", "webm"]


def test_replay_gives_every_step_of_every_probe_and_its_curves(visit, tmp_path):
    page = visit("view=Replay", at="distorted", reduced_motion="reduce")
    stage_of(page).locator(".strip").first.wait_for()
    run = unpack(checkpoints.published_folder(find("distorted/rts/st-cnn-aff")) / PACKED)
    rows = list(csv.DictReader(io.StringIO(take(page, "CSV", tmp_path).decode("utf-8-sig"))))
    assert len(rows) == len(run.snapshots) * len(run.probes)
    assert float(rows[-1]["θ23"]) == pytest.approx(run.snapshots[-1].theta[-1, 0, 5], abs=1e-5)
    left = 100 * run.snapshots[-1].pose_left[0, 0]
    assert float(rows[-1]["pose left in V, %"]) == pytest.approx(left)
    curves = take(page, "CSV of the curves", tmp_path).decode("utf-8-sig")
    last = list(csv.DictReader(io.StringIO(curves)))[-1]
    assert float(last["loss"]) == pytest.approx(run.history[-1].loss)


def copied(page) -> str:
    export = stage_of(page).locator(".export").first
    export.locator("summary").click()
    export.get_by_role("button", name="Copy link").click()
    expect(export.locator("[aria-live]")).to_contain_text("Cop")
    return page.evaluate("navigator.clipboard.readText()")


def test_copied_link_brings_back_theta_and_the_moved_digit(visit):
    page = open_distorted(visit, permissions=["clipboard-read", "clipboard-write"])
    stage_of(page).get_by_role("button", name="digit", exact=True).click()
    handle(page, "digit: move").press("Shift+ArrowRight")
    expect(page.get_by_text("then moved by hand")).to_be_visible()
    stage_of(page).get_by_role("button", name="grid", exact=True).click()
    handle(page, "the whole grid").press("Shift+ArrowDown")
    names = [f"θ{i}{j}" for i in (1, 2) for j in (1, 2, 3)]
    value = lambda p, name: float(stage_of(p).get_by_label(name, exact=True).input_value())  # noqa: E731
    theta = [value(page, name) for name in names]
    query = copied(page).partition("?")[2]
    assert "digit=207" in query
    other = visit(query, at="distorted", reduced_motion="reduce")
    handle(other, "the whole grid").wait_for()
    expect(other.get_by_text("θ set by hand")).to_be_visible()
    expect(other.get_by_text("then moved by hand")).to_be_visible()
    assert [value(other, name) for name in names] == pytest.approx(theta, abs=0.011)


def test_copied_link_brings_back_the_playhead(visit):
    page = visit(
        "view=Replay", at="distorted", reduced_motion="reduce",
        permissions=["clipboard-read", "clipboard-write"],
    )  # fmt: skip
    stage_of(page).locator(".cell").nth(3).click()
    stage_of(page).get_by_label("Playhead unit").select_option("seconds")
    for _ in range(7):
        stage_of(page).get_by_role("button", name="One step forward").click()
    place = scrub(page).input_value()
    link = copied(page)
    other = visit(link.partition("?")[2], at="distorted", reduced_motion="reduce")
    scrub(other).wait_for()
    expect(scrub(other)).to_have_value(place)
    expect(stage_of(other).get_by_label("Playhead unit")).to_have_value("seconds")
    expect(stage_of(other).locator(".cell").nth(3)).to_have_attribute("aria-pressed", "true")

    # It is where the visit begins; from there on the playhead is the visitor's.
    scrub(other).press("Home")
    other.reload()
    scrub(other).wait_for()
    expect(scrub(other)).to_have_value("0")
    other.goto(link)
    scrub(other).wait_for()
    expect(scrub(other)).to_have_value(place)


def picture_of(canvas) -> np.ndarray:
    canvas.evaluate("(node) => node.scrollIntoView({ block: 'center' })")  # not below the menu
    return np.array(Image.open(io.BytesIO(canvas.screenshot())).convert("L"), np.float32)


def test_copied_link_brings_back_how_a_volume_is_looked_at(visit):
    page = open_volumes(visit, permissions=["clipboard-read", "clipboard-write"])
    solids = stage_of(page).locator("canvas.solid")
    first = picture_of(solids.first)
    solids.first.press("ArrowRight")
    page.get_by_role("button", name="Zoom in").click()
    page.get_by_label("Flatten V:").fill("0.4")
    seen = [picture_of(solids.nth(i)) for i in (0, 1)]
    assert np.abs(seen[0] - first).mean() > 5
    other = open_volumes(visit, copied(page).partition("?")[2])
    expect(other.get_by_label("Flatten V:")).to_have_value("0.4")
    solids = stage_of(other).locator("canvas.solid")
    for i in (0, 1):
        assert np.abs(picture_of(solids.nth(i)) - seen[i]).mean() < 1


def test_view_that_is_no_rotation_is_told_of_and_left_out(visit):
    page = open_volumes(visit, permissions=["clipboard-read", "clipboard-write"])
    fields = dict(parse_qsl(copied(page).partition("?")[2]))
    text = fields["stage"]
    state = json.loads(base64.urlsafe_b64decode(text + "=" * (-len(text) % 4)))
    for one in state.values():
        one["view"][0] = 7
    fields["stage"] = base64.urlsafe_b64encode(json.dumps(state).encode()).decode().rstrip("=")
    other = open_volumes(visit, urlencode(fields))
    expect(stage_of(other).get_by_role("status")).to_contain_text("do not fit")


@pytest.mark.parametrize("state", ["nonsense", "eyJ4Ijoxf", "A" * 7000])
def test_state_that_is_none_is_told_of_and_left_out(visit, state):
    page = open_distorted(visit, f"stage={state}")
    expect(stage_of(page).get_by_role("status")).to_contain_text("do not fit")
    assert float(stage_of(page).get_by_label("θ11", exact=True).input_value()) == pytest.approx(
        prediction()[0, 0].item(), abs=0.011
    )
