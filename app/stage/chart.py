"""Files of a Plotly chart, which the browser makes of what it shows."""

from __future__ import annotations

from collections.abc import Sequence

from app.stage.component import mount


def chart_files(rows: Sequence[dict], *, chart: str, name: str) -> None:
    """A folded list of files. rows: what the chart shows; chart: its key; name: of the files,
    without an ending."""
    data = {"layout": "chart", "token": chart, "name": name, "rows": list(rows)}
    mount(key=f"{chart}-files", data=data)
