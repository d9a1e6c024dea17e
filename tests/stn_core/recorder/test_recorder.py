"""A training in a loop of its own, recorded: it is not changed, and what it did is there."""

from __future__ import annotations

import json
import random
from pathlib import Path

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from torch import nn

from stn_core import (
    Affine,
    FullyConnectedBody,
    Localisation,
    SpatialTransformer,
    sample,
    tutorial_network,
    watch,
)
from stn_core.recorder import Recorder, probes
from stn_core.recorder.looking import look
from stn_core.recorder.pacing import OpenPace
from stn_core.recorder.reading import Reader
from stn_core.runs.folder import Run
from stn_core.runs.records import RunError
from stn_core.training import pacing
from stn_core.transforms import ShapeError
from stn_core.tutorial_network import TutorialNetwork
from tests.stn_core.foreign_networks import Spline, Volumes


class Classifier(nn.Module):
    """Two transformers in sequence, dropout and a batch norm: all that a look could disturb."""

    def __init__(self) -> None:
        super().__init__()
        self.move = nn.Linear(64, 6)
        self.bend = Spline(size=(8, 8))
        self.norm = nn.BatchNorm2d(1)
        self.read = nn.Sequential(nn.Flatten(), nn.Dropout(), nn.Linear(64, 3))

    def forward(self, image):
        theta = self.move(image.flatten(1)).view(-1, 2, 3) * 0.1 + torch.eye(2, 3)
        grid = F.affine_grid(theta, list(image.shape), align_corners=False)
        turned = F.grid_sample(image, grid, align_corners=False)
        return self.read(self.norm(self.bend(turned)))


def begun() -> tuple[Classifier, torch.Tensor, torch.Tensor]:
    """A network, used once (it has a lazy layer), images, and their classes."""
    torch.manual_seed(3)
    network = Classifier()
    images = torch.rand(6, 1, 8, 8)
    network(images)
    return network, images, torch.arange(6) % 3


def trained(folder: Path | None, steps: int = 12) -> nn.Module:
    """By anybody's loop, which validates under inference mode; with a recorder, if in a folder."""
    network, images, labels = begun()
    optimiser = torch.optim.SGD(network.parameters(), lr=0.1)
    recorder = folder and Recorder(folder, network, (images, labels))
    if recorder:
        recorder.__enter__()
    for step in range(steps):
        network.train()
        chosen = torch.randperm(6)[:4]
        noise = 0.01 * random.random() + 0.01 * np.random.rand()  # noqa: NPY002
        loss = F.cross_entropy(network(images[chosen] + noise), labels[chosen])
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()
        network.eval()
        with torch.inference_mode():
            error = 100 * (network(images).argmax(1) != labels).float().mean()
            if recorder:
                recorder.step(loss=loss, error=error if step % 4 == 3 else None)
    if recorder:
        recorder.__exit__(None, None, None)
    return network


@pytest.fixture
def seeds():
    random.seed(0)
    np.random.seed(0)  # noqa: NPY002


@pytest.fixture
def still(monkeypatch):
    """No time passes: every step that can be kept is."""
    monkeypatch.setattr(pacing, "monotonic", lambda: 0.0)


@pytest.fixture(scope="module")
def recorded(tmp_path_factory) -> Reader:
    folder = tmp_path_factory.mktemp("runs") / "mine"
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(pacing, "monotonic", lambda: 0.0)
        trained(folder)
    return Reader(folder)


def test_a_training_gives_the_same_weights_with_a_recorder(tmp_path, seeds):
    with_one = trained(tmp_path / "mine").state_dict()
    random.seed(0)
    np.random.seed(0)  # noqa: NPY002
    for name, tensor in trained(None).state_dict().items():
        assert torch.equal(tensor, with_one[name]), name


