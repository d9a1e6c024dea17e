"""Co-localisation: what is to be optimised live, of digits or of the visitor's own images."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import streamlit as st

from app.data import decoded, gallery, pictures
from app.data.plain import plain
from app.panels.number_fields import Fields
from app.panels.numbers import SEEDS, Range
from app.training import orders
from app.training.job import Job, JobError
from app.views.colocalisation.boxes import FIRST_DIGIT, PREFIX

MAX_CLUTTER_PATCHES = 40
MARGINS = Range(0, 100)
SIDE = 84  # pixels of an image
RECIPES = {
    "quick": "ours: it finds the digits",
    "literal": "as printed: it flees from them",
}


def form() -> None:
    """What is to be optimised, and the button that starts it."""
    kinds = ["Digits", "Your own images"]
    kind = st.segmented_control(
        "Images", kinds, default=kinds[0], required=True, key="live_kind", bind="query-params",
        label_visibility="collapsed",
    )  # fmt: skip
    if problem := gallery.digits_problem():
        st.error(f"Trainings cannot begin here. {problem}")
    (_own_form if kind == kinds[1] else _digits_form)()


def _own_form() -> None:
    from stn_core.experiments.colocalisation import MAX_IMAGES, MIN_IMAGES

    files = st.file_uploader(
        f"{MIN_IMAGES} to {MAX_IMAGES} pictures with the same kind of object in each",
        pictures.UPLOADS,
        accept_multiple_files=True, key="own_images",
        help="PNG, JPEG or WebP; each is cut to its middle square and made grey",
    )  # fmt: skip
    steps, starts = _steps("own_steps"), _starts("own", 1)
    images = _read(files[:MAX_IMAGES])
    enough = len(images) >= MIN_IMAGES
    if len(files) > MAX_IMAGES:
        st.warning(f"These are {len(files)} pictures; the first {MAX_IMAGES} of them are taken.")
    if files and not enough:
        st.warning(f"A set has {MIN_IMAGES} to {MAX_IMAGES} pictures; these are {len(images)}.")
    if st.button(
        "Start",
        type="primary",
        width="stretch",
        key="own_start",
        disabled=not enough or bool(gallery.digits_problem()),
        help="Runs on this server, in a process of its own; it goes on if you leave the page",
    ):
        _start(lambda: orders.colocalise_own(np.stack(images), iterations=steps, starts=starts))
    st.caption(
        "What to expect: the encoder knows handwritten digits alone, and boxes are about "
        "a third of a picture wide. Large strokes on an even ground can be found: letters, signs, "
        "doodles. On photographs the boxes will settle on some edge or corner that all share. "
        "Pictures are cut to their middle square, 84×84 pixels, in grey, bright on black."
    )


def _read(files) -> list[np.ndarray]:
    """The pictures that can be read; the page names the others."""
    images = []
    for file in files:
        try:
            images.append(decoded.made(pictures.on_black, file.getvalue(), SIDE))
        except pictures.PictureError as error:
            st.error(plain(f"{file.name}: {error}"))
    return images


def _steps(key: str) -> int:
    return st.select_slider(
        "Steps", [100, 300, 600, 1_100, 1_500], 1_100, key=key, bind="query-params",
        format_func=lambda n: f"{n:,}", help="1,100 of one start take about a minute.",
    )  # fmt: skip


def _starts(key: str, default: int) -> int:
    return st.segmented_control(
        "Starts", [1, 2, 4], default=default, required=True, key=f"{key}_starts_{default}",
        bind="query-params",
        help="Side by side, each from other random weights; the half with the lower loss goes on "
        "after a quarter of the steps, and again after half of them. Two take a quarter longer "
        "than one, four twice as long.",
    )  # fmt: skip


def _start(start: Callable[[], Job]) -> None:
    try:
        job = start()
    except JobError as error:
        st.error(plain(error))
    else:
        st.session_state["boxes_run"] = job.key
        st.rerun()


def _digits_form() -> None:
    digit = st.pills(
        "Class",
        list(range(10)),
        default=FIRST_DIGIT,
        required=True,
        key="live_digit",
        bind="query-params",
        help="Which digit the hundred images have in common; the method is not told",
    )
    clutter = st.slider(
        "Patches of clutter in each image", 0, MAX_CLUTTER_PATCHES, 0,
        key="live_clutter", bind="query-params",
        help="The paper's T has none, its TC 16.",
    )  # fmt: skip
    recipe = st.radio(
        "Loss",
        list(RECIPES),
        format_func=lambda r: f"Eq. 8 {RECIPES[r]}",
        key="live_recipe",
        bind="query-params",
        help="Eq. 8 on normalised activations, with what else differs, or exactly as printed",
    )
    column = "tc" if clutter else "t"
    defaults = _recipe(recipe, column)
    fields = Fields()
    left, right = st.columns(2)
    with left:
        margin = fields.read(
            "Margin α", f"{defaults.objective.margin:g}", f"live_margin_{recipe}",
            "The paper has 1. Ours is so large that every pair goes on pulling.", MARGINS.read,
        )  # fmt: skip
    with right:
        seed = fields.read("Seed", 1, "live_seed", "Draws the hundred images.", SEEDS.read)
    steps, starts = _steps("live_steps"), _starts("live", defaults.starts)
    for problem in fields.problems:
        st.error(problem)
    if st.button(
        "Start",
        type="primary",
        width="stretch",
        key="live_start",
        disabled=bool(fields.problems or gallery.digits_problem()),
        help="Correct the fields first" if fields.problems
        else "Runs on this server, in a process of its own; it goes on if you leave the page",
    ) and not fields.problems:  # fmt: skip
        _start(
            lambda: orders.colocalise(
                f"{PREFIX}{column}/{digit}",
                recipe=recipe,
                iterations=steps,
                starts=starts,
                margin=margin,
                clutter=int(clutter),
                set_seed=seed,
            )
        )
    st.caption(
        "A hundred digits of the gallery, on which the encoder was not trained. What the method is "
        "given beforehand: the encoder, and about how large a digit is."
    )


def _recipe(name: str, column: str):
    from stn_core.experiments import find_colocalisation

    cell = find_colocalisation(f"{PREFIX}{column}/{FIRST_DIGIT}")
    return next(recipe for recipe in cell.recipes if recipe.name == name)
