"""A run's folder survives whatever happens to it: kills, torn files, two owners."""

from __future__ import annotations

import json
import os
import threading
import time
from pathlib import Path

import numpy as np
import pytest

from stn_core import checkpoints
from stn_core.runs.folder import COMMANDS, STATES, Run, new_run_folder, runs_folder
from stn_core.runs.packed import PACKED, pack, packed_name, packed_runs, unpack
from stn_core.runs.records import RunError, Snapshot, Step, parse_history, snapshot_steps

DESCRIPTION = {"experiment": "distorted/r/fcn", "seed": 3, "recipe": {"iterations": 10}}


def make_step(step: int, loss: float = 1.0) -> Step:
    return Step(step, loss, {"error_percent": 50.0}, 0.01, {"classifier": 0.5}, step / 10)


def make_snapshot(step: int) -> Snapshot:
    random = np.random.default_rng(step)
    return Snapshot(
        step,
        random.random((10, 2, 6), np.float32),
        random.random((10, 10), np.float32),
        random.integers(0, 256, (3, 2, 5, 4)).astype(np.uint8),
        float(step) / 7,
        random.random((2, 1)),
    )


def assert_same(first: list[Snapshot], second: list[Snapshot]) -> None:
    assert len(first) == len(second)
    for one, other in zip(first, second, strict=True):
        for name, value in one._asdict().items():
            np.testing.assert_array_equal(value, getattr(other, name), err_msg=name)


@pytest.fixture
def run(tmp_path) -> Run:
    run = Run(tmp_path / "run")
    run.create(DESCRIPTION)
    return run


@pytest.fixture
def recorded(run) -> Run:
    """A run with a history, probes and snapshots."""
    run.write_probes(np.full((10, 1, 5, 4), 7, np.uint8), np.arange(10))
    for step in (1, 2, 3):
        run.append(make_step(step, loss=1 / step))
    for step in (0, 1, 3):
        run.write_snapshot(make_snapshot(step))
    return run


# -- what was asked for


def test_description_comes_back(run):
    assert Run(run.folder).description() == DESCRIPTION


def test_folder_that_holds_a_run_is_not_made_again(run):
    with pytest.raises(RunError, match=f"{run.folder} already holds a run"):
        Run(run.folder).create({"experiment": "another"})
    assert run.description() == DESCRIPTION


@pytest.mark.parametrize(
    "content", [None, b"", b'{"experiment": "dis', b"[1]", b'{"seed": 3}', b"\xff\xfe"], ids=str
)
def test_folder_without_a_readable_description_is_not_a_run(content, run):
    (run.folder / "run.json").unlink()
    if content is not None:
        (run.folder / "run.json").write_bytes(content)
    with pytest.raises(RunError, match=f"{run.folder} is not a run"):
        run.description()


def test_runs_are_kept_where_the_environment_says(monkeypatch):
    monkeypatch.setenv("STN_RUNS", "/somewhere/else")
    assert runs_folder() == Path("/somewhere/else")
    monkeypatch.delenv("STN_RUNS")
    assert runs_folder() == Path("runs")


# -- history


def test_history_is_what_was_appended(recorded):
    assert recorded.history() == [make_step(step, loss=1 / step) for step in (1, 2, 3)]


def test_run_without_a_history_has_an_empty_one(run):
    assert run.history() == []


def test_torn_last_line_is_not_read(recorded):
    with open(recorded.folder / "history.jsonl", "ab") as file:
        file.write(json.dumps(make_step(4)._asdict()).encode()[:-1])
    assert [step.step for step in recorded.history()] == [1, 2, 3]


def test_history_is_read_whole_wherever_a_kill_tears_it(recorded):
    content = (recorded.folder / "history.jsonl").read_bytes()
    whole_lines = [content[:end].count(b"\n") for end in range(len(content) + 1)]
    read = [len(parse_history(content[:end])) for end in range(len(content) + 1)]
    assert read == whole_lines


