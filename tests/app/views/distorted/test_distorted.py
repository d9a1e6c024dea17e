"""The pages, run by Streamlit's own test harness (no browser: JavaScript does not run)."""

from __future__ import annotations

import shutil

import pytest
from streamlit.testing.v1 import AppTest

from app.data import examples, networks
from app.training import job
from app.views.distorted import PAGE
from stn_core import checkpoints
from stn_core.experiments import EXPERIMENTS
from stn_core.transforms import Affine, decompose_affine
from tests.app.visiting import answers, opened, payload, texts

PUBLISHED = [
    name
    for name, e in EXPERIMENTS.items()
    if name.startswith("distorted/") and checkpoints.is_published(e)
]


def page(**query: str) -> AppTest:
    """The page on distorted MNIST, as a link with this query opens it."""
    return opened("distorted", **query)


def test_page_opens_on_rts_with_two_networks_and_no_error():
    app = page()
    assert not app.exception and not app.error
    assert app.title[0].value == "Distorted MNIST"
    assert app.segmented_control(key="distortion").value == "RTS"
    assert [box.value for box in app.selectbox] == ["st-cnn-aff", "cnn"]
    assert len(answers(app)) == 2
    assert app.get("bidi_component")


def test_first_digit_is_one_that_only_the_transformer_s_network_reads():
    first = PAGE.defaults["digit"], PAGE.defaults["seed"]
    shown = examples.example("distorted/rts/cnn", *first)
    cnn, transformer = (networks.pretrained(f"distorted/rts/{n}") for n in ("cnn", "st-cnn-aff"))
    identity = Affine().identity().tolist()
    read = networks.run_network(transformer, shown.images)
    classes = [
        networks.run_network(cnn, shown.images).logits,
        read.logits,
        networks.run_network(transformer, shown.images, identity).logits,
    ]
    answers = [int(c.argmax()) for c in classes]
    label = int(shown.labels)
    assert answers[1] == label and label not in (answers[0], answers[2])
    assert float(classes[0].softmax(1).max()) > 0.9
    pose, ideal = (decompose_affine(t) for t in (read.warps[0].theta, shown.theta))
    assert abs(float(shown.pose["angle_degrees"])) > 20
    assert abs(float(pose["angle_degrees"] - ideal["angle_degrees"])) < 6


@pytest.mark.parametrize("distortion", ["RTS", "TC", "R", "P", "E"])
def test_every_distortion_is_explored_and_can_be_trained_on(distortion):
    app = page()
    app.segmented_control(key="distortion").set_value(distortion).run()
    assert not app.exception and not app.error
    if not any(name.startswith(f"distorted/{distortion.lower()}/") for name in PUBLISHED):
        assert "has been trained here yet" in texts(app)
    app.segmented_control(key="view").set_value("Train").run()
    assert not app.exception and not app.error
    assert f"A new training on {distortion}" in texts(app)


@pytest.mark.parametrize("name", PUBLISHED)
def test_every_published_network_can_be_looked_at(name):
    _, distortion, network = name.split("/")
    app = page(distortion=distortion.upper())
    app.selectbox(key=f"a_{distortion}").set_value(network).run()
    app.selectbox(key=f"b_{distortion}").set_value("none").run()
    assert not app.exception and not app.error
    assert len(answers(app)) == 1


def test_theta_from_the_stage_changes_what_its_network_says():
    app = page()
    app.selectbox(key="b_rts").set_value("none").run()
    before = texts(app)
    assert "θ set by hand" not in before
    report(app, thetas=[[0, 0, 9, 0, 0, 9]])
    assert "θ set by hand" in texts(app)
    assert "V is black" in texts(app)


def test_pose_from_the_stage_changes_the_input_of_every_network():
    app = page()
    assert "moved by hand" not in texts(app)
    report(app, poses=[[1, 0, 9, 0, 1, 9]])  # far outside of U
    assert "at first, then moved by hand" in texts(app)
    assert texts(app).count("V is black") == 2
    assert "θ set by hand" not in texts(app)


