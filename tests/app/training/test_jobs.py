"""Trainings in processes of their own, and the queue in which they wait."""

from __future__ import annotations

import json
import signal
import threading
import time

import numpy as np
import pytest

from app.data import networks
from app.data.once import made_lately
from app.training import dispatcher, orders, processes, queue, visitors
from app.training import job as job_module
from stn_core import launcher
from stn_core.runs.folder import Run
from tests.app.training.trainings import FCN, PATIENCE_SECONDS, aged, begun, start, wait_for


def test_training_waits_is_started_stopped_and_resumed_and_its_network_found():
    job = start()
    assert job_module.is_waiting(job) and not processes.is_running(job)
    dispatcher.look()
    assert processes.is_starting(job)
    second = start(seed=1)
    run = Run(job.folder)
    wait_for(lambda: len(run.history()) > 1)
    dispatcher.look()
    assert processes.running() == [job] and queue.waiting() == [second]
    orders.cancel(second)
    assert not second.folder.exists()
    run.control("stop")
    wait_for(lambda: not run.is_alive())
    assert run.status().state == "stopped"
    assert [found.key for found in job_module.trained("distorted/rts/")] == [job.key]
    assert job_module.trained("distorted/tc/") == []
    assert job_module.find_job(job.key) == job

    done = run.history()[-1].step
    orders.resume(job)
    assert job_module.is_waiting(job)
    dispatcher.look()
    wait_for(lambda: run.history()[-1].step > done)
    steps = [step.step for step in run.history()]
    assert steps == sorted(set(steps))
    launcher.end(job.folder, signal.SIGKILL)
    wait_for(lambda: launcher.find(job.folder) is None)
    assert run.history()[-1].step >= done


def test_process_that_dies_at_once_leaves_its_reason():
    job = start(device="cuda-that-is-not-there")
    dispatcher.look()
    wait_for(lambda: not processes.is_starting(job))
    assert "cuda-that-is-not-there" in job_module.last_words(job)
    assert not (job.folder / "run.json").exists()


def test_training_that_is_ended_before_its_first_step_leaves_what_it_had(without_processes):
    job = start()
    dispatcher.look()
    run = begun(job)
    launcher.end(job.folder, signal.SIGKILL)
    (job.folder / "heartbeat").unlink()
    run.set_status("stopped", 100)
    orders.resume(job)
    dispatcher.look()
    assert processes.is_starting(job)
    orders.cancel(job)
    assert not processes.is_starting(job)
    assert run.status().state == "stopped" and "cancelled" in run.status().message
    assert [step.step for step in run.history()] == [50, 100]
    new = start(seed=1)
    dispatcher.look()
    assert processes.is_starting(new)
    orders.cancel(new)
    assert not new.folder.exists()  # there was nothing to keep


def test_process_of_a_server_that_was_here_before_is_found_and_ended(monkeypatch):
    job = start()
    dispatcher.look()
    (child,) = launcher._children
    monkeypatch.setattr(launcher, "_children", [])  # as after a restart
    assert processes.is_starting(job)
    launcher.end(job.folder, signal.SIGKILL)
    assert child.wait(PATIENCE_SECONDS) == -signal.SIGKILL


def test_claim_of_a_server_that_has_died_before_it_started_a_process_ends():
    job = start()
    (job.folder / job_module.CLAIMED).touch()
    assert processes.is_starting(job)
    aged(job.folder / job_module.CLAIMED, processes.START_SECONDS + 1)
    assert not processes.is_starting(job)


def test_job_of_an_unknown_key_or_a_strange_folder_is_none(runs_of_its_own):
    (runs_of_its_own / "something-else").mkdir(parents=True)
    assert job_module.list_jobs() == []
    assert job_module.find_job("run-../../etc") is None


def test_trainings_of_one_second_have_folders_of_their_own(without_processes, as_visitor):
    found = []
    for name in ("ann", "bob", "cleo"):
        as_visitor(name)
        found.append(start())
    assert len({job.folder for job in found}) == 3
    assert {job.key for job in job_module.list_jobs("distorted/rts/")} == {job.key for job in found}
    assert [job.key for job in queue.waiting()] == [job.key for job in found]


