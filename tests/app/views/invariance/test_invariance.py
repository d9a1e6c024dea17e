"""The page on invariance: its curves, its words, its digits, and what it says without numbers."""

from __future__ import annotations

import csv
import io
import re
from dataclasses import replace

import numpy as np
import pytest
from streamlit.testing.v1 import AppTest

from app import figures
from app.data.invariance import _invariance, posed
from app.palette import DARK, LIGHT
from app.views.invariance import choices, curves, words
from stn_core import checkpoints, invariance
from stn_core.intervals import wilson
from tests.app.visiting import opened

RECORDED = [c for c in invariance.columns() if invariance.recording_path(c).is_file()]


def page(**query: str) -> AppTest:
    """The page, as a link with this query opens it."""
    return opened("invariance", **query)


def texts(app: AppTest) -> str:
    return " ".join(element.value for element in (*app.markdown, *app.caption, *app.info))


def chosen(axis: str, value: float, networks=choices.FIRST_NETWORKS, column: str = "distorted/rts"):
    found = invariance.load(column)
    return words.Choice(
        recording=found, axis=found.axis(axis), networks=tuple(networks), value=value
    )


def strips(app: AppTest) -> list:
    """The component's mounts but the one that listens to keys, and the charts' files."""
    mounts = app.get("bidi_component")
    return [m for m in mounts if m.key != "keys" and not m.key.endswith("-files")]


def test_page_opens_on_the_rotation_of_rts_with_four_networks():
    app = page()
    assert not app.exception and not app.error and not app.warning
    assert app.segmented_control(key="varied").value == "rotation"
    assert app.segmented_control(key="trained_with").value == "RTS"
    assert app.select_slider(key="at_rotation_rts").value == 90
    assert "At 90° (twice the largest angle in training), " in texts(app)
    assert len(strips(app)) == 1  # both transformers are affine: one strip
    assert len(app.get("plotly_chart")) == 2


@pytest.mark.parametrize("column", RECORDED)
@pytest.mark.parametrize("axis", words.WORDS)
def test_every_axis_of_every_recorded_column_is_shown(column, axis):
    short = column.split("/")[1]
    app = page(trained_with=short.upper(), varied=words.WORDS[axis].title)
    assert not app.exception and not app.error and not app.warning
    assert app.select_slider(key=f"at_{axis}_{short}").value in (
        invariance.load(column).axis(axis).values
    )
    assert "of the digits" in texts(app)


def test_link_brings_back_every_choice():
    app = page(varied="Scale", trained_with="R", at_scale_r="0.4", writer="17", drawn="CNN")
    assert app.segmented_control(key="varied").value == "scale"
    assert app.select_slider(key="at_scale_r").value == 0.4
    assert "At a scale of 0.4 (digits had one scale in training" in texts(app)
    assert app.number_input(key="writer").value == 17
    assert app.pills(key="drawn").value == ["cnn"]


@pytest.mark.parametrize(
    "query",
    [{"varied": "Colour"}, {"trained_with": "XYZ"}, {"at_rotation_rts": "91"}, {"drawn": "lstm"}],
    ids=str,
)
def test_bad_link_gives_the_defaults(query):
    app = page(**query)
    assert not app.exception and not app.error
    assert "At 90° (twice" in texts(app)


def test_network_without_a_transformer_has_no_pose_to_predict():
    app = page()
    app.pills(key="drawn").set_value(["cnn"]).run()
    assert not app.exception
    assert "None of these networks has a transformer" in texts(app)
    assert len(app.get("plotly_chart")) == 1


def test_families_have_a_strip_each():
    app = page()
    app.pills(key="drawn").set_value(["cnn", "st-fcn-tps", "st-cnn-aff"]).run()
    assert not app.exception
    assert len(strips(app)) == 2


def test_column_without_a_recording_says_what_makes_it(monkeypatch, tmp_path):
    monkeypatch.setattr(checkpoints, "PRETRAINED", tmp_path)
    app = page()
    assert not app.exception
    assert "`python -m stn_core invariance distorted/rts`" in app.info[0].value


def test_broken_recording_is_an_error_on_the_page(monkeypatch, tmp_path):
    monkeypatch.setattr(checkpoints, "PRETRAINED", tmp_path)
    path = invariance.recording_path("distorted/rts")
    path.parent.mkdir(parents=True)
    path.write_text("{")
    app = page()
    assert not app.exception
    assert "cannot be read" in app.error[0].value


def test_recording_of_other_weights_is_a_warning(monkeypatch):
    _invariance.clear()
    monkeypatch.setattr(checkpoints, "weights_digest", lambda experiment: "of another training")
    app = page()
    _invariance.clear()
    assert "Measured with other weights" in app.warning[0].value
    assert "ST-CNN Aff" in app.warning[0].value


# -- the words


def test_sentence_has_the_recorded_errors_the_smallest_first():
    seen = chosen("rotation", 90)
    text = words.sentence(seen)
    told = [float(number) for number in re.findall(r"\*\* (?:misreads )?([\d.]+)\s%", text)]
    index = seen.axis.values.index(90)
    recorded = [seen.curve(n).misread[index] / seen.recording.digits for n in seen.networks]
    assert told == pytest.approx(sorted(100 * share for share in recorded), abs=0.051)


