"""Arrays -> Plotly figures. Imports no streamlit."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import plotly.graph_objects as go

from palette import Palette

CONFIG = {"displayModeBar": False, "displaylogo": False}


def _base(palette: Palette, height: int) -> go.Figure:
    figure = go.Figure()
    figure.update_layout(
        height=height,
        margin={"l": 4, "r": 4, "t": 30, "b": 4},
        paper_bgcolor="rgba(0,0,0,0)",
        plot_bgcolor="rgba(0,0,0,0)",
        font={"color": palette.text, "size": 15, "family": "Source Sans, sans-serif"},
        legend={"orientation": "h", "x": 0, "y": 1, "yanchor": "bottom"},
        hoverlabel={"bgcolor": palette.surface, "font": {"color": palette.text}},
    )
    axis = {"gridcolor": palette.border, "zeroline": False, "automargin": True}
    figure.update_xaxes(**axis)
    figure.update_yaxes(**axis)
    return figure


def probabilities(
    rows: Sequence[tuple[str, np.ndarray, str]], truth: int, palette: Palette
) -> go.Figure:
    """The classes' probabilities of each network; the true class is marked on the axis.

    rows: (title, (classes,) probabilities, colour).
    """
    figure = _base(palette, height=300)
    classes = [str(c) for c in range(len(rows[0][1]))]
    ticks = [f"<b>{c}</b><br>true" if c == str(truth) else c for c in classes]
    for title, values, colour in rows:
        figure.add_bar(
            x=classes,
            y=100 * values,
            name=title,
            marker={"color": colour},
            hovertemplate="%{y:.1f} % for %{x}<extra>" + title + "</extra>",
        )
    figure.update_layout(barmode="group", bargap=0.25, showlegend=len(rows) > 1)
    figure.update_xaxes(
        type="category", tickvals=classes, ticktext=ticks, showgrid=False, fixedrange=True
    )
    figure.update_yaxes(range=[0, 100], ticksuffix=" %", dtick=25, fixedrange=True)
    return figure


def curve(
    title: str,
    series: Sequence[tuple[str, Sequence[float], Sequence[float], str]],
    palette: Palette,
    *,
    iterations: int,
    floor: float,
    ceiling: float,
    suffix: str = "",
) -> go.Figure:
    """Curves over the steps of a training, on a logarithmic scale, the whole training's length.

    series: (name, steps, values, colour); values that are not positive are left out. The axis
    reaches from floor to ceiling from the start, further only if a value does: it stays put.
    """
    figure = _base(palette, height=260)
    lowest, highest = floor, ceiling
    for name, steps, values, colour in series:
        shown = [(s, v) for s, v in zip(steps, values, strict=True) if v > 0]
        lowest = min([lowest, *(v for _, v in shown)])
        highest = max([highest, *(v for _, v in shown)])
        figure.add_scatter(
            x=[s for s, _ in shown],
            y=[v for _, v in shown],
            name=name,
            mode="lines" if len(shown) > 1 else "markers",
            line={"color": colour, "width": 2.5},
            hovertemplate="%{y:.3g}" + suffix + " at step %{x:,}<extra>" + name + "</extra>",
        )
    figure.update_layout(
        title={"text": f"<b>{title}</b>", "font": {"size": 15}, "x": 0, "y": 0.99},
        legend={"x": 1, "xanchor": "right"},
        showlegend=len(series) > 1,
    )
    figure.update_xaxes(range=[0, iterations], tickformat=",", fixedrange=True, title="step")
    figure.update_yaxes(
        type="log",
        range=[np.log10(0.8 * lowest), np.log10(highest)],  # its lowest label clears the other axis
        tickvals=[m * 10.0**e for e in range(-5, 7) for m in (1, 2, 5)],
        ticktext=[f"{m * 10.0**e:g}{suffix}" for e in range(-5, 7) for m in (1, 2, 5)],
        fixedrange=True,
    )
    return figure
