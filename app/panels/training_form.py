"""Start a training of one's own."""

from __future__ import annotations

import math
from math import isfinite
from typing import TYPE_CHECKING, NamedTuple

import streamlit as st

from app.data import gallery, networks
from app.data.plain import plain
from app.panels.number_fields import Fields
from app.panels.numbers import SEEDS, Bounds, duration, read_rate
from app.tables import column_title
from app.training import orders, pace
from app.training.job import JobError
from app.training.limits import limits

if TYPE_CHECKING:
    from stn_core.recipes import Recipe

MIN_STEPS = 100
WORDS = {"iterations": "steps", "batch_size": "batch", "learning_rate": "rate"}  # in the address
MAX_BATCH = 1_024
MAX_BATCH_PIXELS = 32_000_000  # of all the images, or voxels of all the volumes, of a batch


class Numbers(NamedTuple):
    """What a training is started with."""

    iterations: int
    batch_size: int
    learning_rate: float
    seed: int


def training_form(prefix: str, first: str, supply: gallery.Supply | None = None) -> None:
    """Network, recipe, steps, batch size, rate, seed and device, all of them fields of the address;
    the button.

    first: the network that is proposed, as ``st-fcn-aff`` of ``distorted/rts/``; supply: of what
    is trained on, by default MNIST's digits.
    """
    st.header(f"A new training on {column_title(prefix)}", anchor=False)
    supply = supply or gallery.digits_supply()
    if supply.problem:
        st.error(f"Training is not possible here. {supply.problem}")
    name = _choose_network(prefix, first)
    recipe = _choose_recipe(name)
    numbers, problems = _choose_numbers(name, recipe)
    device = st.selectbox(
        "Device", _devices(), key="train_device", bind="query-params",
        help="*auto* uses a GPU if there is one.",
    )  # fmt: skip
    stop = st.checkbox(
        "Stop when it has stopped improving", key="train_stop", bind="query-params",
        help="Stops when the error on the examples kept back has not fallen for a quarter of the "
        "steps.",
    )  # fmt: skip
    for problem in problems:
        st.error(problem)
    clicked = st.button(
        "Start training", type="primary", width="stretch", key="train_start",
        disabled=bool(problems or supply.problem),
        help="Correct the marked fields first" if problems
        else "Runs on this server, and goes on if you leave the page",
    )  # fmt: skip
    if numbers and clicked:
        _start(name, recipe, numbers, device, stop=stop)
    st.caption(" ".join(_notices(name, numbers, device, supply)))


def _notices(name: str, numbers: Numbers | None, device: str, supply: gallery.Supply) -> list[str]:
    """How long it takes, on which pictures, and what this server allows."""
    words = []
    seconds = None
    if numbers and _is_on_cpu(device):
        seconds = pace.expected_seconds(name, numbers.iterations, numbers.batch_size)
    if seconds:
        words.append(f"Takes about **{duration(seconds)}** on this machine.")
    if not supply.problem:
        words.append(supply.notice)
    max_seconds = limits().seconds
    if isfinite(max_seconds):
        words.append(f"This server stops each training after {max_seconds:,.0f} s.")
    return words


def _is_on_cpu(device: str) -> bool:
    from stn_core.training.devices import choose_device

    return choose_device(device).type == "cpu"


def _start(name: str, recipe: Recipe, numbers: Numbers, device: str, *, stop: bool) -> None:
    try:
        job = orders.start(
            name,
            recipe=recipe.name,
            iterations=numbers.iterations,
            batch_size=numbers.batch_size,
            learning_rate=numbers.learning_rate,
            seed=numbers.seed,
            device=device,
            patience=max(1, numbers.iterations // 4) if stop else None,
        )
    except JobError as error:
        st.error(plain(error))
    else:
        st.session_state["run"] = job.key
        st.rerun()


def _choose_network(prefix: str, first: str) -> str:
    """The name of one of the prefix's experiments."""
    from stn_core.experiments import EXPERIMENTS

    short = [name.removeprefix(prefix) for name in EXPERIMENTS if name.startswith(prefix)]
    network = st.selectbox(
        "Network", short, index=short.index(first), format_func=networks.network_title,
        key="train_network", bind="query-params",
        help="How long it takes to train is said below.",
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


def _choose_numbers(name: str, recipe: Recipe) -> tuple[Numbers | None, list[str]]:
    """Steps, batch size and rate, at first the recipe's; seed. None, and what is wrong, as long as
    one of them cannot be taken."""
    max_steps = limits().steps
    keys = _keys(name.split("/")[0], recipe)
    fields = Fields()
    left, right = st.columns(2)
    with left:
        iterations = fields.read(
            "Steps", min(recipe.iterations, max_steps), keys["iterations"],
            f"The recipe uses {recipe.iterations:,}.",
            Bounds(min(MIN_STEPS, max_steps), max_steps).read,
        )  # fmt: skip
        rate = fields.read(
            "Peak learning rate", f"{recipe.learning_rate:g}", keys["learning_rate"],
            "The largest learning rate of the schedule. If it is too large, the loss grows.",
            read_rate,
        )  # fmt: skip
    with right:
        batch = fields.read(
            "Batch size", recipe.batch_size, keys["batch_size"],
            "Examples in each step. Larger batches take longer and give steadier steps.",
            Bounds(1, _max_batch(name)).read,
        )  # fmt: skip
        seed = fields.read(
            "Seed", 0, "train_seed",
            "Draws the initial weights and every batch. The same seed gives the same network.",
            SEEDS.read,
        )  # fmt: skip
    if fields.problems:
        return None, fields.problems
    return Numbers(iterations, batch, rate, seed), []


def _keys(table: str, recipe: Recipe) -> dict[str, str]:
    """A key for each field: recipes that begin with other numbers have other fields, also where
    they have one name, as those of two networks may."""
    from stn_core.experiments import EXPERIMENTS

    named = [
        other
        for name, experiment in EXPERIMENTS.items()
        if name.startswith(f"{table}/")
        for other in experiment.recipes
        if other.name == recipe.name
    ]
    keys = {}
    for field, word in WORDS.items():
        key, value = f"train_{word}_{table}_{recipe.name}", getattr(recipe, field)
        differ = any(getattr(other, field) != value for other in named)
        keys[field] = f"{key}_{value}" if differ else key
    return keys


def _max_batch(experiment_name: str) -> int:
    from stn_core.experiments import find

    pixels = math.prod(find(experiment_name).data.image_shape)
    return min(MAX_BATCH, MAX_BATCH_PIXELS // pixels)


def _recipe_words(recipe: Recipe) -> str:
    return f"{recipe.name}: {recipe.method}, batches of {recipe.batch_size}"


def _devices() -> list[str]:
    import torch

    gpus = ["cuda"] * torch.cuda.is_available() + ["mps"] * torch.backends.mps.is_available()
    return ["auto", *gpus, "cpu"]