@pytest.mark.parametrize(
    "line",
    [
        b"",
        b"\x00\x00\x00",
        b"\xff\xfe",
        b"[1, 2]",
        b'"text"',
        b"null",
        b'{"step": 4}',
        json.dumps({**make_step(4)._asdict(), "surplus": 1}).encode(),
        json.dumps({**make_step(4)._asdict(), "step": None}).encode(),
        json.dumps({**make_step(4)._asdict(), "step": float("inf")}).encode(),
        json.dumps(make_step(4)._asdict()).encode()[:20] + json.dumps(make_step(5)).encode(),
    ],
    ids=str,
)
def test_garbage_line_is_passed_over(line, recorded):
    with open(recorded.folder / "history.jsonl", "ab") as file:
        file.write(line + b"\n")
    recorded.append(make_step(6))
    assert [step.step for step in recorded.history()] == [1, 2, 3, 6]


def test_of_two_records_for_one_step_the_later_wins(recorded):
    recorded.append(make_step(2, loss=0.25))
    assert [(step.step, step.loss) for step in recorded.history()] == [
        (1, 1),
        (2, 0.25),
        (3, 1 / 3),
    ]


def test_mended_history_can_be_appended_to(recorded):
    with open(recorded.folder / "history.jsonl", "ab") as file:
        file.write(b'{"step": 4, "lo')
    recorded.go_back_to(3)
    recorded.append(make_step(4))
    assert [step.step for step in recorded.history()] == [1, 2, 3, 4]


def test_what_was_recorded_after_the_step_it_goes_on_from_is_dropped(recorded):
    """Else a run that went astray shows its last error until it has come as far again."""
    before = [snapshot.step for snapshot in recorded.snapshots()]
    recorded.go_back_to(2)
    assert [step.step for step in recorded.history()] == [1, 2]
    assert [one.step for one in recorded.snapshots()] == [step for step in before if step <= 2]


def test_history_of_one_torn_line_is_mended_to_an_empty_one(run):
    (run.folder / "history.jsonl").write_bytes(b'{"step": 1')
    run.go_back_to(0)
    assert (run.folder / "history.jsonl").read_bytes() == b""


def test_mending_a_history_that_is_not_there_makes_none(run):
    run.go_back_to(0)
    assert not (run.folder / "history.jsonl").exists()


# -- snapshots and probes


def test_snapshots_come_back_in_order_of_step(run):
    for step in (100, 0, 20, 3):
        run.write_snapshot(make_snapshot(step))
    assert_same(run.snapshots(), [make_snapshot(step) for step in (0, 3, 20, 100)])


def test_growing_run_shows_its_new_and_its_rewritten_snapshots(recorded):
    assert len(recorded.snapshots()) == 3
    recorded.write_snapshot(make_snapshot(9))
    again = make_snapshot(3)._replace(measure=-1.0)
    recorded.write_snapshot(again)
    os.utime(recorded.folder / "snapshots" / "3.npz", (1, 1))
    assert [(s.step, s.measure) for s in recorded.snapshots()] == [
        (0, 0),
        (1, 1 / 7),
        (3, -1),
        (9, 9 / 7),
    ]


@pytest.mark.parametrize("kept", [0, 1, 30, 0.5, 0.9, -1], ids=str)
def test_truncated_snapshot_is_skipped(kept, recorded):
    path = recorded.folder / "snapshots" / "1.npz"
    content = path.read_bytes()
    path.write_bytes(content[: int(kept * len(content)) if isinstance(kept, float) else kept])
    assert_same(recorded.snapshots(), [make_snapshot(0), make_snapshot(3)])


def test_snapshot_with_any_byte_changed_is_read_or_skipped(recorded):
    path = recorded.folder / "snapshots" / "1.npz"
    content = path.read_bytes()
    for position in range(0, len(content), 7):
        damaged = bytearray(content)
        damaged[position] ^= 0xFF
        path.write_bytes(damaged)
        assert {0, 3} <= {s.step for s in Run(recorded.folder).snapshots()}, position


def test_snapshot_with_a_part_missing_is_skipped(recorded):
    np.savez(recorded.folder / "snapshots" / "2.npz", step=2, theta=np.zeros(3))
    assert [s.step for s in recorded.snapshots()] == [0, 1, 3]


def test_snapshots_are_about_100_log_spaced_steps_with_the_first_and_the_last():
    steps = snapshot_steps(20_000)
    assert (steps[0], steps[-1]) == (0, 20_000)
    assert steps == sorted(set(steps))
    assert 80 <= len(steps) <= 102
    ratios = np.array(steps[20:]) / steps[19:-1]
    assert ratios.max() < 1.2


