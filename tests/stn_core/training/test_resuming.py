"""A training survives being stopped and killed, to the last bit."""

from __future__ import annotations

import errno
import os
import shutil
import signal
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest
import torch

from stn_core import checkpoints, find
from stn_core.checkpoints import CheckpointError
from stn_core.recipes import SGD, AdamW, Muon
from stn_core.runs.folder import Run
from stn_core.runs.records import RunError
from stn_core.training import checkpoint, network
from stn_core.training.network import train_steps
from stn_core.training.recording import TrainingError
from stn_core.training.trainer import PRECISIONS, Trainer
from tests.stn_core.training.small import (
    CPU,
    assert_same_run,
    poison,
    small,
    stopped_at_5,
    wait_until,
)

OPTIMISED = {
    "adamw": small(optimiser=AdamW()),
    "sgd": small(optimiser=SGD(), learning_rate=0.05),
    "sgd with momentum": small(optimiser=SGD(momentum=0.9), learning_rate=0.01),
    "muon": small(optimiser=Muon()),
    "muon, kernels too": small("distorted/r/st-cnn-aff", optimiser=Muon(kernels=True)),
}


@pytest.mark.parametrize("precision", PRECISIONS)
@pytest.mark.parametrize("experiment", OPTIMISED.values(), ids=OPTIMISED)
def test_stopped_and_resumed_run_is_bit_for_bit_the_undisturbed_one(
    experiment, precision, source, tmp_path
):
    undisturbed, run = Run(tmp_path / "undisturbed"), Run(tmp_path / "run")
    list(train_steps(experiment, source, seed=5, precision=precision, run=undisturbed))

    steps = train_steps(experiment, source, seed=5, precision=precision, run=run)
    for step in steps:
        if step.step == 4:
            run.control("stop")
    assert run.status() == ("stopped", 5, "", False)
    assert len(run.history()) == 5

    # Recipe, seed and precision are the run's own, whatever is asked for now.
    other = replace(experiment.recipe, batch_size=3, iterations=9)
    other = replace(experiment, recipes=(other,))
    resumed = list(train_steps(other, source, seed=6, run=run, resume=True))
    assert [step.step for step in resumed] == list(range(6, 13))
    assert run.status().state == "finished"
    assert_same_run(run, undisturbed)


def test_run_that_began_with_a_published_network_is_resumed_without_it(
    source, tmp_path, pretrained
):
    first = find(small().name)
    folder = pretrained / first.name
    folder.mkdir(parents=True)
    checkpoints.save_weights(first.build(seed=3), first, folder / "weights.safetensors")
    begun = small(begin_with=first.name)
    undisturbed, run = Run(tmp_path / "undisturbed"), Run(tmp_path / "run")
    list(train_steps(begun, source, seed=5, run=undisturbed))
    for step in train_steps(begun, source, seed=5, run=run):
        if step.step == 4:
            run.control("stop")
    shutil.rmtree(folder)
    list(train_steps(begun, source, run=run, resume=True))
    assert_same_run(run, undisturbed)
    assert run.description()["recipe"]["begin_with"] == first.name
    with pytest.raises(CheckpointError, match="distorted/r/"):
        list(train_steps(begun, source, run=Run(tmp_path / "new")))


def test_run_whose_checkpoint_numbers_the_parameters_as_older_ones_do_is_resumed(source, tmp_path):
    undisturbed, run = Run(tmp_path / "undisturbed"), Run(tmp_path / "run")
    list(train_steps(small(), source, seed=5, run=undisturbed))
    tensors, header = stopped_at_5(source, run)
    names = [name for name, _ in small().build(seed=5).named_parameters()]
    names.sort(key=lambda name: not name.startswith("transformer."))  # localisation comes first
    for number, name in enumerate(names):
        for key in checkpoints.under(f"optimiser.{name}.", tensors):
            tensors[f"optimiser.{number}.{key}"] = tensors.pop(f"optimiser.{name}.{key}")
    checkpoints.save_tensors(run.checkpoint, tensors, header)
    list(train_steps(small(), source, run=run, resume=True))
    assert_same_run(run, undisturbed)


def test_resumed_run_deletes_what_kills_have_left(source, run):
    stopped_at_5(source, run)
    torn = run.folder / ".checkpoint.safetensors.abc_1234"
    torn.write_bytes(bytes(1000))
    os.utime(torn, (0, 0))
    next(train_steps(small(), source, run=run, resume=True))
    assert not torn.exists()


