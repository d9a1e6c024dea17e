"""The page on MNIST addition, by Streamlit's own test harness."""

from __future__ import annotations

import base64

import numpy as np
import pytest
import torch
from streamlit.testing.v1 import AppTest

from app.data import gallery as gallery_module
from app.data import networks, sums
from app.frame import stops
from app.views.addition import choices, division, partings
from stn_core import checkpoints, evaluation
from stn_core.experiments import EXPERIMENTS, find
from tests.app.visiting import answers, opened, payload, payloads, texts

PUBLISHED = [
    name.removeprefix(choices.PREFIX)
    for name, e in EXPERIMENTS.items()
    if name.startswith(choices.PREFIX) and checkpoints.is_published(e)
]


def page(**query: str) -> AppTest:
    app = opened("addition", **query)
    assert not app.exception and not app.error
    return app


def report(app: AppTest, **state) -> None:
    """What the first stage would report, and the page after it."""
    nothing = {"serial": 1, "thetas": None, "poses": None, "position": 1}
    state = {"token": payload(app)["token"], **nothing, **state}
    app.session_state["sum-stage-0"] = {"report": state}
    app.run()
    assert not app.exception and not app.error


def test_page_opens_with_two_transformers_beside_one():
    app = page()
    assert app.title[0].value == "MNIST addition"
    assert [box.value for box in app.selectbox] == ["2st-fcn-aff", "st-fcn-aff"]
    assert len(answers(app)) == 2 and answers(app)[0].startswith("2×ST-FCN Aff reads 11 ✓")
    assert [len(payload(app, i)["transformers"]) for i in (0, 1)] == [2, 1]
    assert [len(payload(app, i)["inputs"]) for i in (0, 1)] == [2, 2]


@pytest.mark.parametrize("network", PUBLISHED)
def test_every_published_network_can_be_looked_at(network):
    app = page()
    app.selectbox(key="sum_a").set_value(network).run()
    assert not app.exception and not app.error
    assert f"{networks.network_title(network)} reads" in texts(app)


@pytest.mark.parametrize("view", ["Train", "Replay", "Results"])
def test_every_view_opens(view):
    page(sum_view=view)


def test_theta_by_hand_of_both_transformers_changes_what_is_said():
    app = page(sum_b="none")
    assert "θ set by hand" not in texts(app)
    report(app, thetas=[[0, 0, 9, 0, 0, 9]] * 2)
    assert "θ set by hand" in texts(app) and "V is black" in texts(app)


def test_tour_s_stop_is_done_once_a_grid_held_by_hand_makes_the_sum_wrong():
    app = page(sum_b="none")

    def done() -> bool:
        return stops.STOPS[4].done({"sum:misread": app.session_state["sum:misread"]})

    assert not stops.STOPS[4].done({}) and not done()
    first, second = payload(app)["items"][0]["thetas"]
    report(app, thetas=[first, second])
    assert "θ set by hand" in texts(app) and not done()
    report(app, thetas=[first, [*second[:2], 3, *second[3:]]], serial=2)
    assert done()


def test_moved_digits_are_what_both_networks_read():
    app = page()
    report(app, poses=[[1, 0, 9, 0, 1, 9]] * 2)  # far outside of U
    assert texts(app).count("V is black") == 2
    report(app, poses=[[0] * 6, [1e6] * 6], serial=2)
    assert not app.exception and texts(app).count("V is black") == 2


@pytest.mark.parametrize(
    "state",
    [
        {"thetas": [[1, 0, 0, 0, 1, 0]]},
        {"poses": [[1, 0, 9, 0, 1, 9]]},
        {"thetas": [[0, 0, 9, 0, 0, 9]] * 2, "token": "of other digits"},
    ],
    ids=["one-theta", "one-pose", "stale"],
)
def test_unusable_report_is_passed_over(state):
    app = page()
    before = texts(app)
    report(app, **state)
    assert texts(app) == before


def test_muted_transformer_is_held_at_the_identity_and_only_it():
    app = page(muted="Mute transformer 2", sum_b="none")
    ((first, second),) = [item["thetas"] for item in payload(app)["items"]]
    assert second == [1, 0, 0, 0, 1, 0]
    network = checkpoints.load_pretrained(find("addition/rts/2st-fcn-aff"))
    images = sums.pair_of_digits(*choices.FIRST_PAIR, choices.FIRST_SEED).images
    np.testing.assert_allclose(first, network.trace(images).warps[0].theta[0].detach(), atol=1e-5)


def test_network_that_a_muted_one_is_compared_with_is_not_muted():
    app = page(muted="Mute transformer 2", sum_b="2×ST-FCN Proj")
    ((_, muted),) = [item["thetas"] for item in payload(app)["items"]]
    ((first, second),) = [item["thetas"] for item in payload(app, 1)["items"]]
    assert muted == [1, 0, 0, 0, 1, 0]
    assert len(second) == 8 and second != [1, 0, 0, 0, 1, 0, 0, 0] != first