@pytest.mark.parametrize("iterations", [1, 2, 9, 10, 11, 150])
def test_short_run_has_its_first_and_its_last_snapshot_too(iterations):
    steps = snapshot_steps(iterations)
    assert (steps[0], steps[-1]) == (0, iterations)
    assert steps == sorted(set(steps))


def test_probes_come_back(recorded):
    images, labels = recorded.probes()
    np.testing.assert_array_equal(images, np.full((10, 1, 5, 4), 7))
    np.testing.assert_array_equal(labels, np.arange(10))


@pytest.mark.parametrize("content", [None, b"", b"PK\x03\x04", b"no zip"], ids=str)
def test_probes_that_cannot_be_read_are_none(content, run):
    if content is not None:
        (run.folder / "probes.npz").write_bytes(content)
    assert run.probes() is None


# -- status, owner and control


@pytest.mark.parametrize("state", STATES)
def test_status_is_what_was_set(state, run):
    run.set_status(state, 17, "because")
    assert run.status() == (state, 17, "because", False)


@pytest.mark.parametrize(
    "content",
    [
        None,
        b"",
        b"{",
        b"[]",
        b"\xff",
        b'{"state": "dancing", "step": 3}',
        b'{"state": ["running"]}',
    ],
    ids=str,
)
def test_status_that_cannot_be_read_is_failed_and_says_so(content, run):
    if content is not None:
        (run.folder / "status.json").write_bytes(content)
    status = run.status()
    assert status.state == "failed"
    assert status.message == "its status cannot be read"


def test_step_that_is_no_number_reads_as_zero(run):
    (run.folder / "status.json").write_text('{"state": "running", "step": "many"}')
    assert run.status().step == 0


def test_status_of_a_folder_that_is_not_there_is_failed(tmp_path):
    assert Run(tmp_path / "nowhere").status().state == "failed"


@pytest.mark.parametrize("state", ["stopped", "finished", "failed"])
def test_run_that_has_ended_is_not_interrupted(state, run):
    run.set_status(state, 5)
    assert not run.status().interrupted


@pytest.mark.parametrize("command", COMMANDS)
def test_command_arrives(command, run):
    run.control(command)
    assert Run(run.folder).command() == command


def test_unknown_command_is_refused(run):
    with pytest.raises(ValueError, match=r"one of \('run', 'pause', 'stop'\), got 'explode'"):
        run.control("explode")


@pytest.mark.parametrize("content", [None, b"", b"stop", b'{"command": "explode"}', b"3"], ids=str)
def test_control_file_without_a_sensible_command_means_run(content, run):
    if content is not None:
        (run.folder / "control.json").write_bytes(content)
    assert run.command() == "run"


def test_reader_of_a_growing_run_never_sees_a_torn_record(run):
    """A writer and a reader at the same time: whatever is read is whole."""
    count = 200

    def write() -> None:
        for step in range(1, count + 1):
            run.append(make_step(step))
            run.set_status("running", step)
            if step % 20 == 0:
                run.write_snapshot(make_snapshot(step))

    writer = threading.Thread(target=write)
    run.set_status("running", 0)
    writer.start()
    reader, lengths = Run(run.folder), [0]
    while writer.is_alive():
        history = reader.history()
        assert [step.step for step in history] == list(range(1, len(history) + 1))
        assert reader.status().state == "running"
        assert all(s.theta.shape == (10, 2, 6) for s in reader.snapshots())
        lengths.append(len(history))
    assert lengths == sorted(lengths)
    assert len(reader.history()) == count
    assert len(reader.snapshots()) == count // 20


# -- packed runs


def test_packed_run_comes_back(recorded, tmp_path):
    pack(recorded, tmp_path / "packed.npz")
    unpacked = unpack(tmp_path / "packed.npz")
    assert unpacked.description == DESCRIPTION
    assert unpacked.history == recorded.history()
    np.testing.assert_array_equal(unpacked.probes, recorded.probes()[0])
    np.testing.assert_array_equal(unpacked.labels, recorded.probes()[1])
    assert_same(unpacked.snapshots, recorded.snapshots())