def test_every_transformer_s_grids_are_there_at_log_spaced_steps(recorded):
    training = recorded.training()
    assert training.steps.tolist() == [0, 10, 11, 12]
    assert recorded.run.status()[:2] == ("finished", 12) and not recorded.run.is_alive()
    affine, spline = training.transformers
    assert (affine.name, spline.name) == ("Classifier", "bend")
    assert isinstance(affine.transform, Affine) and affine.theta.shape == (4, 6, 6)
    assert not np.allclose(affine.theta[0], affine.theta[-1])
    assert affine.images.shape == (1, 6, 1, 8, 8)  # the probes
    assert spline.images.shape == (4, 6, 1, 8, 8)  # what the first has made of them
    assert spline.transform.rank <= 3 + 13 and spline.residual < 0.01  # 16 points, 3 of them affine


def test_grids_are_where_the_network_s_were(recorded):
    """V of the last snapshot, from the folder and from the network itself."""
    random.seed(0)
    np.random.seed(0)  # noqa: NPY002
    folder = recorded.run.folder.with_name("again")
    network = trained(folder)
    _, images, _ = begun()
    with watch(network) as warps, torch.no_grad():
        network.eval()(images)
    spline = Reader(folder).training().transformers[1]
    theta = torch.from_numpy(spline.theta[-1])
    shown = torch.from_numpy(spline.images[-1]).float() / 255 * warps["bend"][0].input.max()
    output = sample(shown, spline.transform.grid(theta, spline.size), "bilinear", spline.padding)
    assert output.std() > 0.1
    torch.testing.assert_close(output, network.bend.output, atol=0.01, rtol=0)


def test_losses_and_errors_are_means_since_the_record_before(tmp_path):
    network, images, _ = begun()
    with Recorder(tmp_path / "mine", network, images) as recorder:
        for step in range(200):
            recorder.step(loss=float(step), error=50.0 if step == 99 else None)
    training = Reader(tmp_path / "mine").training()
    assert training.history[0].loss == 0 and len(training.history) < 130
    [validated] = [one for one in training.history if one.measures]
    assert validated.measures == {"error_percent": 50.0} and 100 <= validated.step <= 102
    weights = np.diff([0, *(one.step for one in training.history)])
    assert weights @ [one.loss for one in training.history] == sum(range(200))
    assert np.isnan(training.measures).all() and training.labels.tolist() == [-1] * 6


def test_a_training_that_fails_is_readable_and_says_so(tmp_path):
    network, images, _ = begun()
    with pytest.raises(ZeroDivisionError), Recorder(tmp_path / "mine", network, images) as recorder:
        recorder.step(loss=torch.tensor(1.0))
        raise ZeroDivisionError("by nought")
    reader = Reader(tmp_path / "mine")
    assert reader.run.status()[:3] == ("failed", 1, "ZeroDivisionError: by nought")
    assert reader.training().steps.tolist() == [0] and len(reader.training().history) == 1


def test_a_grid_that_is_not_finite_is_a_warning_and_the_training_goes_on(tmp_path):
    network, images, _ = begun()
    with Recorder(tmp_path / "mine", network, images) as recorder:
        for _ in range(9):
            recorder.step(loss=1.0)
        network.move.weight.data.fill_(torch.nan)
        with pytest.warns(
            RuntimeWarning, match="step 10 is not in .*mine: the grid must be"
        ) as said:
            recorder.step(loss=torch.nan)
        assert said[0].filename == __file__  # whose line the warning names
        network.move.weight.data.fill_(0)
    assert Reader(tmp_path / "mine").training().steps.tolist() == [0, 10]


@pytest.mark.parametrize(
    ("error", "words"),
    [
        (torch.OutOfMemoryError("memory is full"), "memory is full"),
        (torch.linalg.LinAlgError("no singular values"), "no singular values"),
        (ShapeError("another shape"), "another shape"),
    ],
    ids=["memory", "algebra", "shape"],
)
def test_whatever_fails_is_a_warning_and_the_training_goes_on(error, words, tmp_path, still):
    network, images, _ = begun()

    def fail(image):
        raise error

    with Recorder(tmp_path / "mine", network, images) as recorder:
        for _ in range(9):
            recorder.step(loss=1.0)
        network.forward = fail
        with pytest.warns(RuntimeWarning, match=f"step 10 is not in .*mine: {words}"):
            recorder.step(loss=1.0)
        del network.forward
    assert Reader(tmp_path / "mine").training().steps.tolist() == [0, 10]


