"""The figures hold the numbers that they were given."""

from __future__ import annotations

import subprocess
import sys

import numpy as np
import pytest

from app import figures
from app.data.angles import PredictedAngles
from app.palette import LIGHT
from app.panels.chart import rows


def test_swept_has_a_line_for_every_network_over_what_is_varied():
    degrees = (-90, 0, 90)
    first, second = np.array([10.0, 99, 20]), np.array([5.0, 98, 60])
    axes = figures.Axis(title="angle", unit="°"), figures.Axis(title="share", limits=(0, 101))
    figure = figures.swept(
        degrees, [("ST-CNN", first, "#0072b2"), ("CNN", second, "#d55e00")], LIGHT, *axes
    )
    assert [line.name for line in figure.data] == ["ST-CNN", "CNN"]
    assert [line.line.color for line in figure.data] == ["#0072b2", "#d55e00"]
    for line, values in zip(figure.data, (first, second), strict=True):
        assert tuple(line.x) == degrees
        np.testing.assert_array_equal(line.y, values)
    low, high = figure.layout.yaxis.range
    assert low <= 0 and high >= 100


def test_rows_have_every_number_of_a_figure_and_not_what_only_decorates_it():
    cloud = figures.angles([("ST-CNN", turned(), "#0072b2")], 504, LIGHT)
    found = rows(cloud)
    assert [row["digit"] for row in found] == [3, 504, 7]
    assert found[1] == {"name": "ST-CNN", "true angle, °": 10, "predicted, °": 80, "digit": 504}
    counts = np.array([[5, 1], [0, 7]])
    found = rows(figures.confusion(counts, LIGHT, ("none", "1")))
    assert [row["count"] for row in found] == [5, 1, 0, 7]
    assert found[1] | {} == {"true class": "none", "predicted class": "1", "count": 1}


def turned() -> PredictedAngles:
    return PredictedAngles(
        digits=np.array([3, 504, 7]),
        true=np.array([-40.0, 10, 30]),
        predicted=np.array([-35.0, 80, 25]),
        right=np.array([True, False, True]),
    )


def test_each_point_is_its_digit_s_true_and_predicted_angle():
    diagonal, cloud = figures.angles([("ST-CNN", turned(), "#0072b2")], 504, LIGHT).data
    assert list(cloud.x) == [-40, 10, 30]
    assert list(cloud.y) == [-35, 80, 25]
    assert [int(digit) for digit in cloud.customdata] == [3, 504, 7]
    assert list(diagonal.x) == list(diagonal.y) == [-40, 40]


def test_misread_digit_is_a_cross_and_the_chosen_one_is_ringed():
    _, cloud = figures.angles([("ST-CNN", turned(), "#0072b2")], 7, LIGHT).data
    assert list(cloud.marker.symbol) == ["circle", "x", "circle"]
    assert [width > 0 for width in cloud.marker.line.width] == [False, False, True]


def test_confusion_tells_every_count_and_shades_the_wrong_ones_alone():
    counts = np.array([[95, 5, 0], [1, 97, 2], [0, 0, 100]])
    classes = ("0", "1", "none")
    (cells,) = figures.confusion(counts, LIGHT, classes).data
    assert tuple(cells.x) == tuple(cells.y) == classes
    assert [list(row) for row in cells.text] == [["95", "5", ""], ["1", "97", "2"], ["", "", "100"]]
    expected = np.where(np.eye(3, dtype=bool), np.nan, counts)
    np.testing.assert_array_equal(np.array(cells.z, float), expected)
    assert counts[0, 0] == 95  # the caller's own numbers are left alone


@pytest.mark.parametrize(("largest", "kind"), [(5.83, "log"), (4.9, None)])
def test_dots_are_on_a_logarithmic_axis_where_they_span_a_decade(largest, kind):
    values = {"FCN": largest, "CNN": 0.5}
    ours = figures.Dots(title="ours", values=values, colour="#0072b2", symbol="circle")
    drawn = figures.dots([ours], LIGHT, title="test error", rows=("network", list(values)))
    assert drawn.layout.xaxis.type == kind
    assert rows(drawn) == [
        {"name": "ours", "test error, %": value, "network": name} for name, value in values.items()
    ]


WHILE_PANDAS_IS_IMPORTED = """
import threading
import numpy, plotly.graph_objects
from app import palette  # so that only pandas' import takes time

importing = threading.Thread(target=lambda: __import__("pandas"))
importing.start()
from app import figures

while importing.is_alive():
    figures.confusion(numpy.eye(10), palette.LIGHT, "0123456789")
figures.confusion(numpy.eye(10), palette.LIGHT, "0123456789")
"""


def test_figure_is_drawn_also_while_another_visit_has_pandas_imported():
    command = [sys.executable, "-c", WHILE_PANDAS_IS_IMPORTED]
    subprocess.run(command, check=True, capture_output=True)