def test_example_that_was_misread_is_the_pair_that_opens():
    gallery = gallery_module.gallery()
    for digit, seed in ((0, 0), (512, 2), (999, 1)):
        measured = evaluation.example(find(sums.SUMS), gallery, digit, seed)
        opened = sums.pair_of_digits(digit, sums.partner(digit, seed), seed)
        assert torch.equal(opened.images, measured.images)
        assert torch.equal(opened.labels, measured.labels)


def test_parting_is_the_step_from_which_on_it_holds():
    start, apart = np.full((2, 2), 0.8), np.array([[0.8, 0.3], [0.3, 0.8]])
    steps = [0, 10, 20, 30]
    assert partings.parted([start, apart, apart, apart], steps) == 10
    for not_yet in (start, apart[[0, 0]], np.full((2, 2), 0.3)):  # neither, the same, both
        assert partings.parted([start, apart, not_yet, apart], steps) == 30
        assert partings.parted([start, apart, apart, not_yet], steps) is None


def test_download_of_the_partings_tells_what_each_transformer_looks_after():
    start, apart = np.full((2, 2), 0.8), np.array([[0.8, 0.3], [0.3, 0.3]])
    row = partings.parting("addition/rts/2st-fcn-aff", 3, None, [start, apart])
    assert row == {
        "experiment": "addition/rts/2st-fcn-aff",
        "seed": 3,
        "parted_at_step": None,
        "transformer_1_looks_after": "2",
        "transformer_2_looks_after": "1 2",
    }
    labels = [b.proto.label for b in page(sum_view="Results").get("download_button")]
    assert labels[-2:] == ["Division of work as CSV", "Division of work as JSON"]


U = np.array([0.85, 0.8])  # what of the pose is to be seen in U


@pytest.mark.parametrize(
    ("left", "words"),
    [
        ([[0.8, 0.2], [0.3, 0.8]], ["follows channel 2", "follows channel 1"]),
        ([[0.4, 0.4], [0.3, 0.8]], ["follows both channels", "follows channel 1"]),
        ([[0.8, 0.8], [0.9, 0.75]], ["follows neither", "follows neither"]),
        ([[0.5, 0.5]], ["its one transformer follows both channels"]),
        ([[0.2, 0.8]], ["its one transformer follows channel 1."]),
    ],
)
def test_division_is_said_in_words(left, words):
    said = division.division_words(np.array(left), U)
    for word in words:
        assert word in said
        said = said.partition(word)[2]


def test_published_transformers_divide_the_channels_between_them():
    for network in ("2st-fcn-aff", "2st-fcn-proj", "2st-fcn-tps"):
        loaded = networks.pretrained(f"{choices.PREFIX}{network}")
        left, untouched = sums.pose_left(loaded, loaded.key)
        first, second = division.owned(left, untouched)
        assert len(first) == len(second) == 1 and first != second
        assert (left.max(1) - left.min(1) > 0.4).all()


def test_drawn_digit_takes_the_place_of_one_and_the_sum_is_with_it():
    app = page(sum_b="none")
    app.toggle(key="draw-second").set_value(True).run()
    image = np.zeros((28, 28), np.uint8)
    image[4:24, 13:16] = 255  # a one
    app.session_state["draw-second-sketch"] = {"drawn": base64.b64encode(image).decode()}
    app.number_input(key="draw-second-label").set_value(1).run()
    assert not app.exception and not app.error
    first, second = next(d["inputs"] for d in payloads(app) if "inputs" in d)
    assert base64.b64decode(second["image"]) == image.tobytes()
    gallery = gallery_module.gallery()
    assert (
        base64.b64decode(first["image"]) == gallery.images[choices.FIRST_PAIR[0]].numpy().tobytes()
    )
    assert f"{int(gallery.labels[choices.FIRST_PAIR[0]]) + 1} is true" in texts(app)


def test_uploaded_network_is_looked_at_and_can_be_muted():
    app = page(sum_b="none")
    folder = checkpoints.published_folder(find("addition/rts/2st-fcn-aff"))
    content = (folder / checkpoints.WEIGHTS).read_bytes()
    uploader = app.file_uploader(key=f"own-weights-{choices.PREFIX}")
    uploader.set_value(("mine.safetensors", content, "application/octet-stream")).run()
    (title,) = [t for t in app.selectbox(key="sum_a").options if "your" in t]
    app.selectbox(key="sum_a").select(title).run()
    assert not app.exception and not app.error
    assert "your 2×ST-FCN Aff reads" in texts(app)
    assert not app.pills(key="muted").disabled


def test_network_that_is_compared_with_is_not_muted():
    both = page(muted="Mute transformer 1")
    said = answers(both)
    assert len(said) == 2
    assert "transformer 1 muted" in said[0] and "muted" not in said[1]
