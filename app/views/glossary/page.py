"""The paper's symbols, each with what it means and where it stands."""

from __future__ import annotations

import streamlit as st

from app.frame.symbols import SYMBOLS

for anchor, symbol in SYMBOLS.items():
    st.header(f"${symbol.tex}$", anchor=anchor)
    st.markdown(f"{symbol.words} :gray[{symbol.where}.]")
