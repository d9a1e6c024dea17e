"""Arrays -> Plotly figures. Imports no streamlit."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas  # noqa: F401  whole, before Plotly asks what another visit has imported of it
import plotly.graph_objects as go

from app.palette import Palette


def _base(palette: Palette, height: int) -> go.Figure:
    figure = go.Figure()
    figure.update_layout(
        height=height,
        margin={"l": 4, "r": 4, "t": 30, "b": 4},
        paper_bgcolor=palette.background,  # which a picture of it has too
        plot_bgcolor="rgba(0,0,0,0)",
        font={"color": palette.text, "size": 15, "family": "Source Sans, sans-serif"},
        legend={"orientation": "h", "x": 0, "y": 1, "yanchor": "bottom"},
        hoverlabel={"bgcolor": palette.surface, "font": {"color": palette.text}},
    )
    axis = {"gridcolor": palette.border, "zeroline": False, "automargin": True}
    figure.update_xaxes(**axis)
    figure.update_yaxes(**axis)
    return figure


@dataclass(frozen=True, kw_only=True)
class Axis:
    """limits: from where to where; tick: how far its ticks are apart. None: by itself."""

    title: str
    unit: str = ""
    limits: tuple[float, float] | None = None
    tick: float | None = None


def swept(
    values: Sequence[float],
    series: Sequence[tuple[str, np.ndarray, str]],
    palette: Palette,
    varied: Axis,
    followed: Axis,
) -> go.Figure:
    """What networks make of an input that is varied. series: (title, (T,), colour)."""
    figure = _base(palette, height=320)
    for title, up, colour in series:
        figure.add_scatter(
            x=list(values),
            y=up,
            name=title,
            mode="lines",
            line={"color": colour, "width": 3},
            hovertemplate=f"%{{y:.1f}}{followed.unit} at %{{x:.0f}}{varied.unit}"
            f"<extra>{title}</extra>",
        )
    figure.update_layout(showlegend=True)
    margin = 0.02 * (values[-1] - values[0])  # keeps the axes' labels apart
    across = Axis(
        title=varied.title, unit=varied.unit, tick=varied.tick,
        limits=(values[0] - margin, values[-1] + margin),
    )  # fmt: skip
    for axis, update in ((across, figure.update_xaxes), (followed, figure.update_yaxes)):
        update(
            range=axis.limits and list(axis.limits), dtick=axis.tick, ticksuffix=axis.unit,
            fixedrange=True, title=axis.title,
        )  # fmt: skip
    return figure


def angles(
    clouds: Sequence[tuple[str, object, str]], digit: int | None, palette: Palette
) -> go.Figure:
    """True against predicted angles, digit by digit; the chosen digit is ringed, if one is.

    clouds: (title, PredictedAngles, colour). A point's ``customdata`` is its digit.
    """
    figure = _base(palette, height=320)
    reach = max(float(np.abs(cloud.true).max()) for _, cloud, _ in clouds)
    figure.add_scatter(
        x=[-reach, reach],
        y=[-reach, reach],
        mode="lines",
        line={"color": palette.border, "width": 2},
        hoverinfo="skip",
        showlegend=False,
    )
    for title, cloud, colour in clouds:
        figure.add_scatter(
            x=cloud.true,
            y=cloud.predicted,
            customdata=cloud.digits.tolist(),  # an array's would not come back as a list
            name=title,
            mode="markers",
            marker={
                "color": colour,
                "size": 9,
                "opacity": 0.8,
                "symbol": ["circle" if right else "x" for right in cloud.right],
                "line": {
                    "color": palette.text,
                    "width": [3 if d == digit else 0 for d in cloud.digits],
                },
            },
            hovertemplate="digit %{customdata}: %{x:.0f}°, predicted %{y:.0f}°<extra>"
            + title
            + "</extra>",
        )
    figure.update_layout(showlegend=len(clouds) > 1, dragmode=False, clickmode="event+select")
    ticks = {"ticksuffix": "°", "fixedrange": True, "dtick": 20 if reach <= 60 else 45}
    figure.update_xaxes(title="true angle", **ticks)
    figure.update_yaxes(title="predicted", **ticks)
    return figure


@dataclass(frozen=True, kw_only=True)
class Line:
    """A curve with its band: (T,) each."""

    title: str
    values: Sequence[float]
    low: Sequence[float]
    high: Sequence[float]
    colour: str
    dash: str
    symbol: str


@dataclass(frozen=True, kw_only=True)
class Varied:
    """What is varied: its values (T,), how an axis names it, its unit, and its range in training;
    chosen: the value that is looked at; label: of the range."""

    values: Sequence[float]
    title: str
    unit: str
    tick: float
    trained: tuple[float, float]
    label: str
    chosen: float


def curves(
    varied: Varied,
    lines: Sequence[Line],
    palette: Palette,
    *,
    title: str,
    unit: str,
    limits: tuple[float, float] | None = None,
    tick: float | None = None,
    truth: Sequence[float] | None = None,
) -> go.Figure:
    """Curves over what is varied, their bands, and the range of training shaded.

    title, unit, limits, tick: of what the curves are; truth: (T,), what they would be at best. A
    point's x is the value that it belongs to.
    """
    figure = _base(palette, height=430)
    values = list(varied.values)
    _add_bands(figure, values, lines)
    if truth is not None:
        figure.add_scatter(
            x=values,
            y=list(truth),
            name="true value",
            mode="lines",
            line={"color": palette.text, "width": 1.5, "dash": "dot"},
            hoverinfo="skip",
        )
    _add_lines(figure, values, lines, unit)
    _shade_training(figure, varied, palette)
    figure.add_vline(x=varied.chosen, line={"color": palette.text, "width": 1.5, "dash": "dash"})
    margin = 0.03 * (values[-1] - values[0])
    figure.update_layout(
        showlegend=True, dragmode=False, clickmode="event+select", hovermode="x unified"
    )
    figure.update_xaxes(
        title={"text": varied.title, "standoff": 12},
        ticksuffix=varied.unit,
        dtick=varied.tick,
        tick0=0,
        range=[values[0] - margin, values[-1] + margin],
        fixedrange=True,
    )
    figure.update_yaxes(
        title={"text": title, "standoff": 12},
        ticksuffix=unit,
        fixedrange=True,
        dtick=tick,
        range=limits and list(limits),
    )
    return figure


def _add_bands(figure: go.Figure, values: list[float], lines: Sequence[Line]) -> None:
    for line in lines:
        figure.add_scatter(
            x=[*values, *reversed(values)],
            y=[*line.high, *reversed(line.low)],
            fill="toself",
            fillcolor=_faded(line.colour, 0.18),
            mode="none",
            hoverinfo="skip",
            showlegend=False,
            legendgroup=line.title,
        )


def _add_lines(figure: go.Figure, values: list[float], lines: Sequence[Line], unit: str) -> None:
    for line in lines:
        figure.add_scatter(
            x=values,
            y=list(line.values),
            customdata=list(zip(line.low, line.high, strict=True)),
            name=line.title,
            legendgroup=line.title,
            mode="lines+markers",
            line={"color": line.colour, "width": 2.5, "dash": line.dash},
            marker={"color": line.colour, "size": 8, "symbol": line.symbol},
            selected={"marker": {"opacity": 1}},
            unselected={"marker": {"opacity": 1}},
            hovertemplate=f"%{{y:.1f}}{unit} (%{{customdata[0]:.1f}} to %{{customdata[1]:.1f}})",
        )


def _shade_training(figure: go.Figure, varied: Varied, palette: Palette) -> None:
    """The range of training, or a line where it is a single value."""
    low, high = varied.trained
    shade = {"fillcolor": palette.border, "opacity": 0.45, "layer": "below", "line_width": 0}
    note = {"text": varied.label, "showarrow": False, "yref": "paper", "y": 0.99, "yanchor": "top"}
    note["font"] = {"size": 13, "color": palette.text}
    if low < high:
        figure.add_vrect(x0=low, x1=high, **shade)
        figure.add_annotation(x=(low + high) / 2, **note)
    else:
        figure.add_vline(x=low, line={"color": palette.border, "width": 8}, layer="below")
        figure.add_annotation(x=low, xanchor="left", xshift=8, **note)


def _faded(colour: str, opacity: float) -> str:
    """``#0072b2`` -> ``rgba(0,114,178,0.18)``."""
    parts = ",".join(str(int(colour[i : i + 2], 16)) for i in (1, 3, 5))
    return f"rgba({parts},{opacity})"


