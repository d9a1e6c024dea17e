"""Start a training of one's own."""

from __future__ import annotations

from math import isfinite
from typing import TYPE_CHECKING

import streamlit as st

from app.data import gallery, networks
from app.tables import column_title
from app.training import orders
from app.training.job import JobError
from app.training.limits import limits

if TYPE_CHECKING:
    from stn_core.experiment import Recipe

LEARNING_RATES = [m * 10.0**e for e in (-5, -4, -3, -2) for m in (1, 2, 5)] + [0.1]


def training_form(prefix: str, first: str, *, steps: int) -> None:
    """Network, recipe, steps, rate, seed and device, all of them fields of the address; the button.

    first: the network of ``distorted/rts/`` that is proposed, for so many steps.
    """
    st.markdown(f"**A new training on {column_title(prefix)}**")
    name = _choose_network(prefix, first)
    recipe = _choose_recipe(name)
    iterations, learning_rate = _choose_steps_and_rate(recipe, steps)
    seed, device = _choose_seed_and_device()
    stop = st.checkbox(
        "Stop when it has stopped improving", key="train_stop", bind="query-params",
        help="When the error on digits it has not seen has not fallen for a quarter of the steps.",
    )  # fmt: skip
    if st.button(
        "Start training", type="primary", width="stretch", key="train_start",
        help="Runs on this server, in a process of its own; it goes on if you leave the page",
    ):  # fmt: skip
        try:
            job = orders.start(
                name,
                recipe=recipe.name,
                iterations=iterations,
                learning_rate=learning_rate,
                seed=seed,
                device=device,
                patience=iterations // 4 if stop else None,
            )
        except JobError as error:
            st.error(str(error))
        else:
            st.session_state["run"] = job.key
            st.rerun()
    max_seconds = limits().seconds
    bound = f" This server ends a training after {max_seconds:,.0f} s."
    st.caption(gallery.digits_notice() + (bound if isfinite(max_seconds) else ""))


def _choose_network(prefix: str, first: str) -> str:
    """The name of one of the prefix's experiments."""
    from stn_core.experiments import EXPERIMENTS

    short = [name.removeprefix(prefix) for name in EXPERIMENTS if name.startswith(prefix)]
    network = st.selectbox(
        "Network", short, index=short.index(first), format_func=networks.network_title,
        key="train_network", bind="query-params",
        help="Networks with FCN in their name are fast, those with CNN slow.",
    )  # fmt: skip
    return f"{prefix}{network}"


def _choose_recipe(experiment_name: str) -> Recipe:
    """One of the experiment's recipes."""
    from stn_core.experiments import EXPERIMENTS

    recipes = {recipe.name: recipe for recipe in EXPERIMENTS[experiment_name].recipes}
    name = st.selectbox(
        "Recipe", list(recipes), format_func=lambda r: _recipe_words(recipes[r]),
        key="train_recipe", bind="query-params",
        help="Optimiser, schedule and number of steps: ours, or the paper's own",
    )  # fmt: skip
    return recipes[name]


def _choose_steps_and_rate(recipe: Recipe, steps: int) -> tuple[int, float]:
    """How many steps, at first as given, and the learning rate, at first the recipe's."""
    max_steps = limits().steps
    left, right = st.columns(2)
    with left:
        iterations = st.number_input(
            "Steps", min(100, max_steps), max_steps, min(steps, max_steps), step=500,
            key=f"train_steps_{recipe.name}", bind="query-params",
            help=f"This recipe's own are {recipe.iterations:,}.",
        )  # fmt: skip
    with right:
        learning_rate = st.selectbox(
            "Learning rate", LEARNING_RATES, index=LEARNING_RATES.index(recipe.learning_rate),
            format_func=lambda v: f"{v:g}", key=f"train_rate_{recipe.name}", bind="query-params",
            help="At its peak. Too large, and the grid leaves the image for good.",
        )  # fmt: skip
    return int(iterations), float(learning_rate)


def _choose_seed_and_device() -> tuple[int, str]:
    left, right = st.columns(2)
    with left:
        seed = st.number_input(
            "Seed", 0, 2**31 - 1, 0, key="train_seed", bind="query-params",
            help="Draws the first weights and every batch; the same seed gives the same network.",
        )  # fmt: skip
    with right:
        device = st.selectbox(
            "Device", _devices(), key="train_device", bind="query-params",
            help="auto takes a GPU where there is one.",
        )  # fmt: skip
    return int(seed), device


def _recipe_words(recipe: Recipe) -> str:
    return f"{recipe.name}: {recipe.method}, batches of {recipe.batch_size}"


def _devices() -> list[str]:
    import torch

    gpus = ["cuda"] * torch.cuda.is_available() + ["mps"] * torch.backends.mps.is_available()
    return ["auto", *gpus, "cpu"]
