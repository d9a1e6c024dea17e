"""Co-localisation: the common object of a set of images, found without labels (App. A.2)."""

from __future__ import annotations

import streamlit as st

st.title("Co-localisation", anchor=False)
st.markdown(
    "A hundred images with the **same kind of object** in each; nobody says which, nor where. A "
    "spatial transformer draws a box in each, and learns from one thing alone: what stands in "
    "two boxes should be more alike than a box and a random patch."
)

from app.data import loading  # noqa: E402  after the title: the modules below import torch

loading.warm_up()

from app.views.colocalisation import (  # noqa: E402
    boxes,
    form,  # noqa: E402
    results,
)

view = boxes.choose_view()
if view == "Run it live":
    left, runs = st.columns([1, 2.4], gap="large")
    with left:
        form.form()
    with runs:
        boxes.live()
elif view == "Results":
    results.table()
else:
    boxes.watch()
