"""Co-localisation: the common object of a set of images, found without labels (App. A.2)."""

from __future__ import annotations

import streamlit as st

st.title("Co-localisation", anchor=False)
st.markdown(
    "A hundred images with the **same kind of object** in each; nobody says which, nor where. A "
    "spatial transformer draws a box in each, and learns from one thing alone: what stands in "
    "two boxes should be more alike than a box and a random patch."
)

from app import loading  # noqa: E402  after the title: the modules below import torch

loading.warm_up()

from app import (  # noqa: E402
    box_form,
    box_panels,
    box_results,
)

view = box_panels.choose_view()
if view == "Run it live":
    form, runs = st.columns([1, 2.4], gap="large")
    with form:
        box_form.form()
    with runs:
        box_panels.live()
elif view == "Results":
    box_results.table()
else:
    box_panels.watch()
