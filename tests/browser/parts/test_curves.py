"""The charts' axes."""

from __future__ import annotations

import pytest


def test_curves_of_a_training_that_has_logged_nothing_have_an_axis(modules):
    low, high, middle = modules(
        """
        const { Curves } = await load("parts/curves");
        const chart = new Curves("Error");
        document.body.append(chart.node);
        chart.canvas.style.cssText = "width: 200px; height: 100px";
        const none = [{ name: "", colour: "red", dash: 0, x: [], y: [] }];
        chart.set(none, { place: (x) => x, marks: [] });
        chart.draw(0);
        chart.node.remove();
        return [chart.low, chart.high, chart.height(1)];
        """
    )
    assert low < 1 < high and middle == pytest.approx(0.5)


def test_an_axis_says_what_it_counts(modules):
    written = modules(
        """
        const { Curves } = await load("parts/curves");
        const { logarithmic } = await load("parts/axes");
        const chart = new Curves("chart", true);
        const line = { name: "", colour: "red", dash: 0, x: [0, 1], y: [0, 1] };
        chart.set([line], logarithmic(10, 200, "s"));
        const written = [];
        const context = document.createElement("canvas").getContext("2d");
        context.fillText = (text, x) => written.push([text, x]);
        chart.paint(context, 300, 200, 1);
        return written.slice(3);
        """
    )
    *marks, (unit, place) = written
    assert [text for text, _ in marks] == ["0", "10", "100"] and unit == "s"
    assert place < marks[0][1]


def test_numbers_on_an_axis_tell_its_ends_apart_and_next_to_nothing_is_0(modules):
    constant, long, short, small = modules(
        """
        const { Curves } = await load("parts/curves");
        const { logarithmic } = await load("parts/axes");
        const draw = (y) => {
            const chart = new Curves("chart", true);
            const written = [];
            const series = [{ name: "", colour: "red", dash: 0, x: [0, 1], y }];
            chart.set(series, logarithmic(10, 1, "step"));
            const context = document.createElement("canvas").getContext("2d");
            context.fillText = (text) => written.push(text);
            chart.paint(context, 300, 200, 1);
            return written.slice(0, -2); // of the upright axis
        };
        return [draw([0.001, 0.001]), draw([3e-12, 0.002]), draw([91, 91.3]), draw([2.5e-5, 5e-5])];
        """
    )
    assert constant == ["0", "0.0005", "0.001", "0.0015", "0.002"]
    assert long == ["0", "0.0005", "0.001", "0.0015", "0.002"]
    assert short == ["91", "91.1", "91.2", "91.3"]
    assert small == ["3e-5", "4e-5", "5e-5"]


# Charts 300 by 200 pixels that are painted on a canvas which keeps what is written on it.
PAINTED = """
    const { Curves, share } = await load("parts/curves");
    const { even, logarithmic } = await load("parts/axes");
    const line = (y, more = {}) =>
        ({ name: "", colour: "red", dash: 0, x: y.map((_, i) => i), y, ...more });
    const painted = (chart) => {
        const [written, drawn] = [[], []];
        const context = document.createElement("canvas").getContext("2d");
        context.fillText = (text) => written.push(text);
        context.lineTo = (x, y) => drawn.push([x, y]);
        chart.paint(context, 300, 200, 1);
        return { written, drawn };
    };
    const written = (chart) => painted(chart).written;
    BODY
"""


def painted(modules, body: str):
    return modules(PAINTED.replace("BODY", body))


def test_numbers_on_every_axis_are_round(modules):
    loss, narrow, wide, steps = painted(
        modules,
        """
        const draw = (y, linear) => {
            const chart = new Curves("chart", linear);
            chart.set([line(y)], even(y.length, "step"));
            return written(chart).slice(0, -6); // without those of the steps
        };
        const steps = new Curves("chart", true);
        steps.set([line([0, 1])], even(3000, "step"));
        const rows = [[0.013, 2.31], [0.23, 0.27], [3e-6, 20]].map((y) => draw(y));
        return [...rows, written(steps).slice(3, -1)];
        """,
    )
    for words in (loss, narrow, wide, steps):
        assert len(words) >= 3 and len(set(words)) == len(words)
    assert {float(word) for word in loss} <= {
        m * 10.0**e for e in (-2, -1, 0) for m in (1, 2, 3, 5)
    }
    assert narrow[:3] == ["0.23", "0.24", "0.25"]
    assert steps == ["0", "1k", "2k", "3k"]