def test_recording_from_before_there_were_several_transformers_is_read_as_of_one():
    name = checkpoints.PRETRAINED / "distorted" / "e" / "st-cnn-aff" / PACKED
    with np.load(name) as file:
        assert file["theta"].ndim == 3 and "pose_left" not in file  # such a one is shipped
        theta, means = file["theta"], file["mean_output"]
    for number, snapshot in enumerate(unpack(name).snapshots):
        np.testing.assert_array_equal(snapshot.theta, theta[number][:, None])
        np.testing.assert_array_equal(snapshot.mean_output, means[number][:, None])
        assert snapshot.pose_left.size == 0


def test_snapshot_file_from_before_there_were_several_transformers_is_read_as_of_one(run):
    new = make_snapshot(4)
    old = {name: value for name, value in new._asdict().items() if name != "pose_left"}
    old |= {"theta": new.theta[:, 0], "mean_output": new.mean_output[:, 0]}
    run.write_snapshot(new)
    np.savez(run.folder / "snapshots" / "4.npz", **old)
    one = {"theta": new.theta[:, :1], "mean_output": new.mean_output[:, :1]}
    assert_same(run.snapshots(), [new._replace(**one, pose_left=np.zeros((0, 0)))])


def test_run_that_was_begun_before_the_pose_was_measured_is_packed_without_it(recorded, tmp_path):
    recorded.write_snapshot(make_snapshot(5)._replace(pose_left=np.zeros((0, 0))))
    pack(recorded, tmp_path / "packed.npz")
    snapshots = unpack(tmp_path / "packed.npz").snapshots
    assert len(snapshots) == len(recorded.snapshots())
    assert all(snapshot.pose_left.size == 0 for snapshot in snapshots)


def test_runs_that_begin_in_one_second_have_folders_of_their_own(tmp_path, monkeypatch):
    monkeypatch.setenv("STN_RUNS", str(tmp_path))
    monkeypatch.setattr(time, "strftime", lambda _: "20260101-120000")
    names = [new_run_folder("distorted/r/fcn").name for _ in range(3)]
    assert names == [f"distorted-r-fcn-20260101-120000{n}" for n in ("", "-2", "-3")]


def test_packed_runs_of_further_seeds_stand_beside_the_network_s_own(tmp_path):
    assert packed_runs(tmp_path) == {}
    for name in (PACKED, packed_name(12), packed_name(3), "run-seed-x.npz"):
        (tmp_path / name).touch()
    for copied in ("run-seed-1 2.npz", "run-seed-1 (1).npz"):  # by a file manager
        (tmp_path / copied).touch()
    found = packed_runs(tmp_path)
    assert list(found) == [None, 3, 12]
    assert found[12].name == "run-seed-12.npz"


@pytest.mark.parametrize("part", ["probes.npz", "snapshots"])
def test_run_with_a_part_missing_is_not_packed(part, recorded, tmp_path):
    path = recorded.folder / part
    for file in [path] if path.is_file() else list(path.iterdir()):
        file.unlink()
    with pytest.raises(RunError, match="no probes or no snapshots"):
        pack(recorded, tmp_path / "packed.npz")
    assert not (tmp_path / "packed.npz").exists()


def test_packed_run_that_is_not_there_is_an_error_that_names_it(tmp_path):
    with pytest.raises(RunError, match=f"{tmp_path}/none.npz is not a recorded run"):
        unpack(tmp_path / "none.npz")


def test_truncated_packed_run_is_an_error_wherever_it_is_cut(recorded, tmp_path):
    path = tmp_path / "packed.npz"
    pack(recorded, path)
    content = path.read_bytes()
    for end in range(0, len(content), 37):
        path.write_bytes(content[:end])
        with pytest.raises(RunError, match="is not a recorded run"):
            unpack(path)


def test_packed_run_with_any_byte_changed_is_read_or_an_error(recorded, tmp_path):
    path = tmp_path / "packed.npz"
    pack(recorded, path)
    content = path.read_bytes()
    refused = 0
    for position in range(0, len(content), 29):
        damaged = bytearray(content)
        damaged[position] ^= 0xFF
        path.write_bytes(damaged)
        try:
            unpack(path)
        except RunError:
            refused += 1
    assert refused > 0
