"""Pickled checkpoints: what is converted, and what is refused before or while it is read."""

from __future__ import annotations

import contextlib
import io
import os
import pickle
import subprocess
import zipfile

import pytest
import torch
from torch import nn

from stn_core import checkpoints, conversion, foreign_checkpoints
from stn_core.birds import backbone
from stn_core.checkpoints import CheckpointError
from stn_core.experiments import EXPERIMENTS, find

NAME = "addition/rts/2st-fcn-aff"


@pytest.fixture(autouse=True)
def reader(request, monkeypatch):
    """The reading process, which takes seconds to start: this one, but for tests of the process.

    Those have the mark "process"; what a pickle may do to its reader is nothing to try here.
    """
    if request.node.get_closest_marker("process"):
        return

    def read(command, **_):
        out, error = io.StringIO(), ""
        with contextlib.redirect_stdout(out):
            try:
                conversion._main(*command[3:])
            except CheckpointError as refused:
                error = str(refused)
        return subprocess.CompletedProcess(command, bool(error), out.getvalue(), error)

    monkeypatch.setattr(conversion, "_limit_memory", lambda: None)
    monkeypatch.setattr(conversion.subprocess, "run", read)


@pytest.fixture(scope="module")
def network():
    return find(NAME).build(seed=4)


def saved(content, path):
    torch.save(content, path)
    return path


@pytest.mark.parametrize("wrapper", [None, *conversion.WRAPPERS])
def test_state_dict_is_converted_alone_or_under_a_usual_name(wrapper, network, tmp_path):
    state = network.state_dict()
    source = saved({wrapper: state, "epoch": 3} if wrapper else state, tmp_path / "model.pt")
    lines = conversion.convert(source, tmp_path / "model.safetensors", NAME)
    tensors, header = checkpoints.load_tensors(tmp_path / "model.safetensors")
    assert header == {"experiment": NAME} and len(lines) == len(state)
    assert all(torch.equal(tensors[name], value) for name, value in state.items())
    assert "classifier.5.bias (19,) float32" in lines


def wrapped_names(wrap, network):
    return {f"{wrap}{name}": tensor for name, tensor in network.state_dict().items()}


@pytest.mark.parametrize("wrap", ["module.", "_orig_mod.", "model.", "module._orig_mod.model."])
def test_prefix_that_all_tensors_share_is_taken_off(wrap, network, tmp_path):
    source = saved({"state_dict": wrapped_names(wrap, network)}, tmp_path / "model.pt")
    conversion.convert(source, tmp_path / "model.safetensors")
    tensors, _ = checkpoints.load_tensors(tmp_path / "model.safetensors")
    assert tensors.keys() == network.state_dict().keys()


@pytest.mark.parametrize("name", [NAME, "distorted/r/cnn"])
@pytest.mark.parametrize("wrap", ["", "net.", "network.", "classifier.", "trainer.net.module."])
def test_prefix_of_any_name_is_taken_off_a_network_of_an_experiment(wrap, name):
    state = find(name).build(seed=4).state_dict()
    wrapped = {f"{wrap}{name}": tensor for name, tensor in state.items()}
    assert foreign_checkpoints.unwrapped(wrapped).keys() == state.keys()
    assert foreign_checkpoints.fitting(wrapped, [find(name)]) == [find(name)]


@pytest.mark.parametrize("wrap", ["", "model.", "net.", "model.averaged."])
def test_average_has_the_network_s_own_names_at_any_depth(wrap, network):
    averaged = torch.optim.swa_utils.AveragedModel(network).state_dict()
    wrapped = {f"{wrap}{name}": tensor for name, tensor in averaged.items()}
    assert foreign_checkpoints.unwrapped(wrapped).keys() == network.state_dict().keys()


def test_only_state_dict_of_a_checkpoint_is_taken_whatever_it_is_called(network):
    optimizer = torch.optim.Adam(network.parameters()).state_dict()
    loaded = {"teacher": network.state_dict(), "optimizer": optimizer, "loss": 0.3}
    assert conversion.state_dict(loaded).keys() == network.state_dict().keys()
    with pytest.raises(CheckpointError, match="these are not: teacher, student"):
        conversion.state_dict({"teacher": network.state_dict(), "student": network.state_dict()})


@pytest.mark.parametrize("change", [torch.Tensor.to_sparse, lambda tensor: tensor.to("meta")])
def test_tensor_that_is_not_dense_is_named(change):
    with pytest.raises(CheckpointError, match="dense tensors by name; these are not: weight"):
        conversion.state_dict({"weight": change(torch.ones(2)), "bias": torch.ones(2)})


