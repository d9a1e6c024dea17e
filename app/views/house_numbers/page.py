"""House numbers: transformers in depth, on photographs (Sect. 4.2, App. A.5, Table 2)."""

from __future__ import annotations

import streamlit as st

from app.data import house_numbers
from app.panels import transformers
from app.panels.arrangement import beside_the_stage
from app.panels.skipped import skipped_runs
from app.views.house_numbers import choices, explore
from app.views.house_numbers.shown import Shown

view, row = choices.choose_view()
choosing, figure = beside_the_stage()
with choosing:
    choice = choices.choose()
networks = [n for key in choice.networks if (n := transformers.load(key, choices.PREFIX))]
shown = Shown(choice=choice, networks=tuple(networks))
with figure:
    explore.explore(shown)
explore.further(shown)
where = (
    "SVHN's photographs are on this machine."
    if house_numbers.photographs() is not None
    else "SVHN's photographs are not on this machine, so all pictures are renderings."
)
st.caption(
    f"The renderings are drawn by this project; no network was trained on the 200 shown. {where}"
)
skipped_runs()
