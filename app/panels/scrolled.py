"""A table that a narrow screen scrolls by itself."""

from __future__ import annotations

import streamlit as st


def scrolled(name: str, table: str) -> None:
    """Show a table in Markdown. name: what it is, for those who do not see it."""
    st.markdown(
        f"<div style='overflow-x:auto' tabindex='0' role='region' aria-label='{name}'>\n\n{table}"
        "\n\n</div>",
        unsafe_allow_html=True,
    )
