"""Why are labels enough? The gradient that turns the digit (Sect. 3.1, 3.3, Eq. 6, 7)."""

from __future__ import annotations

import streamlit as st

st.title("Why are labels enough?", anchor=False)
st.markdown(
    "Nobody tells the transformer that a digit is to be turned, nor by how much: it is told the "
    "**class**, and no more. This two lies askew, and is read as a seven. Press **Descend**: θ "
    "goes down the loss of its one label, and on its way it turns the two upright."
)

from app.data import loading  # noqa: E402  after the title: the modules below import torch

loading.warm_up()

from app.views.labels import descent  # noqa: E402

descent.show(descent.choose())
descent.explain()
