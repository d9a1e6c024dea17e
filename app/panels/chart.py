"""A Plotly chart, and files of it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import plotly.graph_objects as go
import streamlit as st

from app.stage.chart import chart_files


def chart(figure: go.Figure, *, name: str, key: str, alt: str, **options: Any) -> None:
    """name: of its files, without an ending; options: st.plotly_chart's."""
    st.plotly_chart(figure, config=config(name), theme=None, key=key, alt=alt, **options)
    chart_files(rows(figure), chart=key, name=name)


def config(name: str) -> dict:
    """Of a chart: its one button makes a picture. name: of its file, without an ending."""
    return {
        "displaylogo": False,
        "modeBarButtons": [["toImage"]],
        "toImageButtonOptions": {"format": "png", "filename": name, "scale": 2},
    }


def rows(figure: go.Figure) -> list[dict]:
    """The numbers that a figure shows, a row for each; what has no name is no more than drawn."""
    across, up = (_named(axis) for axis in (figure.layout.xaxis, figure.layout.yaxis))
    result = []
    for trace in figure.data:
        if trace.type == "heatmap":
            result += [
                {up: row, across: column, "count": int(count or 0)}
                for row, counts in zip(trace.y, trace.text, strict=True)
                for column, count in zip(trace.x, counts, strict=True)
            ]
        elif trace.name:
            more = trace.customdata if trace.customdata is not None else [()] * len(trace.x)
            result += [
                {"name": trace.name, across: _plain(x), up: _plain(y), **_more(extra)}
                for x, y, extra in zip(trace.x, trace.y, more, strict=True)
            ]
    return result


def _named(axis: go.layout.XAxis | go.layout.YAxis) -> str:
    unit = (axis.ticksuffix or "").strip()
    return f"{axis.title.text}, {unit}" if unit else axis.title.text


def _plain(value: object) -> float | str:
    """A number, or the name of a row."""
    return value if isinstance(value, str) else float(value)


def _more(extra: object) -> dict:
    """What else is known of a point: its band, or its digit."""
    if isinstance(extra, Sequence):
        return dict(zip(("low", "high"), map(float, extra), strict=False))
    return {"digit": int(extra)}
