"""The paper's symbols and the words around them, with pictures and where they stand."""

from __future__ import annotations

import streamlit as st

from app.frame.symbols import SYMBOLS, TERMS
from app.views.glossary.pictures import picture

for anchor, symbol in SYMBOLS.items():
    st.header(f"${symbol.tex}$", anchor=anchor)
    st.markdown(f"{symbol.words} :gray[{symbol.where}.]")
    picture(anchor)
for group, terms in TERMS.items():
    st.header(group)
    for anchor, term in terms.items():
        st.subheader(term.name, anchor=anchor)
        st.markdown(term.words + (f" :gray[{term.where}.]" if term.where else ""))
        picture(anchor)