@pytest.mark.parametrize("content", [b"", b"hello", bytes(range(256))])
def test_what_is_no_file_of_torch_s_is_refused_in_words(content, tmp_path):
    (tmp_path / "model.pt").write_bytes(content)
    with pytest.raises(CheckpointError, match="it is damaged, or not a file of torch.save"):
        conversion.convert(tmp_path / "model.pt", tmp_path / "model.safetensors")


def test_prefix_of_some_tensors_stays(tmp_path):
    source = saved({"model.a": torch.zeros(1), "head.b": torch.zeros(1)}, tmp_path / "model.pt")
    conversion.convert(source, tmp_path / "model.safetensors")
    tensors, _ = checkpoints.load_tensors(tmp_path / "model.safetensors")
    assert tensors.keys() == {"model.a", "head.b"}


def test_wrapper_in_a_wrapper_is_opened(network, tmp_path):
    content = {"epoch": 3, "model": {"state_dict": network.state_dict()}, "ema": {}}
    conversion.convert(saved(content, tmp_path / "model.pt"), tmp_path / "model.safetensors")
    tensors, _ = checkpoints.load_tensors(tmp_path / "model.safetensors")
    assert tensors.keys() == network.state_dict().keys()


def test_networks_that_torch_has_wrapped_fit_their_experiment(network, tmp_path):
    wrapped = {
        "averaged": torch.optim.swa_utils.AveragedModel(network),
        "parallel": nn.DataParallel(network),
        "compiled": torch.compile(network, backend="eager"),
    }
    for name, wrapper in wrapped.items():
        source = saved(wrapper.state_dict(), tmp_path / f"{name}.pt")
        path = source.with_suffix(".safetensors")
        conversion.convert(source, path)
        tensors, _ = checkpoints.load_tensors(path)
        others = ("addition/rts/st-fcn-aff", "addition/rts/2st-fcn-proj")
        found = foreign_checkpoints.fitting(tensors, [find(n) for n in (NAME, *others)])
        assert [experiment.name for experiment in found] == [NAME], name
        checkpoints.save_tensors(path, wrapper.state_dict(), {})  # as safetensors from the start
        foreign_checkpoints.load_own(find(NAME), path)
        assert foreign_checkpoints.load_matching([find(NAME)], path, "the file")[0].name == NAME


def test_names_are_printed_as_one_line_of_letters_each(tmp_path):
    names = ["two\nlines", "\x1b[31mred", "plain"]
    source = saved({name: torch.zeros(1) for name in names}, tmp_path / "model.pt")
    lines = conversion.convert(source, tmp_path / "model.safetensors")
    assert lines == [f"{n} (1,) float32" for n in (r"two\nlines", r"\x1b[31mred", "plain")]
    tensors, _ = checkpoints.load_tensors(tmp_path / "model.safetensors")
    assert set(tensors) == set(names)


def test_tied_weights_are_written_one_by_one(tmp_path):
    weight = torch.rand(3, 3)
    source = saved({"a": weight, "b": weight}, tmp_path / "tied.pt")
    conversion.convert(source, tmp_path / "tied.safetensors")
    tensors, header = checkpoints.load_tensors(tmp_path / "tied.safetensors")
    assert torch.equal(tensors["a"], weight) and torch.equal(tensors["b"], weight)
    assert header == {}


class Evil:
    """Would make a file if it were unpickled."""

    def __init__(self, path) -> None:
        self.path = path

    def __reduce__(self):
        return os.mkdir, (str(self.path),)


@pytest.mark.process
@pytest.mark.parametrize("wrapped", [False, True], ids=["by-torch", "bare"])
def test_pickle_that_runs_code_is_refused_and_does_not_run_it(wrapped, tmp_path):
    source, out = tmp_path / "evil.pt", tmp_path / "out.safetensors"
    content = {"weight": torch.zeros(2), "evil": Evil(tmp_path / "made")}
    if wrapped:
        source.write_bytes(pickle.dumps(content))
    else:
        torch.save(content, source)
    out.write_text("as it was")
    with pytest.raises(CheckpointError, match="not a checkpoint that is safe to read"):
        conversion.convert(source, out)
    assert not (tmp_path / "made").exists() and out.read_text() == "as it was"


class Foreign(nn.Module):
    """A class of somebody else's."""


@pytest.mark.parametrize("wrapped", [False, True], ids=["by-torch", "bare"])
def test_refused_pickle_names_the_class_and_says_what_to_save(wrapped, tmp_path):
    source = tmp_path / "model.pt"
    if wrapped:
        source.write_bytes(pickle.dumps({"model": Foreign()}, protocol=2))
    else:
        torch.save({"model": Foreign()}, source)
    with pytest.raises(CheckpointError) as caught:
        conversion.convert(source, tmp_path / "out.safetensors")
    words = str(caught.value)
    assert f"it holds an object of {Foreign.__module__}.Foreign" in words
    assert words.endswith("save `network.state_dict()`")
    assert "\x1b" not in words and len(words.splitlines()) == 1