def test_one_runs_on_the_cpu_at_a_time_and_the_first_that_asked_is_next(
    without_processes, as_visitor
):
    first, second = start(), start(seed=1)
    as_visitor("bob")
    third = start()
    dispatcher.look()
    assert processes.running() == [first]
    launcher.end(first.folder)
    dispatcher.look()
    assert processes.running() == [second]
    assert queue.waiting() == [third]


def test_each_gpu_has_a_training_of_its_own_and_is_the_only_one_it_sees(
    without_processes, monkeypatch
):
    monkeypatch.setattr(queue, "device_kind", lambda device: "cuda" if device == "auto" else device)
    monkeypatch.setattr(queue, "devices", lambda: ["cpu", "cuda:0", "cuda:1"])
    monkeypatch.setenv("STN_MAX_WAITING", "9")
    seen = without_processes.gpus
    wanted = [start(device="auto", seed=n) for n in range(3)]
    on_cpu = start(device="cpu")
    dispatcher.look()
    assert {queue.device_of(job) for job in processes.running()} == {"cpu", "cuda:0", "cuda:1"}
    assert queue.waiting() == [wanted[2]]
    assert [seen[job.folder] for job in wanted[:2]] == [0, 1]
    assert seen[on_cpu.folder] is None


def test_place_in_the_queue_and_the_time_until_its_turn_are_told(
    without_processes, as_visitor, monkeypatch
):
    monkeypatch.setattr(networks, "seconds_a_step", lambda name: 0.02)
    running, next_one = start(), start(iterations=1_000)
    as_visitor("bob")
    last = start()
    assert place(running) == (0, 0.0)
    dispatcher.look()
    assert place(next_one) == (0, None)  # nothing is known yet of what runs
    begun(running, step=100, of=1_000, pace=10.0)
    assert place(next_one) == (0, pytest.approx(90))
    assert place(last) == (1, pytest.approx(90 + 1_000 * 0.02))


def place(job):
    """In the queue as it is now."""
    made_lately.clear()
    return queue.position(job)


def test_runs_are_looked_at_as_often_for_many_who_wait_as_for_one(
    without_processes, as_visitor, monkeypatch
):
    looks = []
    monkeypatch.setattr(queue, "list_jobs", counted(queue.list_jobs, looks))
    monkeypatch.setattr(processes, "list_jobs", counted(processes.list_jobs, looks))

    def looks_at(jobs) -> tuple[int, int]:
        looks.clear()
        dispatcher.look()
        dispatched = len(looks)
        made_lately.clear()
        for job in jobs:
            queue.position(job)
        return dispatched, len(looks) - dispatched

    start()
    dispatcher.look()  # what runs
    few = looks_at([start()])
    as_visitor("bob")
    many = looks_at([start(), start()])
    assert few == many


def counted(function, calls):
    def call(*arguments):
        calls.append(arguments)
        return function(*arguments)

    return call


def test_step_of_a_published_network_has_a_known_length_and_an_unknown_one_none():
    assert 0 < networks.seconds_a_step("distorted/rts/st-fcn-aff") < 1
    assert 0 < networks.seconds_a_step("colocalisation/tc/8") < 1
    assert 0 < networks.seconds_a_step("distorted/rts/cnn") < 1  # published from a GPU
    assert networks.seconds_a_step("distorted/tc/no-such-network") is None


def test_visitor_who_is_gone_gives_a_waiting_place_back_and_what_runs_goes_on(
    without_processes, as_visitor
):
    running, waits = start(), start(seed=1)
    as_visitor("bob")
    behind = start()
    dispatcher.look()
    visitors._sessions.pop("ann")
    dispatcher.look()
    assert queue.waiting() == [waits, behind]  # not yet: it may be a reload
    for job in (running, waits):
        aged(job.folder / job_module.WANTED, job_module.AWAY_SECONDS + 1)
    dispatcher.look()
    assert queue.waiting() == [behind]
    assert not waits.folder.exists()
    assert processes.running() == [running]


def test_run_of_a_gpu_goes_on_where_there_is_none(without_processes, monkeypatch):
    monkeypatch.setattr("torch.cuda.is_available", lambda: False)
    job = start()
    dispatcher.look()
    run = begun(job)
    run.set_status("stopped", 100)
    (job.folder / "heartbeat").unlink()
    description = {**run.description(), "device_type": "cuda"}
    (job.folder / "run.json").write_text(json.dumps(description))
    launcher.end(job.folder)
    orders.resume(job)
    assert job_module.read_order(job).device == "auto"