@pytest.mark.parametrize("name", ["step", "seconds", "device", "generator"])
def test_checkpoint_that_lacks_what_a_training_needs_names_it(name, source, run):
    tensors, header = stopped_at_5(source, run)
    tensors.pop(name, None)
    header.pop(name, None)
    checkpoints.save_tensors(run.checkpoint, tensors, header)
    with pytest.raises(CheckpointError, match=f"{name}.* in its header|has no {name} state"):
        next(train_steps(small(), source, run=run, resume=True))


@pytest.mark.parametrize("name", ["optimiser.nothing.step", "optimiser.99.step"])
def test_optimiser_of_another_network_is_an_error_that_names_its_tensor(name, source, run):
    tensors, header = stopped_at_5(source, run)
    tensors[name] = torch.zeros(())
    checkpoints.save_tensors(run.checkpoint, tensors, header)
    with pytest.raises(CheckpointError, match=name.removeprefix("optimiser.")):
        next(train_steps(small(), source, run=run, resume=True))


def test_optimiser_s_memory_of_another_shape_is_an_error(source, run):
    tensors, header = stopped_at_5(source, run)
    tensors["optimiser.classifier.1.bias.exp_avg"] = torch.zeros(3)
    checkpoints.save_tensors(run.checkpoint, tensors, header)
    with pytest.raises(CheckpointError, match=r"classifier\.1\.bias\.exp_avg"):
        next(train_steps(small(), source, run=run, resume=True))


def test_run_that_was_dropped_before_its_first_checkpoint_starts_again(source, tmp_path):
    undisturbed, run = Run(tmp_path / "undisturbed"), Run(tmp_path / "run")
    list(train_steps(small(), source, run=undisturbed))
    steps = train_steps(small(), source, run=run)
    for _ in range(3):
        next(steps)
    steps.close()
    assert run.status().interrupted
    assert not run.checkpoint.exists()
    list(train_steps(small(), source, run=run, resume=True))
    assert_same_run(run, undisturbed)


def test_run_names_every_device_that_it_has_been_on(source, run, monkeypatch):
    for device, until in (("a GPU", 4), ("a GPU", 7), ("a laptop", 12), ("a desktop", 12)):
        monkeypatch.setattr(network, "device_name", lambda *_, name=device: name)
        for step in train_steps(small(), source, run=run, resume=run.is_described()):
            if step.step == until < 12:
                run.control("stop")
    assert run.status().state == "finished"  # before it was resumed on the desktop
    assert run.description()["device"] == "a GPU, then a laptop"


def test_finished_run_is_resumed_to_its_end_at_once(source, run):
    list(train_steps(small(), source, run=run))
    history = run.history()
    assert list(train_steps(small(), source, run=run, resume=True)) == []
    assert run.history() == history
    assert run.status().state == "finished"


@pytest.mark.parametrize(("begun", "advice"), [(59_000, "STN_DATA"), (12, "start a new run")])
def test_run_does_not_go_on_with_other_digits_and_its_status_says_why(begun, advice, source, run):
    stopped_at_5(source, run)
    run._write_json("run.json", {**run.description(), "train_digits": begun})
    told = rf"started with {begun:,} training digits, but this machine has [\d,]+; .*{advice}"
    with pytest.raises(RunError, match=told):
        next(train_steps(small(), source, run=run, resume=True))
    status = run.status()
    assert status.state == "failed" and advice in status.message


def test_other_pictures_are_called_by_their_own_name(source):
    told = "59,000 training pictures, but this machine .*; set STN_DATA to the folder that holds"
    with pytest.raises(RunError, match=told):
        network._check_digits(find("house-numbers/64/cnn"), source, {"train_digits": 59_000})


def test_resumed_training_that_cannot_be_built_says_so_in_its_status(source, run, monkeypatch):
    stopped_at_5(source, run)

    def build(*args, **settings) -> Trainer:
        raise RuntimeError("out of memory")

    monkeypatch.setattr(network, "Trainer", build)
    with pytest.raises(RuntimeError, match="out of memory"):
        next(train_steps(small(), source, run=run, resume=True))
    assert run.status() == ("failed", 5, "out of memory", False)


