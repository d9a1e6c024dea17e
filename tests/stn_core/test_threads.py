"""One thread while the library works, torch's own number before and after."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest
import torch

from stn_core import launcher
from stn_core.__main__ import parser
from stn_core.evaluation import evaluate
from stn_core.experiments import find
from stn_core.runs.folder import Run
from stn_core.threads import on_threads
from stn_core.training.network import train, train_steps
from stn_core.training.trainer import Trainer
from tests.stn_core.training.small import small


@pytest.fixture
def run(tmp_path) -> Run:
    return Run(tmp_path / "run")


@pytest.fixture
def threads_at_work(monkeypatch):
    """Two threads are torch's own; a list of how many each step has had."""
    seen: list[int] = []
    real = Trainer._host_step

    def step(trainer: Trainer) -> None:
        seen.append(torch.get_num_threads())
        real(trainer)

    monkeypatch.setattr(Trainer, "_host_step", step)
    torch.set_num_threads(2)
    yield seen
    torch.set_num_threads(1)


def test_training_from_python_has_one_thread_and_leaves_torch_s_as_they_were(
    threads_at_work, source
):
    train(small(iterations=2), source)
    assert threads_at_work == [1, 1] and torch.get_num_threads() == 2
    for _ in train_steps(small(iterations=2), source, threads=2):
        assert torch.get_num_threads() == 2
    assert threads_at_work[2:] == [2, 2]


def test_threads_are_torch_s_own_while_the_caller_looks_at_a_step(threads_at_work, source, run):
    for _ in train_steps(small(iterations=2), source, run=run):
        assert torch.get_num_threads() == 2
    assert threads_at_work == [1, 1]
    assert run.description()["device"].endswith("1 thread(s)")


def test_evaluation_has_one_thread(threads_at_work, source, monkeypatch):
    experiment = find("distorted/r/fcn")
    seen, real = [], experiment.objective.measures
    monkeypatch.setattr(
        type(experiment.objective),
        "measures",
        lambda objective, *given: seen.append(torch.get_num_threads()) or real(*given),
    )
    evaluate(experiment.build(0), experiment, source.gallery)
    assert set(seen) == {1} and torch.get_num_threads() == 2


def test_threads_are_put_back_also_after_an_error():
    before = torch.get_num_threads()
    with pytest.raises(ZeroDivisionError), on_threads(before + 1):
        assert torch.get_num_threads() == before + 1
        raise ZeroDivisionError
    assert torch.get_num_threads() == before


@pytest.mark.parametrize(
    "words",
    ["train a", "sweep a", "publish a", "evaluate a", "colocalise a", "ablate a", "note a",
     "invariance a"],
)  # fmt: skip
def test_every_command_that_computes_has_one_thread_unless_asked(words):
    assert parser().parse_args(words.split()).threads == 1
    assert parser().parse_args([*words.split(), "--threads", "3"]).threads == 3


def test_threads_that_wait_do_not_spin(tmp_path):
    told = subprocess.run(
        [
            sys.executable,
            "-c",
            "import os, stn_core.__main__; print(os.environ['OMP_WAIT_POLICY'])",
        ],
        env={k: v for k, v in os.environ.items() if k != "OMP_WAIT_POLICY"},
        capture_output=True,
        text=True,
        check=True,
    )
    assert told.stdout == "passive\n"


def test_process_of_its_own_is_started_with_as_many_threads_as_asked(tmp_path, monkeypatch):
    given = {}

    class Child:
        pid = os.getpid()

    def start(command, **how):
        given.update(how["env"], command=command)
        return Child()

    monkeypatch.setattr(subprocess, "Popen", start)
    monkeypatch.setattr(launcher, "_children", [])
    launcher.start(["train", "a"], tmp_path, tmp_path / "log.txt", threads=3)
    assert (given["OMP_NUM_THREADS"], given["OMP_WAIT_POLICY"]) == ("3", "passive")
    assert given["command"][-4:-2] == ["--threads", "3"]
