"""Weights are loaded strictly, written whole, and the published ones are as good as they say."""

from __future__ import annotations

import errno
import json
import os
import struct
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from safetensors.torch import load_file, save_model
from torch import nn

from stn_core import checkpoints, tensor_files, tutorial_network
from stn_core.checkpoints import CheckpointError
from stn_core.digits import Digits
from stn_core.evaluation import evaluate
from stn_core.experiments import EXPERIMENTS
from stn_core.house_numbers.source import gallery as rendered
from stn_core.metrics import load_metrics
from stn_core.recipes import Recipe
from stn_core.runs.packed import PACKED, unpack
from stn_core.training.probes import probe_digits

EXPERIMENT = EXPERIMENTS["distorted/r/fcn"]
PUBLISHED = sorted(
    str(path.parent.relative_to(checkpoints.PRETRAINED))
    for path in checkpoints.PRETRAINED.rglob(checkpoints.WEIGHTS)
    if path.parent != tutorial_network.folder()  # of no experiment
)


@pytest.fixture
def network() -> nn.Module:
    return nn.Sequential(nn.Linear(3, 2), nn.Linear(2, 1))


@pytest.fixture
def published(pretrained) -> tuple[Path, nn.Module]:
    """The folder of the one network in a pretrained/ of the test's own, and that network."""
    folder = pretrained / EXPERIMENT.name
    folder.mkdir(parents=True)
    network = EXPERIMENT.build(seed=7)
    checkpoints.save_weights(network, EXPERIMENT, folder / checkpoints.WEIGHTS)
    return folder, network


# -- atomic writing


def test_written_file_has_its_content_and_can_be_read_by_everybody(tmp_path):
    path = tmp_path / "file"
    checkpoints.write_atomically(path, b"new")
    checkpoints.write_atomically(path, b"newer")
    assert path.read_bytes() == b"newer"
    assert path.stat().st_mode & 0o777 == 0o644
    assert list(tmp_path.iterdir()) == [path]


@pytest.mark.parametrize("failing", ["fsync", "replace"])
def test_full_disk_leaves_the_old_file_and_nothing_beside_it(tmp_path, monkeypatch, failing):
    path = tmp_path / "file"
    path.write_bytes(b"old")

    def full(*_) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(os, failing, full)
    with pytest.raises(OSError, match="No space left"):
        checkpoints.write_atomically(path, b"new")
    assert path.read_bytes() == b"old"
    assert list(tmp_path.iterdir()) == [path]


def test_what_killed_writers_have_left_is_deleted_and_nothing_else(tmp_path, monkeypatch):
    (tmp_path / "snapshots").mkdir()
    left = [tmp_path / ".status.json.abc_d123", tmp_path / "snapshots" / ".10.npz.zzzzzzzz"]
    kept = [tmp_path / n for n in ("status.json", ".gitignore", ".name.TooLarge", "x.abcd1234")]
    for path in (*left, *kept):
        path.write_bytes(b"x")
    tensor_files.remove_torn(tmp_path)
    assert all(path.exists() for path in left)  # they may be being written
    for path in (*left, *kept):
        os.utime(path, (0, 0))
    tensor_files.remove_torn(tmp_path)
    assert not any(path.exists() for path in left) and all(path.exists() for path in kept)


# -- tensors and their header


def test_tensors_and_header_come_back(tmp_path, generator):
    tensors = {
        "weight": torch.randn(3, 4, generator=generator).T,  # not contiguous
        "state": generator.get_state(),
        "half": torch.tensor([0.1]).half(),
    }
    checkpoints.save_tensors(tmp_path / "file", tensors, {"step": 3, "name": "θ"})
    loaded, header = checkpoints.load_tensors(tmp_path / "file")
    assert header == {"step": 3, "name": "θ"}
    assert loaded.keys() == tensors.keys()
    assert all(torch.equal(loaded[name], tensors[name]) for name in tensors)
    assert {name: t.dtype for name, t in loaded.items()} == {
        name: t.dtype for name, t in tensors.items()
    }


def test_missing_checkpoint_is_an_error_that_names_its_path(tmp_path):
    with pytest.raises(CheckpointError, match=f"no checkpoint at {tmp_path}/nothing"):
        checkpoints.load_tensors(tmp_path / "nothing")


