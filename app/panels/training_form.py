"""Start a training of one's own."""

from __future__ import annotations

from math import isfinite

import streamlit as st

from app.data import gallery, networks
from app.tables import column_title
from app.training import orders
from app.training.job import JobError
from app.training.limits import limits

LEARNING_RATES = [m * 10.0**e for e in (-5, -4, -3, -2) for m in (1, 2, 5)] + [0.1]


def training_form(prefix: str, first: str, *, steps: int) -> None:
    """Network, recipe, steps, rate, seed and device, all of them fields of the address; the button.

    first: the network of ``distorted/rts/`` that is proposed, for so many steps.
    """
    from stn_core.experiments import EXPERIMENTS

    short = [name.removeprefix(prefix) for name in EXPERIMENTS if name.startswith(prefix)]
    st.markdown(f"**A new training on {column_title(prefix)}**")
    network = st.selectbox(
        "Network", short, index=short.index(first), format_func=networks.network_title,
        key="train_network", bind="query-params",
        help="Networks with FCN in their name are fast, those with CNN slow.",
    )  # fmt: skip
    recipes = {recipe.name: recipe for recipe in EXPERIMENTS[f"{prefix}{network}"].recipes}
    name = st.selectbox(
        "Recipe",
        list(recipes),
        format_func=lambda r: _recipe_words(recipes[r]),
        key="train_recipe",
        bind="query-params",
        help="Optimiser, schedule and number of steps: ours, or the paper's own",
    )
    recipe = recipes[name]
    most = limits().steps
    steps_place, rate = st.columns(2)
    with steps_place:
        iterations = st.number_input(
            "Steps", min(100, most), most, min(steps, most), step=500,
            key=f"train_steps_{name}", bind="query-params",
            help=f"This recipe's own are {recipe.iterations:,}.",
        )  # fmt: skip
    with rate:
        learning_rate = st.selectbox(
            "Learning rate", LEARNING_RATES, index=LEARNING_RATES.index(recipe.learning_rate),
            format_func=lambda v: f"{v:g}", key=f"train_rate_{name}", bind="query-params",
            help="At its peak. Too large, and the grid leaves the image for good.",
        )  # fmt: skip
    seed_place, device_place = st.columns(2)
    with seed_place:
        seed = st.number_input(
            "Seed", 0, 2**31 - 1, 0, key="train_seed", bind="query-params",
            help="Draws the first weights and every batch; the same seed gives the same network.",
        )  # fmt: skip
    with device_place:
        device = st.selectbox(
            "Device", _devices(), key="train_device", bind="query-params",
            help="auto takes a GPU where there is one.",
        )  # fmt: skip
    stop = st.checkbox(
        "Stop when it has stopped improving", key="train_stop", bind="query-params",
        help="When the error on digits it has not seen has not fallen for a quarter of the steps.",
    )  # fmt: skip
    if st.button(
        "Start training",
        type="primary",
        width="stretch",
        key="train_start",
        help="Runs on this server, in a process of its own; it goes on if you leave the page",
    ):
        try:
            job = orders.start(
                f"{prefix}{network}",
                recipe=name,
                iterations=int(iterations),
                learning_rate=float(learning_rate),
                seed=int(seed),
                device=device,
                patience=int(iterations) // 4 if stop else None,
            )
        except JobError as error:
            st.error(str(error))
        else:
            st.session_state["run"] = job.key
            st.rerun()
    longest = limits().seconds
    bound = f" This server ends a training after {longest:,.0f} s." if isfinite(longest) else ""
    st.caption(gallery.digits_notice() + bound)


def _recipe_words(recipe) -> str:
    return f"{recipe.name}: {recipe.method}, batches of {recipe.batch_size}"


def _devices() -> list[str]:
    import torch

    there = ["cuda"] * torch.cuda.is_available() + ["mps"] * torch.backends.mps.is_available()
    return ["auto", *there, "cpu"]
