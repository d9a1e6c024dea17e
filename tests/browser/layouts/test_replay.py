"""Trainings that are replayed side by side, without a page around them."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from app.panels.transformers import transformers_of
from app.stage.replay import Training, payload
from stn_core import checkpoints, find
from stn_core.runs.packed import PACKED, unpack
from stn_core.transforms import LearnedBasis

# Trainings of two classes and one probe without a transformer; ``replay(...runs)`` shows them.
REPLAYED = """
    const { Replay } = await load("layouts/replay/replay");
    const source = { pixels: new Uint8Array(4), channels: 1, height: 2, width: 2 };
    const run = (name, steps, seconds, more = {}) => ({
        name, recording: name, colour: "red", live: false, outside: 0, channels: 1,
        inputSize: [2, 2], outputSize: [2, 2], transform: null, transformers: [], features: {},
        reading: { pool: 1 }, probes: [0, 1].map((label) => ({ label, alt: "", source })),
        classes: ["0", "1"], steps, seconds, measures: steps.map((step) => 100 - step / 100),
        probability: () => [1, 0], meanClasses: [], poseLeft: null,
        history: Object.fromEntries(
            ["step", "seconds", "loss", "error", "rate", "classifier"].map((k) => [k, [1, 2]])),
        ...more,
    });
    const root = document.createElement("div");
    document.body.append(root);
    const shown = new Replay(root, { tell: () => {} });
    const replay = (...runs) => {
        const shape = runs.map(({ name }) => name).join();
        shown.update({ token: shape, shape, runs, colours: { series: ["red", "blue"] } });
        return shown.transport.head;
    };
    const turn = (by) => {
        shown.clock.value = by;
        shown.clock.onchange();
        return shown.now();
    };
    const labels = () =>
        shown.recordings.map(({ where }) => where.textContent.split(",")[0].trim());
    try {
        BODY
    } finally {
        shown.stop();
        root.remove();
        Object.keys(sessionStorage).forEach((key) => sessionStorage.removeItem(key));
    }
