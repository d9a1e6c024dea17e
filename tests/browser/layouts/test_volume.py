"""A volume with and without a training, without a page around it."""

from __future__ import annotations


def test_volume_of_a_training_that_goes_on_shows_its_last_frame_and_longer_curves(modules):
    shifts, end, kept = modules(
        """
        const { Volume } = await load("layouts/volume/volume");
        const root = document.createElement("div");
        root.style.width = "700px";
        document.body.append(root);
        const frame = (shift) => [1, 0, 0, shift, 0, 1, 0, 0, 0, 0, 1, 0];
        const data = (shifts) => ({
            token: "one", shape: "one", side: 6, outputSide: 3, transforms: true, echo: 0,
            digit: { pixels: new Uint8Array(16).fill(255), side: 4, depth: 2 },
            pose: { turn: [1, 0, 0, 0, 1, 0, 0, 0, 1], shift: [0, 0, 0] },
            identity: frame(0), theta: frame(0), names: [],
            captions: { U: "U", V: "V", W: "W" },
            colours: { grid: "#56b4e9", corner: "#f0e442", series: ["#000000", "#ffffff"] },
            track: {
                count: shifts.length, perSecond: 10, name: "training", ends: ["0", "live"],
                steps: shifts.map((_, i) => 10 * i), measures: shifts.map(() => 50), truth: 3,
                probabilities: [], begin: -1,
                label: (i) => `step ${10 * i}`,
                theta: (position) => frame(shifts[Math.round(position)]),
                odds: () => Array(10).fill(0.1),
                history: { step: [10], loss: [1], error: [shifts.length] },
            },
        });
        const shown = new Volume(root, { tell: () => {} });
        const result = [];
        for (const shifts of [[0, 0.1], [0, 0.1, 0.2]]) {
            shown.update(data(shifts));
            result.push(shown.theta[3]);
        }
        const end = shown.training.curves[1].series[0].y;
        shown.transport.head.seek(0);
        shown.update(data([0, 0.1, 0.2, 0.3]));
        shown.stop();
        root.remove();
        return [result, end, shown.theta[3]];
        """
    )
    assert shifts == [0.1, 0.2] and end == [3] and kept == 0


# A volume, of a training or of none: ``show(track)``, a track of so many frames: ``track(count)``.
LEARNT = """
    const { Volume } = await load("layouts/volume/volume");
    const root = document.createElement("div");
    root.style.width = "700px";
    document.body.append(root);
    const names = [1, 2, 3].flatMap((row) => [1, 2, 3, 4].map((column) => `θ${row}${column}`));
    const frame = (n) => names.map((_, p) => p + n);
    const track = (count, history, more = {}) => ({
        count, perSecond: 10, name: "training", ends: ["0", "live"], truth: 3, begin: -1, history,
        steps: [...Array(count).keys()], measures: Array(count).fill(50), label: String,
        poseLeft: Array.from({ length: count }, (_, i) => [[90 - i]]), probabilities: [],
        meanClasses: ["2", "5"], meanDigits: 10, meanSize: [1, 1],
        means: Uint8Array.from({ length: 2 * count }, (_, i) => 100 + i),
        theta: (position) => frame(position), odds: () => Array(10).fill(0.1), ...more,
    });
    const shown = new Volume(root, { tell: () => {} });
    const show = (track, transforms = true) => shown.update({
        token: String(Boolean(track)), shape: String(transforms), side: 6, outputSide: 3,
        transforms, echo: 0, names, identity: frame(0), theta: frame(0), captions: {},
        digit: { pixels: new Uint8Array(16).fill(255), side: 4, depth: 2 },
        pose: { turn: [1, 0, 0, 0, 1, 0, 0, 0, 1], shift: [0, 0, 0] }, track,
        colours: { grid: "#56b4e9", corner: "#f0e442", series: ["#000000", "#ffffff", "#ff0000"] },
    });
    const titles = () => [...root.querySelectorAll(".chart b")].map((b) => b.textContent);
    const lines = () => shown.training.curves.map(({ series }) => series.map(({ name }) => name));
    const files = () => [...root.querySelectorAll(".export button")].map((b) => b.textContent);
    const means = () => [...root.querySelectorAll(".mean")].map(
        (canvas) => canvas.getContext("2d").getImageData(0, 0, 1, 1).data[0]);
    const nothing = { step: [], loss: [], error: [], rate: [], classifier: [], localisation: null };
    try {
        BODY
    } finally {
        shown.stop();
        root.remove();
    }
"""


def learnt(modules, body: str):
    return modules(LEARNT.replace("BODY", body))


def test_volume_that_learns_begins_without_a_history_and_shows_each_curve_as_it_comes(modules):
    first, later, rows, values, end = learnt(
        modules,
        """
        show(track(1, nothing));
        const first = lines();
        show(track(3, {
            step: [1, 4], seconds: [1, 2], loss: [null, 2], error: [3, null], rate: [4, 4],
            classifier: [null, 5], localisation: [6, 7],
        }));
        const values = shown.training.curves.map(({ series: [{ y }] }) => y);
        return [first, lines(), shown.curveRows(), values, shown.training.curves[0].axis.place(4)];
        """,
    )
    matrix = [f"θ{row}{column}" for row in "123" for column in "123"]
    theta = [matrix, ["θ14", "θ24", "θ34"]]
    error = ["training batches", "held-out digits"]
    assert first == [[""], error, ["classifier"], [""], *theta, [""]]
    assert later == [[""], error, ["classifier", "localisation"], [""], *theta, [""]]
    assert values == [
        [None, 2], [3, None], [None, 5], [4, 4], [0, 1, 2], [3, 4, 5], [90, 89, 88],
    ]  # fmt: skip
    assert end == 1  # what is logged after the last snapshot is within the chart
    assert rows[1] == {
        "step": 4, "seconds": 2, "loss": 2, "error": None, "rate": 4, "classifier": 5,
        "localisation": 7,
    }  # fmt: skip


def test_playhead_of_a_volume_moves_the_means_and_their_error(modules):
    end, start, row = learnt(
        modules,
        """
        show(track(3, nothing));
        const end = means();
        shown.transport.head.seek(0);
        return [end, means(), shown.rows()[1]];
        """,
    )
    assert end == [104, 105] and start == [100, 101]
    assert (row["error, %"], row["pose left in W, %"], row["θ11"]) == (50, 89, 1)


def test_volume_shows_no_curve_of_what_it_does_not_have(modules):
    plain, files, untrained = learnt(
        modules,
        """
        show(track(2, nothing, { meanClasses: [], means: null, poseLeft: null }), false);
        const result = [[titles(), lines()[2], means()], files()];
        show(null);
        return [...result, [titles(), means(), files(), shown.curveRows ?? null]];
        """,
    )
    assert plain == [["Loss", "Error, %", "Gradient norm", "Learning rate"], ["classifier"], []]
    curves = "CSV of the curves"
    assert curves in files
    assert untrained == [[], [], [file for file in files if file != curves], None]