def confusion(counts: np.ndarray, palette: Palette, classes: Sequence[str]) -> go.Figure:
    """Which class was taken for which; the right ones, on the diagonal, are left out of the scale.

    counts: (classes, classes), rows the true class; classes: their names.
    """
    figure = _base(palette, height=420)
    wrong = counts.astype(float)
    np.fill_diagonal(wrong, np.nan)
    figure.add_heatmap(
        z=wrong,
        x=list(classes),
        y=list(classes),
        text=[[str(n) if n else "" for n in row] for row in counts],
        texttemplate="%{text}",
        textfont={"color": palette.text},
        colorscale=[[0, palette.surface], [1, palette.heat]],
        showscale=False,
        hovertemplate="%{text} of class %{y} read as %{x}<extra></extra>",
        xgap=2,
        ygap=2,
    )
    axis = {"showgrid": False, "fixedrange": True, "type": "category"}
    figure.update_xaxes(title={"text": "predicted class", "standoff": 8}, side="top", **axis)
    figure.update_yaxes(title={"text": "true class", "standoff": 8}, autorange="reversed", **axis)
    return figure


@dataclass(frozen=True, kw_only=True)
class Dots:
    """One number for each row of a dot plot, by the row's name; digits: after the point."""

    title: str
    values: dict[str, float]
    colour: str
    symbol: str
    digits: int = 1