"""


def replayed(modules, body: str, given=None):
    return modules(REPLAYED.replace("BODY", body), given)


def test_errors_on_unseen_digits_stand_at_their_own_steps_though_as_many_were_logged(modules):
    batches, unseen = replayed(
        modules,
        """
        replay(run("at its steps", [0, 500], [0, 5]));
        return shown.charts.error.series.map(({ x }) => x);
        """,
    )
    assert batches == [1, 2] and unseen == [0, 500]


def test_newest_of_the_snapshots_of_one_second_is_shown(modules):
    result = replayed(
        modules,
        """
        shown.by = "seconds";
        const head = replay(run("within a second", [0, 10, 20, 30], [0, 1, 2, 2]));
        const start = labels();
        head.seek(1);
        const second = labels();
        head.seek(head.last);
        return [start, second, labels(), head.count];
        """,
    )
    assert result == [["step 0"], ["step 10"], ["step 30"], 3]


def test_another_clock_shows_the_same_moment_and_goes_on_playing(modules):
    within, beyond, back, playing, edge = replayed(
        modules,
        """
        // The second is slower, and is trained for longer.
        const slow = run("slow", [0, 400], [0, 80]);
        const head = replay(run("fast", [0, 100, 200], [0, 10, 20]), slow);
        head.seek(1);
        const within = [shown.now(), turn("seconds"), turn("step")];
        head.seek(2.5);
        const beyond = [shown.now(), turn("seconds")];
        const back = [turn("step"), turn("seconds"), turn("step")];
        head.seek(1);
        head.play();
        turn("seconds");
        const playing = [head.playing, shown.transport.play.title, shown.now()];
        head.seek(head.last);
        turn("step");
        return [within, beyond, back, playing, head.position === head.last];
        """,
    )
    assert within == [100, 10, 100]
    assert beyond == pytest.approx([300, 60]) and back == pytest.approx([300, 60, 300])
    assert playing == [True, "Pause", 10]
    assert edge


def test_place_is_kept_for_each_recording_and_beside_another(modules):
    result = replayed(
        modules,
        """
        const [steps, seconds] = [[0, 100, 200, 300], [0, 10, 20, 30]];
        const one = run("the one", steps, seconds);
        const other = run("the other", [0, 50, 600], [0, 5, 60]);
        const place = () => [shown.now(), shown.by, shown.probe];
        replay(one).seek(1);
        turn("seconds");
        shown.choose(1);
        const result = [place()];
        replay(one, other);
        result.push(place());
        replay(one);
        result.push(place());
        replay(other); // for the first time
        result.push(place()[0]);
        replay(one);
        result.push(place());
        const begun = { recording: "the one, begun anew" };
        replay({ ...run("one anew", steps, seconds), ...begun });
        result.push(place()[0]);
        return result;
        """,
    )
    kept = [10, "seconds", 1]
    assert result == [kept, kept, kept, 0, kept, 0]


def test_playing_goes_on_where_it_is_and_as_fast_beside_another(modules):
    result = replayed(
        modules,
        """
        const one = run("played", [0, 100, 200, 300], [0, 10, 20, 30]);
        const head = replay(one, run("the second", [0, 150], [0, 15]));
        head.seek(1);
        const rate = root.querySelector("[aria-label=Speed]");
        rate.value = "0.25";
        rate.onchange();
        const states = [];
        const look = () => states.push([shown.transport.head.playing, shown.transport.play.title]);
        replay(one, run("the third", [0, 250], [0, 25]));
        look();
        shown.transport.play.click();
        replay(one, run("the fourth", [0, 350], [0, 35]));
        look();
        const now = shown.now();
        shown.transport.play.click();
        replay(one);
        look();
        const speeds = [root.querySelector("[aria-label=Speed]").value, shown.transport.head.rate];
        return [states, now, speeds.map(Number)];
        """,
    )
    states, now, speeds = result
    assert states == [[False, "Play"], [True, "Pause"], [False, "Play"]]
    assert now == pytest.approx(100, abs=1) and speeds == [0.25, 0.25]


def test_place_that_was_live_is_live_when_the_training_is_seen_again(modules):
    result = replayed(
        modules,
        """
        const other = run("not live", [0, 50], [0, 5]);
        const head = replay(run("live", [0, 100], [0, 10]));
        head.seek(0);
        head.seek(1);
        replay(other);
        const live = replay(run("live", [0, 100, 200], [0, 10, 20])).position;
        shown.transport.head.seek(1);
        replay(other);
        return [live, replay(run("live", [0, 30, 100, 200, 300], [0, 3, 10, 20, 30])).position];
        """,
    )
    assert result == [2, 2]


def test_place_is_kept_for_the_page_where_the_browser_stores_nothing(modules):
    position = replayed(
        modules,
        """
        const kept = Object.getOwnPropertyDescriptor(window, "sessionStorage");
        const forbidden = () => { throw new DOMException("forbidden", "SecurityError"); };
        Object.defineProperty(window, "sessionStorage", { get: forbidden, configurable: true });
        try {
            const one = run("unstored", [0, 100, 200], [0, 10, 20]);
            replay(one).seek(1);
            replay(run("unstored too", [0, 50], [0, 5]));
            return replay(one).position;
        } finally {
            Object.defineProperty(window, "sessionStorage", kept);
        }
        """,
    )
    assert position == 1


@pytest.mark.parametrize(
    ("state", "expected"),
    [
        ({"step": 150, "by": "step", "probe": 1}, [1.5, "step", 1]),
        ({"seconds": 33.3334, "by": "seconds", "probe": 0}, [3, "seconds", 0]),  # it was rounded
        ({"position": 2}, [2, "step", 0]),  # of an older link
        ({"step": 301, "by": "step", "probe": 0}, None),
        ({"position": 4}, None),
        ({"position": -1}, None),
        ({"step": "1", "by": "step", "probe": 0}, None),
        ({"step": 1, "by": "toString", "probe": 0}, None),
        ({"step": 1, "by": "step", "probe": 2}, None),
        ({"step": 1, "by": "step", "probe": "length"}, None),
        ({"by": "seconds"}, None),
    ],
)
def test_link_brings_back_the_moment_the_clock_and_the_probe_or_nothing(modules, state, expected):
    fits, *result = replayed(
        modules,
        """
        const name = JSON.stringify(given);
        const head = replay(run(name, [0, 100, 200, 300], [0, 10, 20, 33.33333333]));
        return [shown.restore(given), head.position, shown.by, shown.probe];
        """,
        state,
    )
    assert fits == (expected is not None)
    assert result == (expected or [0, "step", 0])


def test_rows_of_a_replay_have_what_is_left_of_the_pose(modules):
    rows = replayed(
        modules,
        """
        replay(run("with a pose", [0, 100], [0, 10]));
        Object.assign(shown.data.runs[0], {
            channels: 2, transform: { names: ["s"] }, theta: () => [1],
            transformers: [{ name: "T1" }, { name: "T2" }],
            poseLeft: [[[1, 2], [3, 4]], [[5, 6], [7, 8]]],
        });
        return shown.rows();
        """,
    )
    left = [[row[f"pose left in V, %, channel {c}"] for c in (1, 2)] for row in rows]
    assert left == [[1, 2], [3, 4]] * 2 + [[5, 6], [7, 8]] * 2


def test_live_is_the_newest_step_of_the_run_that_runs_beside_a_longer_recording(modules):
    first, grown, elsewhere, back, ended = replayed(
        modules,
        """
        const long = run("long", [0, 100, 200, 900], [0, 10, 20, 90]);
        const live = (steps, more = { live: true }) =>
            run("live", steps, steps.map((step) => step / 10), more);
        const head = replay(long, live([0, 50]));
        const place = () => [shown.now(), shown.transport.ends[1].textContent];
        const first = place();
        replay(long, live([0, 50, 150]));
        const grown = place();
        head.seek(0);
        replay(long, live([0, 50, 150, 250]));
        const elsewhere = place();
        shown.transport.toEdge.click();
        const back = place();
        replay(long, live([0, 50, 150, 250, 300], {}));
        return [first, grown, elsewhere, back, place()];
        """,
    )
    assert first == [50, "end"] and grown == [150, "end"] and elsewhere[0] == 0
    assert back[0] == 250 and ended[0] == 250, "it does not jump to the other's end"


def test_curve_that_is_ahead_of_the_snapshots_stays_within_its_axes(modules):
    place = replayed(
        modules,
        """
        const history = { step: [1, 500], seconds: [1, 50], loss: [2, 1], error: [90, 50],
            rate: [1, 1], classifier: [1, 1] };
        replay(run("live", [0, 400], [0, 40], { live: true, history }));
        return shown.charts.loss.axis.place(500);
        """,
    )
    assert place == pytest.approx(1)


def test_learnt_basis_is_another_one_in_each_frame_and_its_rows_are_drawn(modules):
    experiment = find("studies/st-fcn-basis")
    recorded = unpack(checkpoints.published_folder(experiment) / PACKED)
    sent = payload(
        Training(
            name="learnt",
            colour="red",
            recorded=recorded,
            transformers=transformers_of(experiment.network),
            mean_classes=(2, 4, 7),
        )
    )
    last = len(recorded.snapshots) - 1
    seen = replayed(
        modules,
        """
        const { decode } = await load("decode");
        const data = { layout: "replay", token: "", colours: { series: ["red"], corner: "red" } };
        shown.update(decode({ ...data, runs: [given.run] }));
        const [recording] = shown.recordings;
        return given.frames.map((frame) => {
            recording.show(frame);
            return {
                grid: [...recording.pairs[3].grids[0]],
                rows: recording.basis.panes.map(({ pixels }) => pixels.toDataURL()),
            };
        });
        """,
        {"run": sent, "frames": [0, last]},
    )
    for frame, one in zip((0, last), seen, strict=True):
        snapshot = recorded.snapshots[frame]
        transform = LearnedBasis((28, 28), rank=6)
        transform.B.data = torch.from_numpy(snapshot.target[0]).float()
        theta = torch.from_numpy(snapshot.theta[3]).float()
        expected = transform.grid(theta, (28, 28)).detach().flatten().numpy()
        assert np.abs(np.array(one["grid"]) - expected).max() < 1e-5
    assert len(set(seen[0]["rows"])) == 6 and set(seen[0]["rows"]).isdisjoint(seen[1]["rows"])