@pytest.mark.parametrize(
    "numbers",
    [[0] * 6, [1e6] * 6, [-1e6, 0, 1e6, 0, 1e6, -1e6], [1e-20, 0, 0, 0, 1e-20, 0]],
    ids=["zeros", "large-and-flat", "large", "tiny"],
)
def test_pose_or_theta_without_extent_is_shown_as_any_other(numbers):
    app = page(distortion="P")  # the whole picture is moved; its ideal θ is projective
    report(app, poses=[numbers])
    assert not app.exception and "moved by hand" in texts(app)
    app = page()
    report(app, poses=[numbers])
    assert not app.exception and "moved by hand" in texts(app)
    assert "nan" not in texts(app) and "inf" not in texts(app)
    report(app, thetas=[numbers], serial=2)
    assert not app.exception and "θ set by hand" in texts(app)


ANY = [[1.0, 0, 0, 0, 1, 0]]


@pytest.mark.parametrize(
    "state",
    [
        {"token": "of another digit", "thetas": ANY, "poses": ANY},
        {"thetas": [[1, 0, 0]], "poses": [[1, 0]]},
        {"thetas": [[1, 0, 0, 0, 1, float("inf")]], "poses": [[1, 0, 0, 0, 1, float("nan")]]},
        {"thetas": ANY * 2, "poses": "abc"},
        {"thetas": {"0": 1}, "poses": {}, "serial": "abc", "position": []},
    ],
    ids=["stale", "misshapen", "infinite", "too-many", "of-other-types"],
)
def test_unusable_report_from_the_stage_is_passed_over(state):
    app = page()
    report(app, **state)
    assert "by hand" not in texts(app)


def test_report_that_is_none_is_passed_over():
    app = page()
    app.session_state["stage-0"] = {"report": "abc"}
    app.run()
    assert not app.exception
    assert "by hand" not in texts(app)


def test_sweep_is_told_to_the_stage():
    app = page(sweep="true")
    assert not app.exception and not app.error
    track = payload(app)["track"]
    assert track["count"] == len(track["labels"]) == 61
    assert (track["labels"][0], track["labels"][-1]) == ("−90°", "90°")


def report(app: AppTest, **state) -> None:
    """What the first stage would report, and the page after it."""
    default = {
        "token": payload(app)["token"],
        "serial": 1,
        "thetas": None,
        "poses": None,
        "position": 1,
    }
    app.session_state["stage-0"] = {"report": {**default, **state}}
    app.run()
    assert not app.exception and not app.error


@pytest.mark.parametrize(
    "query",
    [
        {"digit": "5000", "seed": "abc"},
        {"digit": "-1", "distortion": "XYZ"},
        {"a_rts": "../../etc/passwd", "b_rts": "run-none"},
        {"view": "Nowhere"},
        {"view": "Train", "run": "run-..%2f.."},
    ],
    ids=str,
)
def test_bad_link_gives_the_defaults(query):
    app = page(**query)
    assert not app.exception and not app.error
    assert app.segmented_control(key="distortion").value == "RTS"


def test_link_brings_back_the_digit_and_the_distortion():
    app = page(distortion="TC", digit="512", seed="3")
    assert app.segmented_control(key="distortion").value == "TC"
    assert [number.value for number in app.number_input] == [512, 3]


def test_distorting_anew_takes_the_next_seed():
    app = page()
    app.button[0].click().run()
    assert app.number_input(key="seed").value == PAGE.defaults["seed"] + 1


def test_corrupt_checkpoint_is_an_error_on_the_page_and_the_other_network_stays(
    tmp_path, monkeypatch
):
    shutil.copytree(checkpoints.PRETRAINED, tmp_path / "pretrained")
    broken = tmp_path / "pretrained/distorted/rts/st-fcn-aff/weights.safetensors"
    broken.write_bytes(broken.read_bytes()[:5000])
    monkeypatch.setattr(checkpoints, "PRETRAINED", tmp_path / "pretrained")
    from app.data import networks

    networks.pretrained.clear()
    app = page()
    app.selectbox(key="b_rts").set_value("st-fcn-aff").run()
    networks.pretrained.clear()
    assert not app.exception
    assert "cannot be loaded" in app.error[0].value
    assert len(answers(app)) == 1


