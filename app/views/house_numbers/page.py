"""House numbers: transformers in depth, on photographs (Sect. 4.2, App. A.5, Table 2)."""

from __future__ import annotations

import streamlit as st

from app.data import house_numbers, networks
from app.frame import predict
from app.panels import transformers
from app.panels.arrangement import beside_the_stage
from app.panels.replay import replay_panel
from app.panels.skipped import skipped_runs
from app.panels.training_form import training_form
from app.panels.training_panel import Watching, recording, training_panel
from app.views.house_numbers import choices, explore, results
from app.views.house_numbers.questions import QUESTIONS
from app.views.house_numbers.shown import Shown

view, row = choices.choose_view()
side = choices.choose_side(row)
prefix = choices.prefix_of(side)
if view == "Train":
    form, runs = st.columns([1, 2.4], gap="large")
    with form:
        training_form(prefix, choices.FIRST_CHOICES[0], house_numbers.supply(side))
    with runs:
        training_panel(
            prefix,
            Watching(
                show=recording,
                measured="error on the 200 renderings",
                empty="the first frames appear in about 20 s, or after some minutes where the "
                "renderings are yet to be drawn. Training goes on if you leave this page, and you "
                "can choose the network under *Explore*.",
                starts_in="some minutes where the renderings are yet to be drawn",
            ),
        )
elif view == "Replay":
    replay_panel(prefix, choices.FIRST_CHOICES[0])
elif view == "Results":
    results.results(side)
elif problem := house_numbers.problem():
    st.error(problem)
else:
    if choices.FIRST_CHOICES[0] in networks.published(choices.PREFIX):  # which the questions are of
        with row:
            predict.ask("house_numbers", QUESTIONS)
    choosing, figure = beside_the_stage()
    with choosing:
        choice = choices.choose(side)
    loaded = [n for key in choice.networks if (n := transformers.load(key, prefix))]
    shown = Shown(choice=choice, networks=tuple(loaded))
    with figure:
        explore.explore(shown)
    explore.further(shown)
    st.caption(house_numbers.pictures_notice())

if view != "Results":
    skipped_runs()