@pytest.mark.parametrize(
    "damage",
    [
        lambda content: b"",
        lambda content: content[:5],
        lambda content: content[: len(content) // 2],
        lambda content: content[:-1],
        lambda content: content + b"!",
        lambda content: bytes(8) + content[8:],
        lambda content: struct.pack("<Q", 1 << 60) + content[8:],
        lambda content: content.replace(b'"F32"', b'"F99"'),
        lambda content: b"GIF89a, which is something else altogether",
    ],
    ids=[
        "empty",
        "torn-in-the-length",
        "torn-in-the-middle",
        "one-byte-short",
        "one-byte-long",
        "no-header",
        "endless-header",
        "unknown-type",
        "another-format",
    ],
)
def test_damaged_file_is_an_error_that_names_it(damage, network, tmp_path):
    path = tmp_path / "file"
    checkpoints.save_tensors(path, network.state_dict(), {"step": 1})
    path.write_bytes(damage(path.read_bytes()))
    with pytest.raises(CheckpointError, match=f"{path} is not a readable safetensors file"):
        checkpoints.load_tensors(path)


def test_header_value_that_is_not_json_is_plain_text(network, tmp_path):
    path = tmp_path / "file"
    save_model(network, path, {"format": "pt"})  # as timm and transformers have it
    tensors, header = checkpoints.load_tensors(path)
    assert header == {"format": "pt"} and tensors.keys() == network.state_dict().keys()
    checkpoints.save_tensors(path, network.state_dict(), {"step": 1234})
    path.write_bytes(path.read_bytes().replace(b"1234", b"12]4"))
    with pytest.raises(CheckpointError, match="it has no step in its header"):
        tensor_files.check_header(checkpoints.load_tensors(path)[1], {"step": int}, "it")


def written(path, tensors: dict, data: bytes = b"") -> None:
    """A safetensors file as its header says, whatever that is."""
    header = json.dumps(tensors).encode()
    path.write_bytes(struct.pack("<Q", len(header)) + header + data)


def empty(shape: list[int]) -> dict:
    return {"dtype": "F32", "shape": shape, "data_offsets": [0, 0]}


@pytest.mark.parametrize(
    ("tensors", "words"),
    [
        ({str(n): empty([0]) for n in range(5_001)}, "it has 5,001 tensors; the limit is 5,000"),
        ({"n" * 501: empty([0])}, "a tensor's name has 501 characters; the limit is 500"),
        ({"n" * 1_000_000: empty([0])}, "its header has 1,000,0.* bytes; the limit is 1,000,000"),
        ({"n": empty([2**62, 4])}, "overflow"),
        ({"n": empty([0, 2**63])}, "unpack"),
        ({"__metadata__": {"step": "[" * 100_000}}, "recursion|not a readable"),
    ],
    ids=["many", "long-name", "long-header", "overflow", "overflow-of-nothing", "deep"],
)
def test_header_of_too_much_is_one_sentence(tensors, words, tmp_path):
    written(tmp_path / "file", tensors)
    with pytest.raises(CheckpointError, match=f"^the file is not a readable .*{words}") as caught:
        checkpoints.load_tensors(tmp_path / "file", "the file")
    assert len(str(caught.value)) < 500 and str(caught.value).isprintable()


# -- strict loading


def test_loaded_network_has_the_tensors_in_float32(network):
    tensors = {name: torch.ones_like(t).half() for name, t in network.state_dict().items()}
    checkpoints.load_strictly(network, tensors, "it")
    assert all((t == 1).all() and t.dtype == torch.float32 for t in network.parameters())


@pytest.mark.parametrize(
    ("change", "problem"),
    [
        ({"0.bias": None}, "missing 0.bias"),
        ({"2.weight": torch.zeros(1)}, "unexpected 2.weight"),
        ({"0.weight": torch.zeros(3, 2)}, r"0.weight is \(3, 2\), expected \(2, 3\)"),
        ({"1.weight": torch.tensor([[1, torch.nan]])}, "1.weight has NaN or infinite entries"),
        ({"1.bias": torch.tensor([-torch.inf])}, "1.bias has NaN or infinite entries"),
        ({"0.bias": None, "x": torch.zeros(1)}, "missing 0.bias; unexpected x"),
    ],
    ids=["missing", "surplus", "misshapen", "nan", "infinite", "two-problems"],
)
def test_tensors_that_do_not_fit_are_named_and_none_is_loaded(network, change, problem):
    before = {name: t.clone() for name, t in network.state_dict().items()}
    tensors = {**{name: torch.zeros_like(t) for name, t in before.items()}, **change}
    tensors = {name: t for name, t in tensors.items() if t is not None}
    with pytest.raises(CheckpointError, match=f"^it does not fit this network: {problem}$"):
        checkpoints.load_strictly(network, tensors, "it")
    assert all(torch.equal(t, before[name]) for name, t in network.state_dict().items())


@pytest.mark.parametrize("dtype", [torch.int8, torch.complex64], ids=str)
def test_weights_that_are_not_of_floating_point_are_refused(dtype):
    layer = nn.Linear(1, 1)
    with pytest.raises(CheckpointError, match=f"bias is {dtype}, expected floating-point"):
        checkpoints.load_strictly(
            layer, {n: t.to(dtype) for n, t in layer.state_dict().items()}, ""
        )


@pytest.mark.parametrize(
    ("value", "words"),
    [
        (torch.tensor([1e300], dtype=torch.float64), "has NaN or infinite entries"),
        (torch.tensor([torch.nan]).to(torch.float8_e4m3fn), "has NaN or infinite entries"),
        (torch.zeros(1, dtype=torch.uint8).view(torch.float4_e2m1fn_x2), "expected floating"),
    ],
    ids=["float64", "float8", "float4"],
)
def test_weights_are_looked_at_as_the_float32_that_they_become(value, words):
    layer = nn.Linear(1, 1)
    with pytest.raises(CheckpointError, match=f"bias .*{words}"):
        checkpoints.load_strictly(layer, {"weight": torch.zeros(1, 1), "bias": value}, "it")


def test_weights_of_eight_bits_are_taken():
    layer = nn.Linear(1, 1)
    eight = torch.ones(1).to(torch.float8_e4m3fn)
    checkpoints.load_strictly(layer, {"weight": eight[None], "bias": eight}, "it")
    assert layer.bias.item() == 1


@pytest.mark.parametrize(
    "name", ["distorted/r/st-fcn-tps", "distorted/r/cnn", "volumes/extruded/st-cnn-rigid"]
)
@pytest.mark.parametrize("part", ["transformer.", "classifier."])
def test_weights_with_which_outputs_overflow_are_refused(name, part):
    experiment = EXPERIMENTS[name]
    network = experiment.build(seed=0)
    checkpoints.check_outputs(network, experiment, "it")
    changed = [t for n, t in network.state_dict().items() if n.startswith(part)]
    if not changed:
        pytest.skip("it has no transformer")
    for tensor in changed:
        tensor.fill_(3e38)
    with pytest.raises(CheckpointError, match="^it has weights of up to 3.0e\\+38; the network"):
        checkpoints.check_outputs(network, experiment, "it")


def test_names_in_messages_are_of_one_line(network):
    tensors = {**network.state_dict(), "a\nb\x1b[31m": torch.zeros(1), "c" * 5000: torch.zeros(1)}
    with pytest.raises(CheckpointError) as caught:
        checkpoints.load_strictly(network, tensors, "it")
    words = str(caught.value)
    assert "unexpected a\\nb\\x1b[31m" in words and words.isprintable() and len(words) < 500


@pytest.mark.parametrize("header", [{}, {"step": "3", "seconds": 1.0}, {"step": None}])
def test_training_s_checkpoint_without_a_step_says_what_is_missing(header, tmp_path):
    experiment = EXPERIMENTS["distorted/r/cnn"]
    state = experiment.build(seed=0).state_dict()
    tensors = {f"{checkpoints.TRAINED}{name}": tensor for name, tensor in state.items()}
    checkpoints.save_tensors(tmp_path / "file", tensors, header)
    with pytest.raises(
        CheckpointError, match="has no step.* in its header, so it is not a complete"
    ):
        checkpoints.load_trained(experiment, tmp_path / "file")


def test_missing_folder_to_write_into_is_named(tmp_path):
    with pytest.raises(FileNotFoundError, match=f"folder {tmp_path / 'nowhere'} does not exist"):
        checkpoints.save_tensors(tmp_path / "nowhere" / "a.safetensors", {}, {})


def test_only_the_first_ten_problems_are_listed(network):
    tensors = {**network.state_dict(), **{f"extra{n}": torch.zeros(1) for n in range(30)}}
    with pytest.raises(CheckpointError) as caught:
        checkpoints.load_strictly(network, tensors, "it")
    assert str(caught.value).count("unexpected") == 10
    assert str(caught.value).endswith("; ...")


# -- a published network


def test_published_weights_come_back_in_float32_for_evaluation(published):
    _, network = published
    loaded = checkpoints.load_pretrained(EXPERIMENT)
    assert not loaded.training
    for name, expected in network.state_dict().items():
        assert loaded.state_dict()[name].dtype == torch.float32
        assert torch.equal(loaded.state_dict()[name], expected.half().float()), name


def test_published_weights_are_stored_in_float16(published):
    folder, _ = published
    stored = load_file(folder / checkpoints.WEIGHTS)
    assert {t.dtype for t in stored.values()} == {torch.float16}


def test_network_is_published_where_its_weights_and_their_figures_are(published):
    folder, _ = published
    assert checkpoints.published_folder(EXPERIMENT) == folder
    assert not checkpoints.is_published(EXPERIMENT)
    (folder / checkpoints.METRICS).write_text("{}")
    assert checkpoints.is_published(EXPERIMENT)
    assert not checkpoints.is_published(EXPERIMENTS["distorted/r/cnn"])


def test_weights_of_another_experiment_are_an_error_that_names_both(published):
    folder, _ = published
    other = EXPERIMENTS["distorted/e/fcn"]  # of the same shapes
    checkpoints.published_folder(other).parent.mkdir(parents=True)
    folder.rename(checkpoints.published_folder(other))
    with pytest.raises(
        CheckpointError, match=f"holds '{EXPERIMENT.name}', expected '{other.name}'"
    ):
        checkpoints.load_pretrained(other)


def test_weights_of_another_width_are_an_error_that_names_the_tensors(published):
    wider = replace(EXPERIMENT, network=replace(EXPERIMENT.network, parameters=500_000))
    with pytest.raises(CheckpointError, match=r"classifier\.1\.weight is \(\d+, 784\), expected"):
        checkpoints.load_pretrained(wider)


# -- the networks in pretrained/


def test_the_seven_networks_of_the_app_are_published():
    expected = {f"distorted/rts/{n}" for n in ("fcn", "cnn", "st-fcn-aff", "st-cnn-aff")}
    expected |= {f"distorted/tc/{n}" for n in ("cnn", "st-fcn-aff", "st-cnn-aff")}
    assert expected <= set(PUBLISHED)


def shown(name: str, source) -> Digits:
    """The gallery of a network: of digits, or of rendered house numbers."""
    if name.startswith("house-numbers/"):
        return rendered(EXPERIMENTS[name].data.side)
    return source.gallery


@pytest.mark.parametrize("name", PUBLISHED)
def test_published_network_makes_the_errors_on_the_gallery_that_its_metrics_tell(name, source):
    if name.startswith("birds/"):
        pytest.skip("CUB's photographs may not be published")
    experiment = EXPERIMENTS[name]
    network = checkpoints.load_pretrained(experiment)
    metrics = load_metrics(experiment)
    measured = evaluate(network, experiment, shown(name, source)).measure
    assert measured == pytest.approx(metrics.error_percent_gallery, abs=0.11)  # one digit
    assert metrics.parameters == sum(p.numel() for p in network.parameters())


@pytest.mark.parametrize("name", PUBLISHED)
def test_published_run_is_whole_and_is_that_of_the_metrics(name, source):
    experiment = EXPERIMENTS[name]
    run = unpack(checkpoints.PRETRAINED / name / PACKED)
    metrics = load_metrics(experiment)
    iterations = metrics.recipe.iterations
    assert run.description["experiment"] == name
    assert Recipe.from_json(run.description["recipe"]) == metrics.recipe
    for key in ("seed", "device", "precision", "train_digits"):
        assert run.description[key] == getattr(metrics, key)
    assert (run.snapshots[0].step, run.snapshots[-1].step) == (0, iterations)
    assert run.history[-1].step == iterations
    assert run.probes.shape == (10, *experiment.data.image_shape)
    if name.startswith("birds/"):  # its probes are CUB's photographs, which are not there
        assert not run.probes.any()
        return
    gallery = shown(name, source)
    numbers = gallery is not source.gallery
    digits = gallery[:10] if numbers else probe_digits(gallery)
    generator = torch.Generator().manual_seed(metrics.evaluation_seeds[0])
    assert run.labels.tolist() == experiment.data.examples(digits, generator).labels.tolist()
    transform = experiment.network.transform
    if transform is not None:
        several = getattr(experiment.network, "depth", experiment.network.transformers)
        identity = np.tile(transform.identity(), (10, several, 1))
        np.testing.assert_array_equal(run.snapshots[0].theta, identity)