def test_places_are_kept_over_a_time_without_a_server(without_processes):
    start()
    dispatcher.look()
    waits = start(seed=1)
    aged(waits.folder / job_module.WANTED, 2 * job_module.AWAY_SECONDS)
    dispatcher.welcome_back()
    dispatcher.look()
    assert queue.waiting() == [waits]


def test_stopped_training_whose_place_is_given_back_keeps_what_it_has(
    without_processes, as_visitor
):
    first, job = start(), start(seed=1)
    dispatcher.look()
    run = begun(job)
    (job.folder / "heartbeat").unlink()
    orders.resume(job)
    orders.cancel(job)
    assert run.status().state == "stopped"
    assert "left the queue" in run.status().message
    assert not processes.is_live(job) and job_module.find_job(job.key)
    assert processes.running()[-1] == first


def test_name_of_a_training_is_the_same_tomorrow(without_processes, monkeypatch):
    job = start()
    now = time.strptime(job.folder.name[-15:], "%Y%m%d-%H%M%S")
    assert (
        job.title
        == f"FCN, 20,000 × 256, rate 0.001, seed 0, started {time.strftime('%d %b, %H:%M:%S', now)}"
    )


@pytest.mark.parametrize(
    ("message", "shown"),
    [
        ("/srv/app/runs/a-b has no snapshots", "a-b has no snapshots"),
        (
            "[Errno 28] No space left: '/srv/runs/a/job.json'",
            "[Errno 28] No space left: 'job.json'",
        ),
        ("2 steps/s, 1/500 of it", "2 steps/s, 1/500 of it"),
    ],
)
def test_message_for_a_visitor_has_no_folder_of_the_server_s(message, shown):
    assert job_module.without_folders(OSError(message)) == shown


def test_only_its_visitor_steers_a_training_unless_they_are_gone(without_processes, as_visitor):
    job = start()
    dispatcher.look()
    assert job_module.is_steered_by_me(job) and job_module.is_mine(job)
    as_visitor("bob")
    assert not job_module.is_steered_by_me(job)
    aged(job.folder / job_module.WANTED, job_module.AWAY_SECONDS + 1)
    assert job_module.is_steered_by_me(job) and not job_module.is_mine(job)


def test_training_from_the_command_line_is_anybody_s(runs_of_its_own):
    folder = runs_of_its_own / "distorted-rts-fcn-20260101-120000"
    Run(folder).create({"experiment": FCN, "recipe": {"iterations": 10}})
    (job,) = job_module.list_jobs()
    assert job_module.is_steered_by_me(job)
    assert not processes.is_live(job)


def test_visitor_holds_so_many_places_and_no_more(without_processes, as_visitor, monkeypatch):
    monkeypatch.setenv("STN_MAX_WAITING", "1")
    start()
    with pytest.raises(job_module.JobError, match="RTS: FCN.*Cancel one"):
        start()
    as_visitor("bob")
    start()


def test_all_visitors_together_hold_so_many_places_and_no_more(
    without_processes, as_visitor, monkeypatch
):
    monkeypatch.setenv("STN_MAX_QUEUE", "3")
    for name in ("ann", "bob", "eve"):  # without cookies, one person is another each time
        as_visitor(name)
        start()
    as_visitor("dan")
    with pytest.raises(
        job_module.JobError, match="queue is full: 3 trainings are waiting, .* allows 3"
    ):
        start()


def test_last_place_is_given_to_one_of_many_who_ask_at_once(without_processes, monkeypatch):
    monkeypatch.setenv("STN_MAX_QUEUE", "1")
    monkeypatch.setattr(orders, "is_mine", lambda job: False)
    refused = []

    def ask() -> None:
        try:
            start()
        except job_module.JobError as error:
            refused.append(str(error))

    asking = [threading.Thread(target=ask) for _ in range(8)]
    for thread in asking:
        thread.start()
    for thread in asking:
        thread.join()
    assert len(refused) == 7 and len(job_module.list_jobs()) == 1


def test_more_steps_than_the_server_allows_are_refused(monkeypatch):
    monkeypatch.setenv("STN_MAX_STEPS", "500")
    with pytest.raises(job_module.JobError, match="20,000 steps.*500"):
        start()
    assert job_module.list_jobs() == []


