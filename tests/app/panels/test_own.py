"""A digit and a checkpoint of the visitor's own, on the pages of trained networks."""

from __future__ import annotations

import base64
import io
import json
import zlib

import numpy as np
import pytest
import torch
from PIL import Image, ImageDraw
from streamlit.testing.v1 import AppTest

from app.data import examples, gallery, pictures
from app.panels import own_digit
from app.views.distorted import choices
from stn_core import checkpoints
from stn_core.checkpoints import CheckpointError, save_tensors
from stn_core.experiments import EXPERIMENTS, find
from stn_core.foreign_checkpoints import load_matching
from tests.app.visiting import answers, opened, payloads, texts

RTS = [e for name, e in EXPERIMENTS.items() if name.startswith("distorted/rts/")]
NAME = "distorted/rts/st-fcn-aff"


def page(name: str, **query: str) -> AppTest:
    return opened(name, **query)


def angles(app: AppTest) -> list[dict]:
    """The series of the last chart: true against predicted angles."""
    return json.loads(app.get("plotly_chart")[-1].proto.spec)["data"]


def said(app: AppTest) -> str:
    elements = (*app.markdown, *app.caption, *app.error, *app.success)
    return " ".join([*(element.value for element in elements), *answers(app)])


def photograph(ground: int, ink: int, size=(300, 200)) -> bytes:
    """A one of a thick pen, off the middle."""
    picture = Image.new("RGB", size, (ground,) * 3)
    ImageDraw.Draw(picture).line((90, 40, 100, 160), fill=(ink,) * 3, width=12)
    content = io.BytesIO()
    picture.save(content, "JPEG")
    return content.getvalue()


# -- a digit


@pytest.mark.parametrize(("ground", "ink"), [(240, 20), (15, 230), (180, 90)])
def test_photograph_of_a_digit_becomes_one_of_mnist_s_kind(ground, ink):
    digit = pictures.as_digit(photograph(ground, ink))
    assert digit.shape == (28, 28) and digit.dtype == np.uint8 and digit.max() == 255
    rows, columns = (np.flatnonzero((digit > 25).any(axis)) for axis in (1, 0))
    assert np.ptp(rows) + 1 in (19, 20), "its longer side is 20 pixels"
    assert np.ptp(columns) + 1 < 8
    middle = [np.average(np.arange(28) + 0.5, weights=digit.sum(axis)) for axis in (1, 0)]
    np.testing.assert_allclose(middle, 14, atol=0.6)


def test_picture_can_be_taken_as_it_is():
    found = pictures.as_grey(photograph(240, 20))
    assert found.shape == (28, 28)
    assert np.median(found) == pytest.approx(240, abs=3)


@pytest.mark.parametrize("shade", [0, 128, 255])
def test_picture_of_nothing_is_refused_in_words(shade):
    content = io.BytesIO()
    Image.new("L", (50, 50), shade).save(content, "PNG")
    with pytest.raises(pictures.PictureError, match="more contrast"):
        pictures.as_digit(content.getvalue())


def test_drawn_digit_is_distorted_moved_and_classified_in_the_gallery_s_stead():
    app = page("distorted", a_rts="st-cnn-aff", b_rts="none")
    app.toggle(key="own-digit").set_value(True).run()
    assert "enter its true class" in said(app)
    one = np.zeros((28, 28), np.uint8)
    one[4:24, 13:16] = 255
    app.session_state["own-digit-sketch"] = {"drawn": base64.b64encode(one).decode()}
    app.number_input(key="own-digit-label").set_value(1).run()
    assert not app.exception and not app.error
    assert " ✓, 1 is true" in said(app)
    drawn = gallery.Drawn(pixels=one.tobytes(), label=1)
    moved = examples.movable(NAME, 504, 2, drawn)
    assert np.array_equal(moved.image, one) and not moved.whole
    laid = examples.render(moved, moved.pose)
    shown = examples.example(NAME, 504, 2, drawn)
    torch.testing.assert_close(laid, shown.images, atol=1e-4, rtol=0)
    [strip] = [part for part in payloads(app) if part.get("layout") == "strip"]
    assert strip["selected"] is None  # none of the gallery's digits is on the stage
    rings = [s["marker"]["line"]["width"] for s in angles(app) if "marker" in s]
    assert rings and not np.any(rings)
    other = page("distorted", a_rts="st-cnn-aff", **app.query_params)
    assert other.segmented_control(key="own-digit-way").value == "Link"
    assert other.session_state["own-digit:linked"] == drawn
    assert texts(other) == texts(app)
    other.toggle(key="own-digit").set_value(False).run()
    assert "own-digit" not in other.query_params and " ✓, " in said(other)