def test_run_that_was_killed_offers_to_resume_and_a_broken_one_says_so(tmp_path, monkeypatch):
    from stn_core.experiments import find
    from stn_core.experiments.distorted import QUICK
    from stn_core.runs.folder import Run

    monkeypatch.setenv("STN_RUNS", str(tmp_path))
    killed = Run(tmp_path / "distorted-rts-fcn-20260101-000001")
    killed.create({"experiment": find("distorted/rts/fcn").name, "recipe": QUICK.to_json()})
    killed.set_status("running", 120)
    broken = tmp_path / "distorted-rts-fcn-20260101-000002"
    broken.mkdir()
    (broken / "run.json").write_bytes(b"\x00{")
    (broken / "status.json").write_text("[]")
    (broken / job.LOG).write_text("OSError: no space left on device\n")

    app = page(view="Train")
    assert not app.exception
    assert "no space left on device" in app.error[0].value
    app.selectbox(key="run").set_value("run-distorted-rts-fcn-20260101-000001").run()
    assert not app.exception and not app.error
    assert "ended too early (it was killed" in app.warning[0].value
    assert [button.key for button in app.button if button.key.startswith("job-")] == ["job-resume"]


def test_network_that_was_trained_here_is_offered_for_its_own_distortion_alone(
    tmp_path, monkeypatch, source
):
    from dataclasses import replace

    from stn_core.experiments import find
    from stn_core.runs.folder import Run
    from stn_core.training.network import train_steps

    monkeypatch.setenv("STN_RUNS", str(tmp_path))
    experiment = find("distorted/e/st-fcn-tps")
    recipe = replace(experiment.recipe, iterations=2, batch_size=2)
    run = Run(tmp_path / "distorted-e-st-fcn-tps-20260101-000001")
    for _ in train_steps(replace(experiment, recipes=(recipe,)), source, run=run):
        pass
    app = page()
    app.segmented_control(key="distortion").set_value("E").run()
    app.selectbox(key="a_e").set_value(f"run-{run.folder.name}").run()
    assert not app.exception and not app.error
    assert "saved at step 2 of 2" in texts(app)
    for distortion in ("P", "RTS", "E", "TC"):
        app.segmented_control(key="distortion").set_value(distortion).run()
        assert not app.exception and not app.error
        offered = app.selectbox(key=f"a_{distortion.lower()}").options if app.selectbox else []
        assert any("started" in title for title in offered) == (distortion == "E")


def test_same_network_is_not_offered_twice():
    app = page()
    first = app.selectbox(key="a_rts")
    chosen = first.options[[o.lower().replace(" ", "-") for o in first.options].index(first.value)]
    assert chosen not in app.selectbox(key="b_rts").options


def test_training_whose_grids_have_left_the_image_says_so(tmp_path, monkeypatch):
    import numpy as np

    from stn_core.experiments.distorted import QUICK
    from stn_core.runs.folder import Run
    from stn_core.runs.records import Snapshot

    monkeypatch.setenv("STN_RUNS", str(tmp_path))
    run = Run(tmp_path / "distorted-rts-st-fcn-aff-20260101-000001")
    run.create({"experiment": "distorted/rts/st-fcn-aff", "recipe": QUICK.to_json()})
    run.set_status("stopped", 3)
    run.write_probes(np.zeros((10, 1, 42, 42), np.uint8), np.arange(10))
    theta = np.full((10, 1, 6), 1e5, np.float32)
    means, left = np.zeros((3, 1, 21, 21)), np.zeros((1, 1))
    run.write_snapshot(Snapshot(3, theta, np.zeros((10, 10)), means, 90.0, left))
    app = page(view="Train")
    assert not app.exception
    assert "have left the image" in app.warning[0].value


def test_two_trainings_of_one_kind_are_two_networks(tmp_path, monkeypatch, source):
    from dataclasses import replace

    from stn_core.experiments import find
    from stn_core.runs.folder import Run
    from stn_core.training.network import train_steps

    monkeypatch.setenv("STN_RUNS", str(tmp_path))
    experiment = find("distorted/r/st-fcn-aff")
    recipe = replace(experiment.recipe, iterations=2, batch_size=2)
    for second in (1, 2):
        run = Run(tmp_path / f"distorted-r-st-fcn-aff-20260101-00000{second}")
        for _ in train_steps(replace(experiment, recipes=(recipe,)), source, seed=second, run=run):
            pass
    app = page(distortion="R")
    for box, second in (("a_r", 1), ("b_r", 2)):
        key = f"run-distorted-r-st-fcn-aff-20260101-00000{second}"
        app.selectbox(key=box).set_value(key).run()
    assert not app.exception and not app.error
    for second in (1, 2):
        assert f"started 01 Jan, 00:00:0{second} reads" in texts(app)
        settings = f"2 × 2, rate {recipe.learning_rate:g}, seed {second}"
        assert f"ST-FCN Aff, {settings}, started 01 Jan, 00:00:0{second} |" in texts(app)