def test_nothing_is_begun_on_a_disk_that_is_nearly_full(monkeypatch):
    monkeypatch.setattr(orders, "MIN_FREE_MEGABYTES", 1e9)
    with pytest.raises(job_module.JobError, match="MB left"):
        start()


def test_images_of_a_disk_that_has_just_become_full_leave_no_folder(monkeypatch):
    def full(*_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(orders.np, "save", full)
    with pytest.raises(job_module.JobError, match="No space left"):
        orders.colocalise_own(np.zeros((12, 84, 84), np.uint8), iterations=7, starts=1)
    assert job_module.list_jobs() == []


def test_training_over_its_time_is_asked_to_stop_and_ended_if_it_does_not(
    without_processes, monkeypatch
):
    job = start()
    dispatcher.look()
    run = begun(job)
    dispatcher.look()
    assert run.command() == "run"
    monkeypatch.setenv("STN_MAX_SECONDS", "60")
    aged(job.folder / job_module.CLAIMED, 61)
    dispatcher.look()
    assert run.command() == "stop"
    aged(job.folder / "control.json", 30)  # a few slow steps, and its checkpoint
    dispatcher.look()
    assert without_processes.signals[job.folder] is None
    aged(job.folder / "control.json", dispatcher.STOP_SECONDS + 1)
    dispatcher.look()
    assert without_processes.signals[job.folder] == signal.SIGKILL
    assert run.status().state == "stopped" and not processes.is_live(job)


def test_paused_training_makes_way_only_when_others_have_waited(without_processes):
    job = start()
    dispatcher.look()
    run = begun(job)
    run.control("pause")
    aged(job.folder / "control.json", dispatcher.PAUSED_SECONDS + 1)
    dispatcher.look()
    assert run.command() == "pause"
    start(seed=1)
    dispatcher.look()
    assert run.command() == "stop"


def test_resumed_training_is_not_taken_for_one_that_does_not_stop(without_processes):
    job = start()
    dispatcher.look()
    run = begun(job)
    run.control("stop")
    run.set_status("stopped", 100)
    (job.folder / "heartbeat").unlink()
    launcher.end(job.folder)
    aged(job.folder / "control.json", 1_000)
    orders.resume(job)
    dispatcher.look()
    assert run.command() == "run"


def test_old_and_oldest_runs_are_pruned_but_none_that_is_open_or_alive_or_not_ours(
    without_processes, runs_of_its_own, monkeypatch
):
    def ended(day, megabytes=1.0, ours=True):
        folder = runs_of_its_own / f"distorted-rts-fcn-202601{day:02d}-120000"
        Run(folder).create({"experiment": FCN, "recipe": {"iterations": 10}})
        Run(folder).set_status("stopped", 1)
        (folder / "weights").write_bytes(bytes(int(megabytes * 2**20)))
        if ours:
            (folder / job_module.ORDER).write_text(json.dumps({}))
            (folder / job_module.CLAIMED).touch()
            aged(folder / job_module.CLAIMED, 1_000 * (30 - day))
        return folder

    monkeypatch.setattr(
        dispatcher, "read_order", lambda job: (job.folder / job_module.ORDER).exists()
    )
    by_hand = ended(1, ours=False)
    open_one, oldest, older, newest = ended(2), ended(3), ended(4), ended(5)
    by_hand_too = ended(6, megabytes=9.0, ours=False)  # room that no visitor takes
    job_module.find_job(f"run-{open_one.name}")
    monkeypatch.setattr(visitors, "held", lambda: {open_one.name})
    rest = runs_of_its_own / ".distorted.gone"
    rest.mkdir()
    dispatcher.prune()
    assert not rest.exists()
    assert all(p.exists() for p in (by_hand, open_one, oldest, older, newest))
    monkeypatch.setenv("STN_MAX_MEGABYTES", "3.5")
    dispatcher.prune()
    assert not oldest.exists()
    assert all(p.exists() for p in (by_hand, by_hand_too, open_one, older, newest))
    monkeypatch.setenv("STN_KEEP_DAYS", str(25_500 / 86_400))
    dispatcher.prune()
    assert not older.exists()
    assert all(p.exists() for p in (by_hand, open_one, newest))