@pytest.mark.parametrize(
    "text", ["eJw", "!", "x" * 3000, own_digit.packed(gallery.Drawn(pixels=b"short", label=1))]
)
def test_link_s_own_digit_that_is_none_is_told_of_and_left_out(text):
    app = page("distorted", **{"own-digit": text})
    assert not app.exception and not app.toggle(key="own-digit").value
    assert "digit in the link could not be read" in app.toast[0].value
    assert "own-digit" not in app.query_params


def test_digit_is_the_same_after_the_address(generator):
    pixels = torch.randint(256, (784,), generator=generator, dtype=torch.uint8).numpy().tobytes()
    text = own_digit.packed(gallery.Drawn(pixels=pixels, label=7))
    assert len(text) <= own_digit.MAX_PACKED_CHARS and own_digit.unpacked(text) == gallery.Drawn(
        pixels=pixels, label=7
    )
    immense = base64.urlsafe_b64encode(zlib.compress(bytes(2**20))).decode()
    assert len(immense) < own_digit.MAX_PACKED_CHARS
    with pytest.raises(ValueError, match="28 × 28"):
        own_digit.unpacked(immense)


def test_pasted_picture_is_shown_as_it_was_and_as_it_is_taken():
    app = page("volumes", volume_a="cnn", volume_b="none")
    app.toggle(key="own-volume").set_value(True).run()
    app.segmented_control(key="own-volume-way").set_value("Paste").run()
    file = base64.b64encode(photograph(240, 20)).decode()
    app.session_state["own-volume-paste"] = {"pasted": file}
    app.number_input(key="own-volume-label").set_value(1).run()
    assert not app.exception and not app.error
    assert len(app.get("image")) == 2
    assert "1 is true" in said(app)
    app.toggle(key="own-volume-prepare").set_value(False).run()
    assert not app.exception and not app.error


def test_click_on_a_digit_of_the_strip_puts_the_own_one_aside(monkeypatch):
    state = {"own-digit": True, "digit": 504}
    monkeypatch.setattr(choices.st, "session_state", state)
    choices.choose_digit("104")
    assert state == {"own-digit": False, "digit": 104}


# -- a checkpoint


def weights(name: str) -> dict[str, torch.Tensor]:
    return find(name).build(seed=0).state_dict()


def test_bare_state_dict_is_matched_by_its_shapes(tmp_path):
    path = tmp_path / "bare.safetensors"
    save_tensors(path, weights(NAME), {})
    found, network = load_matching(RTS, path, "it")
    assert found.name == NAME and not network.training


def test_header_chooses_among_networks_and_refuses_another_page_s(tmp_path):
    path = tmp_path / "named.safetensors"
    checkpoints.save_weights(find(NAME).build(seed=0), find(NAME), path)
    assert load_matching(RTS, path, "it")[0].name == NAME
    others = [e for name, e in EXPERIMENTS.items() if name.startswith("addition/")]
    with pytest.raises(CheckpointError, match=f"it says it belongs to '{NAME}'.*addition/rts/fcn"):
        load_matching(others, path, "it")


def test_what_fits_nothing_is_compared_with_the_nearest(tmp_path):
    tensors = weights(NAME)
    tensors["extra"] = torch.zeros(1)
    (name, first), *_ = tensors.items()
    tensors[name] = torch.zeros(3, *first.shape)
    path = tmp_path / "odd.safetensors"
    save_tensors(path, tensors, {})
    with pytest.raises(CheckpointError) as caught:
        load_matching(RTS, path, "it")
    assert "unexpected extra" in str(caught.value) and f"{name} is (3, " in str(caught.value)
    assert str(path) not in str(caught.value)


def test_uploaded_checkpoint_is_offered_looked_at_and_measured(tmp_path):
    app = page("distorted", b_rts="none")
    content = (checkpoints.published_folder(find(NAME)) / checkpoints.WEIGHTS).read_bytes()
    uploader = app.file_uploader(key="own-weights-distorted/rts/")
    uploader.set_value(("mine.safetensors", content, "application/octet-stream")).run()
    assert not app.exception and not app.error
    assert "Opened as your ST-FCN Aff" in said(app)
    (key,) = [k for k in app.selectbox(key="a_rts").options if "your" in k]
    app.selectbox(key="a_rts").select(key).run()
    assert not app.exception and not app.error
    assert "your ST-FCN Aff reads" in said(app)
    app.button(key="own-measure-distorted/rts/").click().run()
    assert "error on 1,000 gallery digits; the published" in said(app)


def test_upload_that_is_no_checkpoint_is_an_error_on_the_page():
    app = page("distorted", b_rts="none")
    uploader = app.file_uploader(key="own-weights-distorted/rts/")
    uploader.set_value(("x.safetensors", b"\x80\x02}q\x00.", "application/octet-stream")).run()
    assert not app.exception
    assert "not a readable safetensors file" in app.error[0].value
    assert app.selectbox(key="a_rts").value == "st-cnn-aff"