@pytest.mark.parametrize(
    ("misread", "verdict"), [((10, 900), "is below"), ((100, 104), "overlaps with")]
)
def test_sentence_says_whether_the_bands_overlap(misread, verdict):
    seen = chosen("clutter", 4, ("cnn", "st-cnn-aff"))
    networks = {}
    for name, count in zip(seen.networks, misread, strict=True):
        measured = seen.recording.networks[name]
        curve = replace(measured.curves["clutter"], misread=(count,) * 9)
        networks[name] = replace(measured, curves={**measured.curves, "clutter": curve})
    seen = replace(seen, recording=replace(seen.recording, digits=1000, networks=networks))
    assert verdict in words.sentence(seen)


@pytest.mark.parametrize(
    ("column", "axis", "value", "told"),
    [
        ("rts", "rotation", 45, "within the range of training"),
        ("rts", "rotation", -90, "twice the largest angle in training"),
        ("rts", "scale", 1.8, "1.5 times the largest scale in training"),
        ("rts", "scale", 0.35, "0.5 times the smallest scale in training"),
        ("rts", "clutter", 4, "there was no clutter in training"),
        ("rts", "clutter", 0, "as in training"),
        ("r", "shift", -6, "digits were not moved in training"),
        ("r", "scale", 0.5, "digits had one scale in training"),
        ("tc", "clutter", 12, "twice the clutter of training"),
        ("tc", "clutter", 0, "0 times the clutter of training"),
    ],
)
def test_distance_from_training_is_told(column, axis, value, told):
    distortion = invariance.distortion_of(f"distorted/{column}")
    [varied] = [a for a in invariance.axes(distortion) if a.name == axis]
    assert words.where(varied, value) == told


def test_slope_of_what_follows_is_one_and_of_what_does_not_is_zero():
    assert words.slope([0, 1, 2], [5, 6, 7]) == pytest.approx(1)
    assert words.slope([0, 1, 2], [5, 5, 5]) == pytest.approx(0)


# -- the figure and the numbers


def drawn(trained=(-1.0, 1.0), truth=None):
    what = figures.Varied(
        values=(-2, 0, 2), title="angle", unit="°", tick=1, trained=trained, label="trained",
        chosen=2,
    )  # fmt: skip
    lines = [
        figures.Line(
            title=title, values=[1, 2, 3], low=[0, 1, 2], high=[2, 3, 4], colour="#0072b2",
            dash=dash, symbol="circle",
        )
        for title, dash in (("one", "solid"), ("two", "dot"))
    ]  # fmt: skip
    return figures.curves(what, lines, LIGHT, title="misread", unit=" %", truth=truth)


def test_every_curve_has_its_band_and_its_dash():
    *bands, one, two = drawn().data
    assert [line.name for line in (one, two)] == ["one", "two"]
    assert one.line.dash != two.line.dash
    for band in bands:
        assert list(band.x) == [-2, 0, 2, 2, 0, -2]
        assert list(band.y) == [2, 3, 4, 2, 1, 0]
    assert list(one.customdata[1]) == [1, 3]


def test_range_of_training_is_shaded_and_a_single_value_is_a_line():
    shaded = drawn().layout.shapes[0]
    assert (shaded.type, shaded.x0, shaded.x1) == ("rect", -1, 1)
    alone = drawn(trained=(0.0, 0.0)).layout.shapes[0]
    assert (alone.type, alone.x0, alone.x1) == ("line", 0, 0)
    assert drawn().layout.shapes[-1].x0 == 2  # what is looked at


def test_truth_is_a_line_of_its_own():
    assert [list(t.y) for t in drawn(truth=[-2, 0, 2]).data if t.name == "true value"] == [
        [-2, 0, 2]
    ]


@pytest.mark.parametrize("theme", [LIGHT, DARK])
def test_networks_are_told_apart_by_colour_and_symbol(theme):
    assert len({words.ink(kind, theme) for kind in words.KINDS}) == 4
    assert set(curves.SYMBOLS) == set(words.KINDS)
    assert len(set(curves.SYMBOLS.values())) == 4
    names = {words.split(n) for n in invariance.published("distorted/rts")}
    assert len({(curves.SYMBOLS[k], curves.DASHES[f]) for k, f in names}) == len(names) == 8


def test_csv_has_a_row_for_each_network_and_value():
    found = invariance.load("distorted/rts")
    rows = words.rows(found)
    assert len(rows) == len(found.networks) * sum(len(axis.values) for axis in found.axes)
    row = next(
        r for r in rows if (r["varied"], r["value"], r["network"]) == ("scale", 0.5, "st-cnn-aff")
    )
    assert (row["low_percent"], row["high_percent"]) == pytest.approx(
        wilson(row["misread"], row["digits"]), abs=1e-3
    )
    text = io.StringIO()
    csv.DictWriter(text, list(rows[0])).writerows(rows)  # every row has the first one's fields


# -- the digits


def test_digits_shown_are_in_the_pose_that_is_looked_at():
    digits = (4, 104, 204)
    upright, turned = (posed("distorted/rts", "rotation", v, digits) for v in (0, 90))
    quarter = upright.rot90(-1, (2, 3))  # clockwise
    np.testing.assert_allclose(turned.numpy(), quarter.numpy(), atol=2e-3)
