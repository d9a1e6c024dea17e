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
        const { Curves, logarithmic } = await load("parts/curves");
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
        const { Curves, logarithmic } = await load("parts/curves");
        const draw = (y) => {
            const chart = new Curves("chart", true);
            const written = [];
            const series = [{ name: "", colour: "red", dash: 0, x: [0, 1], y }];
            chart.set(series, logarithmic(10, 1, "step"));
            const context = document.createElement("canvas").getContext("2d");
            context.fillText = (text) => written.push(text);
            chart.paint(context, 300, 200, 1);
            return written.slice(0, 3);
        };
        return [draw([0.001, 0.001]), draw([3e-12, 0.002]), draw([91, 91.3]), draw([2.5e-5, 5e-5])];
        """
    )
    assert constant == ["0", "0.001", "0.002"]
    assert long == ["0", "0.001", "0.002"] and short == ["91", "91.15", "91.3"]
    assert small == ["2.5e-5", "3.8e-5", "5.0e-5"]