def dots(
    series: Sequence[Dots], palette: Palette, *, title: str, rows: tuple[str, Sequence[str]]
) -> go.Figure:
    """A dot plot of percentages, on a logarithmic axis where they span a decade. title: of the
    axis; rows: what a row is, and the names from above to below."""
    figure = _base(palette, height=95 + 28 * len(rows[1]))
    for one in series:
        figure.add_scatter(
            x=list(one.values.values()),
            y=list(one.values),
            name=one.title,
            mode="markers",
            marker={"color": one.colour, "symbol": one.symbol, "size": 13, "line": {"width": 2}},
            hovertemplate=f"%{{y}}: %{{x:.{one.digits}f}} %<extra>{one.title}</extra>",
        )
    figure.update_layout(showlegend=True, dragmode=False)
    figure.update_xaxes(title={"text": title, "standoff": 8}, ticksuffix=" %", fixedrange=True)
    names = {"title": {"text": rows[0], "standoff": 16}, "categoryarray": list(rows[1])}
    figure.update_yaxes(type="category", fixedrange=True, autorange="reversed", **names)
    every = [value for one in series for value in one.values.values() if value > 0]
    if max(every, default=1) >= 10 * min(every, default=1):
        ticks = [0.1, 0.2, 0.5, 1, 2, 5, 10, 20, 50, 100]
        figure.update_xaxes(type="log", tickvals=ticks, ticktext=[f"{t:g} %" for t in ticks])
    else:
        figure.update_xaxes(rangemode="tozero")
    return figure


@dataclass(frozen=True, kw_only=True)
class Measured:
    """Shares in percent with their intervals, (value, low, high), by row and point.

    A row has one point or several, which are numbered; the one point of a row may be "".
    """

    title: str
    values: dict[tuple[str, str], tuple[float, float, float]]
    colour: str
    symbol: str


def shares(
    series: Sequence[Measured], compared: tuple[str, str], points: str, palette: Palette
) -> go.Figure:
    """Shares with their intervals in rows; a dotted line where the point ``compared`` is.

    points: what is numbered within a row.
    """
    rows = list(dict.fromkeys(row for one in series for row, _ in one.values))
    figure = _base(palette, height=110 + 46 * len(rows))
    for one in series:
        values, low, high = np.array(list(one.values.values())).T
        figure.add_scatter(
            x=values,
            y=[row for row, _ in one.values],
            customdata=[
                (lowest, highest, f", {points} {point}" if point else "")
                for lowest, highest, (_, point) in zip(low, high, one.values, strict=True)
            ],
            name=one.title,
            mode="markers+text",
            text=[point for _, point in one.values],
            textposition=[  # alternately, so that near ones do not cover each other
                "bottom center" if point.isdigit() and int(point) % 2 == 0 else "top center"
                for _, point in one.values
            ],
            marker={"color": one.colour, "symbol": one.symbol, "size": 10},
            error_x={
                "type": "data", "symmetric": False, "array": high - values,
                "arrayminus": values - low, "color": one.colour, "thickness": 2, "width": 5,
            },
            hovertemplate="%{y}%{customdata[2]}: %{x:.1f} % (%{customdata[0]:.1f} to "
            f"%{{customdata[1]:.1f}})<extra>{one.title}</extra>",
        )  # fmt: skip
        figure.add_vline(
            x=one.values[compared][0], line={"color": one.colour, "width": 1.5, "dash": "dot"}
        )
    figure.update_layout(showlegend=True, dragmode=False)
    figure.update_xaxes(
        title={"text": "share of photographs", "standoff": 8}, ticksuffix=" %", fixedrange=True,
        rangemode="tozero",
    )  # fmt: skip
    figure.update_yaxes(type="category", categoryarray=rows, autorange="reversed", fixedrange=True)
    return figure
