"""What the curves of invariance show, in words from their numbers; the axes' names and units."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from app.data.networks import network_title
from app.palette import GRIDS, Palette, network_colours

if TYPE_CHECKING:
    from stn_core.invariance import Axis, Curve, Recording

NBSP = "\N{NO-BREAK SPACE}"
MAX_ERROR_PERCENT = 10  # with which a network still counts as reading
LEVELS = ("predicted_10", "predicted_50", "predicted_90")  # quantiles, in percent


@dataclass(frozen=True, kw_only=True)
class Words:
    """How an axis is named and described.

    at: a value of it; never: that there was no range in training; range_end: in words, for
    "1.5 times …"; predicted: what θ says of it; reading: how to read that.
    """

    title: str
    axis: str
    unit: str
    tick: float
    at: str
    never: str
    range_end: str
    predicted: str
    reading: str = (
        "The dotted line is the true value. A curve parallel to it follows 100 % of a change: the "
        "transformer undoes the change, up to a constant that the classifier learns. Where a curve "
        "is flat, the classifier has to cope with all of the change."
    )


WORDS = {
    "rotation": Words(
        title="Rotation", axis="angle of the digit, clockwise", unit="°", tick=45, at="At {}",
        never="digits were not rotated in training", range_end="the largest angle in training",
        predicted="predicted angle",
    ),
    "scale": Words(
        title="Scale", axis="scale of the digit", unit="", tick=0.5, at="At a scale of {}",
        never="digits had one scale in training", range_end="the largest scale in training",
        predicted="predicted scale",
    ),
    "shift": Words(
        title="Shift", axis="shift of the digit to the right", unit=" px", tick=10,
        at="At a shift of {}", never="digits were not moved in training",
        range_end="the largest shift in training", predicted="predicted shift",
    ),
    "clutter": Words(
        title="Clutter", axis="patches of other digits", unit="", tick=2, at="Among {} patches",
        never="there was no clutter in training", range_end="the clutter of training",
        predicted="distance from V's centre to the digit",
        reading="The digit is at the centre of the image. The curve shows how far from it the "
        "centre of V is read. A constant offset does not matter; what counts is whether more "
        "clutter pulls the grid away.",
    ),
}  # fmt: skip


@dataclass(frozen=True, kw_only=True)
class Choice:
    """What was chosen. networks: short names, in the order of the table."""

    recording: Recording
    axis: Axis
    networks: tuple[str, ...]
    value: float

    @property
    def words(self) -> Words:
        return WORDS[self.axis.name]

    @property
    def place(self) -> str:
        """The value that is looked at, as "At 90°"."""
        return self.words.at.format(number(self.value, self.words.unit))

    @property
    def transformed(self) -> list[str]:
        """The networks that have a transformer."""
        return [n for n in self.networks if self.curve(n).predicted]

    def curve(self, name: str) -> Curve:
        """A network's, along this axis."""
        return self.recording.networks[name].curves[self.axis.name]


KINDS = ("st-cnn", "st-fcn", "fcn", "cnn")
KIND_GRIDS = {"st-cnn": GRIDS[0], "st-fcn": GRIDS[1]}


def ink(kind: str, palette: Palette) -> str:
    """A kind's colour in a chart: that of its networks on the other pages."""
    return network_colours([kind], palette)[0]


def number(value: float, unit: str = "") -> str:
    """``-5`` -> ``−5°``, and never −0."""
    return f"{value + 0.0:g}{unit}".replace("-", "−")


def split(name: str) -> tuple[str, str]:
    """``st-cnn-aff`` -> ``st-cnn`` and ``aff``; ``cnn`` has no family."""
    kind = next(k for k in KINDS if name == k or name.startswith(f"{k}-"))
    return kind, name.removeprefix(kind).removeprefix("-")


def interval(choice: Choice, name: str) -> tuple[float, float, float]:
    """The error at the value that is looked at, and its interval, in percent."""
    from stn_core.intervals import wilson

    misread = choice.curve(name).misread[choice.axis.values.index(choice.value)]
    return (100 * misread / choice.recording.digits, *wilson(misread, choice.recording.digits))


