"""Birds: transformers in parallel, each with a part of the bird to look at (Sect. 4.3, Table 3)."""

from __future__ import annotations

import streamlit as st

from app.data import birds, networks
from app.frame import predict
from app.panels import transformers
from app.panels.arrangement import beside_the_stage
from app.panels.replay import replay_panel
from app.panels.skipped import skipped_runs
from app.panels.training_form import training_form
from app.panels.training_panel import Watching, recording, training_panel
from app.views.birds import choices, explore, results
from app.views.birds.questions import QUESTIONS
from app.views.birds.shown import Shown

view, row = choices.choose_view()
if view == "Train":
    form, runs = st.columns([1, 2.4], gap="large")
    with form:
        training_form(choices.PREFIX, choices.FIRST_CHOICES[0], birds.supply())
    with runs:
        training_panel(
            choices.PREFIX,
            Watching(
                show=recording,
                measured="error on the 200 photographs kept back",
                empty="the first windows appear in about 20 s. Training goes on if you leave this "
                "page, and you can choose the network under *Explore*.",
            ),
        )
elif view == "Replay":
    replay_panel(choices.PREFIX, choices.FIRST_CHOICES[0])
elif view == "Results":
    results.results()
else:
    is_there = not birds.backbone_problem()  # else one sentence says it, not one for each network
    if choices.FIRST_CHOICES[0] in networks.published(choices.PREFIX) and is_there:
        with row:  # the questions are of this network
            predict.ask("birds", QUESTIONS)
    choosing, figure = beside_the_stage()
    with choosing:
        choice = choices.choose()
    keys = choice.networks if is_there else ()
    loaded = [n for key in keys if (n := transformers.load(key, choices.PREFIX))]
    shown = Shown(choice=choice, networks=tuple(loaded))
    with figure:
        explore.explore(shown)
    explore.further(shown)
    st.caption(birds.pictures_notice())

if view != "Results":
    skipped_runs()