def test_curve_that_diverges_is_cut_off_and_the_rest_stays_readable(modules):
    loss, theta, calm = painted(
        modules,
        """
        const diverged = [2.3, 2.2, 1.4, 0.7, 0.4, 0.3, 1e5, 1e8, NaN];
        const draw = (chart, y) => {
            chart.set([line(y)], even(8, "step"));
            return [chart.low, chart.high, chart.cut.textContent];
        };
        const theta = new Curves("θ", true, undefined, 10);
        return [draw(new Curves("Loss"), diverged), draw(theta, [0, 1, -0.5, 1e4]),
            draw(new Curves("Loss"), [2.3, 1, 0.1])];
        """,
    )
    assert loss[0] == 0.3 and loss[1] == pytest.approx(230) and "cut off at 230" in loss[2]
    assert "reaches 1.00e8" in loss[2]
    assert theta[:2] == [-0.5, 10] and "cut off at 10" in theta[2]
    assert calm == [0.1, 2.3, ""]


def test_charts_that_are_compared_have_one_scale(modules):
    ends = painted(
        modules,
        """
        const charts = [[0, 3], [-1, 2]].map((y) => {
            const chart = new Curves("θ", true);
            chart.set([line(y)], even(1, "step"));
            return chart;
        });
        share([charts[0], null, charts[1]]);
        return charts.map(({ low, high }) => [low, high]);
        """,
    )
    assert ends == [[-1, 3], [-1, 3]]


def test_curve_is_smoothed_and_drawn_by_linear_values_where_that_is_asked_for(modules):
    rough, smooth, linear = painted(
        modules,
        """
        const chart = new Curves("Loss");
        const y = [...Array(100).keys()].map((i) => 2 + (-1) ** i);
        const spread = ({ drawn }, count) => {
            const heights = drawn.slice(-count).map(([, y]) => y);
            return Math.max(...heights) - Math.min(...heights);
        };
        const draw = (options) => {
            chart.arrange(options);
            chart.set([line(y, { noisy: true })], even(99, "step"));
            return painted(chart);
        };
        const rough = spread(draw({ linear: false, smooth: false }), 90);
        const smooth = spread(draw({ linear: false, smooth: true }), 90);
        draw({ linear: true, smooth: false });
        return [rough, smooth, chart.height(2)];
        """,
    )
    assert smooth < rough / 3 and linear == pytest.approx(0.5)


def test_what_is_drawn_has_the_ink_of_another_theme(modules):
    before, after = painted(
        modules,
        """
        const chart = new Curves("Loss");
        document.body.append(chart.node);
        chart.canvas.style.cssText = "width: 200px; height: 100px; color: rgb(0, 0, 0)";
        chart.set([line([1, 2], { colour: "transparent" })], { place: (x) => x, marks: [] });
        const numbers = () => {
            chart.draw(1);
            const { data } = chart.canvas.getContext("2d").getImageData(0, 0, 50, 100);
            return Math.max(...data.filter((_, i) => i % 4 === 0));
        };
        const before = numbers();
        chart.canvas.style.color = "rgb(255, 255, 255)";
        const after = numbers();
        chart.node.remove();
        return [before, after];
        """,
    )
    assert before == 0 and after == 255


def test_values_are_read_where_the_pointer_is(modules):
    shown, hidden = painted(
        modules,
        """
        const chart = new Curves("Error, %");
        document.body.append(chart.node);
        chart.canvas.style.cssText = "width: 262px; height: 100px";
        const y = [90, 40, 12.34, 5];
        chart.set([line(y, { name: "batches" })], even(3, "step"));
        chart.read(52 + (2 / 3) * 200, 30);
        const shown = [chart.hover.hidden, chart.hover.innerText];
        chart.read(null);
        const { hidden } = chart.hover;
        chart.node.remove();
        return [shown, hidden];
        """,
    )
    assert shown[0] is False and hidden is True
    assert "step 2" in shown[1] and "batches 12.3" in shown[1]