def test_folder_or_file_that_cannot_be_written_is_named(tmp_path):
    source = saved({"weight": torch.zeros(2)}, tmp_path / "model.pt")
    with pytest.raises(CheckpointError, match="the folder .*none does not exist"):
        conversion.convert(source, tmp_path / "none" / "out.safetensors")
    with pytest.raises(CheckpointError, match="taken cannot be written"):
        (tmp_path / "taken").mkdir()
        conversion.convert(source, tmp_path / "taken")


def test_safetensors_need_no_conversion(network, tmp_path):
    checkpoints.save_tensors(tmp_path / "own.safetensors", network.state_dict(), {})
    with pytest.raises(CheckpointError, match="is already a safetensors file"):
        conversion.convert(tmp_path / "own.safetensors", tmp_path / "out.safetensors")


@pytest.mark.parametrize("bare", [False, True], ids=["by-torch", "bare"])
def test_pickle_where_safetensors_are_expected_points_to_convert(bare, network, command, tmp_path):
    path = tmp_path / "model.pt"
    if bare:
        path.write_bytes(pickle.dumps({"a": 1}))
    else:
        torch.save(network.state_dict(), path)
    with pytest.raises(CheckpointError, match="use `python -m stn_core convert`"):
        foreign_checkpoints.load_own(find(NAME), path)
    assert command(["evaluate", NAME, "--weights", str(path)]) == 1


@pytest.mark.parametrize(
    ("content", "words"),
    [
        ([torch.zeros(2)], "expected a state dict, got list"),
        ({"weight": torch.zeros(2), "epoch": 3}, "these are not: epoch"),
        ({}, "expected a state dict"),
    ],
    ids=["list", "number-in-it", "empty"],
)
def test_what_is_no_state_dict_is_refused(content, words, tmp_path):
    with pytest.raises(CheckpointError, match=words):
        conversion.convert(saved(content, tmp_path / "model.pt"), tmp_path / "out.safetensors")
    assert not (tmp_path / "out.safetensors").exists()


@pytest.mark.process
def test_broken_missing_and_unlimited_files_are_refused(tmp_path):
    source, out = tmp_path / "model.pt", tmp_path / "out.safetensors"
    with pytest.raises(CheckpointError, match="there is no file"):
        conversion.convert(source, out)
    saved({"weight": torch.zeros(1000)}, source)
    source.write_bytes(source.read_bytes()[:700])
    with pytest.raises(CheckpointError, match="cannot be converted"):
        conversion.convert(source, out)
    bomb = zipfile.ZipFile(source, "w", zipfile.ZIP_DEFLATED)
    with bomb, bomb.open("model/data/0", "w") as part:  # 600 MB in 600 kB
        for _ in range(600):
            part.write(bytes(2**20))
    assert source.stat().st_size < 2**20
    with pytest.raises(CheckpointError, match="holds 600 MB; the limit is 500 MB"):
        conversion.convert(source, out)


def test_experiments_that_a_state_dict_fits_are_found(network):
    found = foreign_checkpoints.fitting(network.state_dict(), EXPERIMENTS.values())
    assert [experiment.name for experiment in found] == [NAME]


def test_birds_are_found_by_their_shapes_without_the_backbone_s_weights(monkeypatch):
    """Two networks of birds differ in what they read alone, not in their tensors."""
    monkeypatch.setattr(backbone, "_folded", None)  # nothing of the package is read
    with torch.device("meta"):
        tensors = find("birds/128/2st-cnn").build(seed=0).state_dict()
    found = foreign_checkpoints.fitting(tensors, EXPERIMENTS.values())
    assert [e.name for e in found] == ["birds/64/2st-cnn", "birds/128/2st-cnn"]


def test_own_weights_are_loaded_by_their_shapes_and_a_misfit_is_listed(network, tmp_path):
    path = tmp_path / "own.safetensors"
    checkpoints.save_tensors(path, network.state_dict(), {})
    loaded = foreign_checkpoints.load_own(find(NAME), path)
    image = torch.rand(3, 2, 42, 42)
    with torch.inference_mode():
        assert torch.equal(loaded(image), network(image))
    with pytest.raises(CheckpointError, match=r"missing .*unexpected .*expected \("):
        foreign_checkpoints.load_own(find("addition/rts/st-fcn-proj"), path)


@pytest.mark.process
def test_command_converts_and_says_what_it_fits(command, network, tmp_path, capsys):
    source = saved(network.state_dict(), tmp_path / "model.pt")
    assert command(["convert", str(source)]) == 0
    told = capsys.readouterr().out
    assert f"model.safetensors: {len(network.state_dict())} tensors; fits {NAME}" in told
    assert command(["convert", str(tmp_path / "none.pt")]) == 1