def test_losses_that_are_not_one_number_are_a_warning(tmp_path):
    network, images, _ = begun()
    with Recorder(tmp_path / "mine", network, images) as recorder:
        with pytest.warns(RuntimeWarning, match="step 1 is not in"):
            recorder.step(loss=torch.ones(4))
        recorder._pace.is_recorded = lambda step: False
        recorder.step(loss=torch.ones(4))
        with pytest.warns(RuntimeWarning, match="step 3 is not in"):
            recorder.step(loss=torch.ones(3))
        recorder._sums.begin()
    assert Reader(tmp_path / "mine").run.status().state == "finished"


def test_mean_of_many_losses_in_half_precision_is_exact(tmp_path, monkeypatch):
    for name in ("is_recorded", "is_kept"):
        monkeypatch.setattr(OpenPace, name, lambda *_: False)
    network, images, _ = begun()
    with Recorder(tmp_path / "mine", network, images) as recorder:
        for _ in range(1000):
            recorder.step(loss=torch.tensor(1.0, dtype=torch.bfloat16))
    assert [one.loss for one in Reader(tmp_path / "mine").training().history] == [1.0]


def test_look_with_infinite_logits_has_nan_and_the_others_stay(tmp_path, still):
    network, images, labels = begun()
    with Recorder(tmp_path / "mine", network, (images, labels)) as recorder:
        for _ in range(9):
            recorder.step()
        network.read[2].bias.data.fill_(torch.inf)
        recorder.step()
        network.read[2].bias.data.fill_(0)
        recorder.step()
    training = Reader(tmp_path / "mine").training()
    assert training.logits.shape == (3, 6, 3) and training.steps.tolist() == [0, 10, 11]
    finite = [[True], [False], [True]]
    assert (np.isfinite(training.logits).reshape(3, -1) == finite).all()
    assert np.isfinite(training.measures).tolist() == [True, False, True]


@pytest.mark.parametrize("fault", ["full disk", "not finite"])
def test_rows_of_b_from_a_look_that_failed_are_written_by_the_next(
    fault, tmp_path, still, monkeypatch
):
    torch.manual_seed(3)
    network = nn.Sequential(Spline(size=(8, 8)), Spline(size=(8, 8)))
    images = torch.rand(1, 1, 8, 8)
    network(images)
    write, last = probes.write_arrays, network[1].move[2]
    last.weight.data.fill_(0)  # its grid is always the same, whatever it reads
    before = last.bias.data.clone()

    def full(path, **arrays):
        if path.name == probes.BASIS:
            raise OSError("no space left")
        write(path, **arrays)

    with Recorder(tmp_path / "mine", network, images) as recorder:
        for _ in range(9):
            recorder.step()
        network[0].move[2].bias.data.normal_()  # a grid for which B needs more rows
        with monkeypatch.context() as patch, pytest.warns(RuntimeWarning, match="step 10 is not"):
            if fault == "full disk":
                patch.setattr(probes, "write_arrays", full)
            else:
                last.bias.data.fill_(torch.nan)
            recorder.step()
        last.bias.data.copy_(before)
    training = Reader(tmp_path / "mine").training()
    assert training.steps.tolist() == [0, 10]
    first = training.transformers[0]
    with watch(network) as warps, torch.no_grad():
        network(images)
    grid = first.transform.grid(torch.from_numpy(first.theta[-1]), first.size)
    torch.testing.assert_close(grid, warps["0"][0].grid, atol=0.01, rtol=0)


@pytest.mark.parametrize("layer", [nn.ReLU(inplace=True), nn.Hardtanh(inplace=True)], ids=str)
def test_network_that_works_in_place_leaves_the_probes_as_they_are(layer):
    images = torch.randn(2, 1, 4, 4)
    before = images.clone()
    look(layer, images)
    assert torch.equal(images, before)


