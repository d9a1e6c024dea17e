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


def sweep(
    degrees: Sequence[float], series: Sequence[tuple[str, np.ndarray, str]], palette: Palette
) -> go.Figure:
    """The true class's probability while the input is turned. series: (title, (T,) %, colour)."""
    figure = _base(palette, height=320)
    for title, values, colour in series:
        figure.add_scatter(
            x=list(degrees),
            y=values,
            name=title,
            mode="lines",
            line={"color": colour, "width": 3},
            hovertemplate="%{y:.1f} % at %{x}°<extra>" + title + "</extra>",
        )
    figure.update_layout(showlegend=True)
    figure.update_xaxes(
        tickvals=list(range(-90, 91, 30)),
        ticksuffix="°",
        fixedrange=True,
        title="angle of the input",
    )
    figure.update_yaxes(
        range=[0, 101], ticksuffix=" %", dtick=25, fixedrange=True, title="for the true class"
    )
    return figure


def angles(clouds: Sequence[tuple[str, object, str]], digit: int, palette: Palette) -> go.Figure:
    """True against predicted angles, digit by digit; the chosen digit is ringed.

    clouds: (title, loading.Angles, colour). A point's ``customdata`` is its digit.
    """
    figure = _base(palette, height=320)
    reach = max(float(np.abs(found.true).max()) for _, found, _ in clouds)
    figure.add_scatter(
        x=[-reach, reach],
        y=[-reach, reach],
        mode="lines",
        line={"color": palette.border, "width": 2},
        hoverinfo="skip",
        showlegend=False,
    )
    for title, found, colour in clouds:
        figure.add_scatter(
            x=found.true,
            y=found.predicted,
            customdata=found.digits[:, None],
            name=title,
            mode="markers",
            marker={
                "color": colour,
                "size": 9,
                "opacity": 0.8,
                "symbol": ["circle" if right else "x" for right in found.right],
                "line": {
                    "color": palette.text,
                    "width": [3 if d == digit else 0 for d in found.digits],
                },
            },
            hovertemplate="digit %{customdata[0]}: %{x:.0f}°, predicted %{y:.0f}°<extra>"
            + title
            + "</extra>",
        )
    figure.update_layout(showlegend=len(clouds) > 1, dragmode=False, clickmode="event+select")
    figure.update_xaxes(ticksuffix="°", fixedrange=True, title="true angle")
    figure.update_yaxes(ticksuffix="°", fixedrange=True, title="predicted")
    return figure


def confusion(counts: np.ndarray, palette: Palette) -> go.Figure:
    """Which class was taken for which; the right ones, on the diagonal, are left out of the scale.

    counts: (classes, classes), rows the true class.
    """
    figure = _base(palette, height=420)
    wrong = counts.astype(float)
    np.fill_diagonal(wrong, np.nan)
    classes = [str(c) for c in range(len(counts))]
    figure.add_heatmap(
        z=wrong,
        x=classes,
        y=classes,
        text=[[str(n) if n else "" for n in row] for row in counts],
        texttemplate="%{text}",
        textfont={"color": palette.text},
        colorscale=[[0, palette.surface], [1, palette.networks[1]]],
        showscale=False,
        hovertemplate="%{text} of class %{y} taken for %{x}<extra></extra>",
        xgap=2,
        ygap=2,
    )
    figure.update_xaxes(
        title={"text": "taken for", "standoff": 8},
        side="top",
        showgrid=False,
        fixedrange=True,
        type="category",
    )
    figure.update_yaxes(
        title={"text": "true class", "standoff": 8},
        autorange="reversed",
        showgrid=False,
        fixedrange=True,
        type="category",
    )
    return figure
