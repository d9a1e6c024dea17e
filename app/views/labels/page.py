"""Why are labels enough? The gradient that turns the digit (Sect. 3.1, 3.3, Eq. 6, 7)."""

from __future__ import annotations

import streamlit as st

from app.frame import predict
from app.views.labels import descent
from app.views.labels.questions import QUESTIONS

predict.ask("labels", QUESTIONS)
figure = st.container(key="figure")
with st.container(key="choosing"):
    choice = descent.choose()
with figure:
    descent.show(choice)
descent.explain()
