"""A Plotly chart, and files of it."""

from __future__ import annotations

from typing import Any

import plotly.graph_objects as go
import streamlit as st

from app import figures
from app.stage.chart import chart_files


def chart(figure: go.Figure, *, name: str, key: str, alt: str, **options: Any) -> None:
    """name: of its files, without an ending; options: st.plotly_chart's."""
    config = figures.config(name)
    st.plotly_chart(figure, config=config, theme=None, key=key, alt=alt, **options)
    chart_files(figures.rows(figure), chart=key, name=name)