def where(axis: Axis, value: float) -> str:
    """How far a value is from training, in words."""
    words, (low, high) = WORDS[axis.name], axis.trained
    if low <= value <= high:
        return "within the range of training" if low < high else "as in training"
    if axis.name == "scale" and low == high:
        return words.never
    if axis.name == "scale" and value < low:
        return f"{value / low:.2g} times the smallest scale in training"
    if high == 0:
        return words.never
    ratio = abs(value) / high
    times = "twice" if ratio == 2 else f"{ratio:.2g} times"
    return f"{times} {words.range_end}"


def sentence(choice: Choice) -> str:
    """What is seen at the value that is looked at, from the numbers."""
    errors = sorted((interval(choice, n), network_title(n)) for n in choice.networks)
    (error, _, _), best = errors[0]
    parts = [f"**{best}** misreads {error:.1f}{NBSP}% of the digits"]
    parts += [f"**{title}** {error:.1f}{NBSP}%" for (error, _, _), title in errors[1:]]
    text = f"{choice.place} ({where(choice.axis, choice.value)}), {', '.join(parts)}."
    if len(errors) > 1:
        high = errors[0][0][2]
        level = [title for (_, low, _), title in errors[1:] if low <= high]
        if level:
            others = " and ".join([", ".join(level[:-1]), level[-1]] if level[1:] else level)
            text += f" The confidence interval of {best} overlaps with that of {others}."
        else:
            text += f" The confidence interval of {best} is below all others."
    return text


def reaches(choice: Choice) -> str:
    """A table: the error in the middle of training, and from where to where it stays low."""
    from stn_core.invariance import reach

    unit = choice.words.unit
    lines = [
        f"| | error at most {MAX_ERROR_PERCENT} % |",
        "|---|---:|",
    ]
    for name in choice.networks:
        limits = reach(choice.recording, name, choice.axis.name, MAX_ERROR_PERCENT)
        text = "nowhere"
        if limits:
            low, high = (number(value, unit) for value in limits)
            text = f"only at {low}" if low == high else f"{low} to {high}"
        lines.append(f"| {_unbroken(name)} | {text} |")
    return "\n".join(lines)


def _unbroken(name: str) -> str:
    """A network's title that stays on one line."""
    return network_title(name).replace(" ", NBSP).replace("-", "\u2011")


def slope(values: Sequence[float], predicted: Sequence[float]) -> float:
    """Of the straight line through the points that is nearest to them."""
    return float(np.polyfit(values, predicted, 1)[0])


def follows(choice: Choice) -> str:
    """A table: how much of a change in pose θ follows within training, and θ at the value that is
    looked at."""
    clutter = choice.axis.name == "clutter"
    unit = " px" if clutter else choice.words.unit
    low, high = choice.axis.trained
    values = np.array(choice.axis.values)
    inside = (values >= low) & (values <= high)
    what = "off by," if clutter else "θ"
    varied = inside.sum() > 1
    head = [
        "",
        *(["share followed in training range"] if varied else []),
        f"{what} {choice.place.lower()}",
    ]
    lines = [f"| {' | '.join(head)} |", "|---|" + "---:|" * (len(head) - 1)]
    for name in choice.transformed:
        middles = np.array([middle for _, middle, _ in choice.curve(name).predicted])
        part = 100 * slope(values[inside], middles[inside]) if varied else 0
        share = f" {number(round(part), ' %')} |" if varied else ""
        here = middles[choice.axis.values.index(choice.value)]
        value = number(round(float(here), 2 if choice.axis.name == "scale" else 1), unit)
        lines.append(f"| {_unbroken(name)} |{share} {value} |")
    return "\n".join(lines)


def rows(recording: Recording) -> list[dict]:
    """Every number, a row for each network and value."""
    from stn_core.intervals import wilson

    rows = []
    for axis in recording.axes:
        for name, network in recording.networks.items():
            curve = network.curves[axis.name]
            for i, (value, misread) in enumerate(zip(axis.values, curve.misread, strict=True)):
                low, high = wilson(misread, recording.digits)
                levels = curve.predicted[i] if curve.predicted else ("",) * len(LEVELS)
                rows.append(
                    {
                        "varied": axis.name,
                        "value": value,
                        "network": name,
                        "digits": recording.digits,
                        "misread": misread,
                        "error_percent": round(100 * misread / recording.digits, 3),
                        "low_percent": round(low, 3),
                        "high_percent": round(high, 3),
                        **dict(zip(LEVELS, levels, strict=True)),
                    }
                )
    return rows