def test_killed_training_is_resumed_to_the_same_weights_with_its_history_whole(
    source, tmp_path, command
):
    """SIGKILL, as by the out-of-memory killer, in a process that checkpoints all the time."""
    driver = (
        "import sys\n"
        "from stn_core.training import pacing, recording\n"
        "from stn_core.__main__ import main\n"
        "recording.CHECKPOINT_SECONDS = -1.0\n"
        "pacing.monotonic = lambda: 0.0\n"
        "sys.exit(main(sys.argv[1:]))\n"
    )
    iterations = 60
    arguments = [
        "train",
        "distorted/r/st-fcn-aff",
        f"--iterations={iterations}",
        "--batch-size=8",
        "--seed=5",
    ]
    arguments += ["--device=cpu", "--threads=1"]
    undisturbed, run = Run(tmp_path / "undisturbed"), Run(tmp_path / "run")
    killed = subprocess.Popen(
        [sys.executable, "-c", driver, *arguments, f"--run-dir={run.folder}"],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        wait_until(lambda: len(run.history()) >= 10 or killed.poll() is not None)
    finally:
        killed.kill()
        killed.wait()
    assert killed.returncode == -signal.SIGKILL
    assert 10 <= len(run.history()) < iterations

    resume = [*arguments, f"--run-dir={run.folder}", "--resume"]
    (run.folder / "heartbeat").touch()
    assert command(resume) == 1  # its heart has only just stopped
    os.utime(run.folder / "heartbeat", (1, 1))
    assert run.status().interrupted
    assert command(resume) == 0
    assert command([*arguments, f"--run-dir={undisturbed.folder}"]) == 0
    assert [step.step for step in run.history()] == list(range(1, iterations + 1))
    assert_same_run(run, undisturbed)


def test_record_that_a_kill_has_torn_is_written_again(source, tmp_path, checkpoint_at_every_record):
    undisturbed, run = Run(tmp_path / "undisturbed"), Run(tmp_path / "run")
    list(train_steps(small(), source, run=undisturbed))
    steps = train_steps(small(), source, run=run)
    for _ in range(5):
        next(steps)
    steps.close()
    with open(run.folder / "history.jsonl", "ab") as file:
        file.write(b'{"step": 6, "lo')
    list(train_steps(small(), source, run=run, resume=True))
    assert_same_run(run, undisturbed)


def test_full_disk_ends_the_training_and_leaves_its_last_checkpoint(
    source, tmp_path, monkeypatch, checkpoint_at_every_record
):
    undisturbed, run = Run(tmp_path / "undisturbed"), Run(tmp_path / "run")
    list(train_steps(small(), source, run=undisturbed))

    def full(handle: int) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    steps = train_steps(small(), source, run=run)
    for _ in range(5):
        next(steps)
    with monkeypatch.context() as patch, pytest.raises(OSError, match="No space left"):
        patch.setattr(os, "fsync", full)
        next(steps)
    assert checkpoints.load_tensors(run.checkpoint)[1]["step"] == 5
    list(train_steps(small(), source, run=run, resume=True))
    assert_same_run(run, undisturbed)


def test_poisoned_weight_is_never_saved(source, run):
    list(train_steps(small(), source, run=run))
    before = run.checkpoint.read_bytes()
    trainer = Trainer(small(), source, seed=0, device=CPU)
    poison(trainer, "classifier.3.bias")
    with pytest.raises(TrainingError, match="step 0: classifier.3.bias is not finite"):
        checkpoint.save(trainer, run.checkpoint)
    assert run.checkpoint.read_bytes() == before


def test_run_without_a_description_cannot_be_resumed(source, run):
    with pytest.raises(RunError, match=f"{run.folder} is not a run"):
        list(train_steps(small(), source, run=run, resume=True))


def test_checkpoint_of_another_experiment_is_an_error_that_names_both(source, tmp_path):
    run, other = Run(tmp_path / "run"), Run(tmp_path / "other")
    list(train_steps(small(iterations=1), source, run=run))
    list(train_steps(small("distorted/p/st-fcn-aff", iterations=1), source, run=other))
    Path(other.checkpoint).replace(run.checkpoint)
    with pytest.raises(CheckpointError, match="belongs to 'distorted/p/.*, expected 'distorted/r/"):
        list(train_steps(small(), source, run=run, resume=True))
    assert run.status().state == "failed"


def test_damaged_checkpoint_is_an_error_and_the_run_says_so(source, run):
    list(train_steps(small(), source, run=run))
    run.checkpoint.write_bytes(run.checkpoint.read_bytes()[:1000])
    with pytest.raises(CheckpointError, match="not a readable safetensors file"):
        list(train_steps(small(), source, run=run, resume=True))
    assert run.status().state == "failed"
    assert "not a readable" in run.status().message