@pytest.mark.filterwarnings("ignore:step .* is not in:RuntimeWarning")
@pytest.mark.parametrize("fails", [False, True])
def test_recorder_takes_at_most_a_tenth_of_the_time(tmp_path, monkeypatch, fails):
    """A look takes one second here, a step ten milliseconds."""
    clock = [0.0]
    monkeypatch.setattr(pacing, "monotonic", lambda: clock[0])
    network, images, _ = begun()
    with Recorder(tmp_path / "mine", network, images) as recorder:
        looked = type(recorder._probes).snapshot
        looks = []

        def slow(probes, folder, step):
            clock[0] += 1
            looks.append(step)
            if fails:
                raise OSError("no space left")
            looked(probes, folder, step)

        monkeypatch.setattr(type(recorder._probes), "snapshot", slow)
        for _ in range(5000):
            clock[0] += 0.01
            recorder.step()
    assert 3 <= len(looks) <= 6 + 1  # of 50 seconds, and the last one


@pytest.mark.parametrize("name", ["recorder.json", "run.json"])
def test_folder_with_a_run_in_it_is_refused(tmp_path, name):
    network, images, _ = begun()
    (tmp_path / name).write_text("{}")
    with pytest.raises(RunError, match="already holds a run; choose another folder, or delete it"):
        Recorder(tmp_path, network, images).__enter__()
    assert json.loads((tmp_path / name).read_text()) == {}


def test_what_cannot_be_recorded_is_an_error_that_says_what_to_do(tmp_path):
    network, images, _ = begun()
    with pytest.raises(ValueError, match=r"should be images \(B, C, H, W\), got \(8, 8\)"):
        Recorder(tmp_path / "a", network, images[0, 0])
    with pytest.raises(ValueError, match="expected 1 to 32 probes, got 60; pass a few"):
        Recorder(tmp_path / "a", network, images.repeat(10, 1, 1, 1))
    with pytest.raises(ValueError, match="a class for each of 6 probes, got"):
        Recorder(tmp_path / "a", network, (images, torch.arange(5)))
    with pytest.raises(ValueError, match="lazy layers without weights; call it once"):
        Recorder(tmp_path / "a", nn.LazyLinear(2), images).__enter__()
    volumes = nn.Sequential(nn.Unflatten(1, (1, 1)), Volumes())
    with pytest.raises(ValueError, match="'1' reads volumes; only those of images"):
        Recorder(tmp_path / "b", volumes, images).__enter__()
    with pytest.raises(RuntimeError, match="call step inside"):
        Recorder(tmp_path / "c", network, images).step()
    assert not Run(tmp_path / "b").is_alive()


def test_transformers_of_the_library_and_normalised_images(tmp_path):
    """Their background is black as it is drawn, and what is read outside is not."""
    localisation = Localisation(FullyConnectedBody((3, 8, 8)), Affine().identity())
    network = SpatialTransformer(localisation, Affine(), padding="border")
    images = torch.rand(2, 3, 8, 8) * 4 - 1
    with Recorder(tmp_path / "mine", network, images) as recorder:
        recorder.step(loss=1)
    [seen] = Reader(tmp_path / "mine").training().transformers
    assert (seen.name, seen.padding, seen.images.dtype) == ("", "border", np.uint8)
    assert seen.outside == pytest.approx(0.25, abs=0.02)
    assert seen.images.min() == 0 and seen.images.max() == 255


def test_half_precision_and_a_training_that_is_interrupted(tmp_path):
    network = TutorialNetwork().bfloat16()
    recorder = Recorder(tmp_path / "mine", network, tutorial_network.images()[0])
    with pytest.raises(KeyboardInterrupt), recorder:
        recorder.step(loss=torch.tensor(1.0, dtype=torch.bfloat16))
        raise KeyboardInterrupt
    reader = Reader(tmp_path / "mine")
    assert reader.run.status()[:3] == ("stopped", 1, "")
    [seen] = reader.training().transformers
    assert isinstance(seen.transform, Affine) and len(seen.images) == 1


def test_folder_of_nothing_is_an_error_that_says_so(tmp_path):
    with pytest.raises(RunError, match="is not a recorder's: it has no readable recorder.json"):
        Reader(tmp_path).training()
