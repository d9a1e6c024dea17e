"""Co-localisation: the common object of a set of images, found without labels (App. A.2)."""

from __future__ import annotations

import streamlit as st

from app.frame import predict
from app.panels.skipped import skipped_runs
from app.views.colocalisation import (
    boxes,
    form,
    results,
)
from app.views.colocalisation.questions import QUESTIONS

view, row = boxes.choose_view()
if view == "Run it live":
    left, runs = st.columns([1, 2.4], gap="large")
    with left:
        form.form()
    with runs:
        boxes.live()
        skipped_runs()
elif view == "Results":
    results.table()
else:
    with row:
        predict.ask("colocalisation", QUESTIONS)
    boxes.watch()
