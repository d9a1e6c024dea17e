"""Where the stage and its choices stand on a page."""

from __future__ import annotations

import streamlit as st
from streamlit.delta_generator import DeltaGenerator


def beside_the_stage() -> tuple[DeltaGenerator, DeltaGenerator]:
    """Two places side by side: for the choices, and for the stage with its answers. On a phone the
    stage stands first."""
    choosing, figure = st.columns([1, 5], gap="medium")
    return choosing.container(key="choosing", gap="xsmall"), figure.container(key="figure")
