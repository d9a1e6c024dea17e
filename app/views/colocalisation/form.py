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
    "quick": "ours: finds the digits",
    "literal": "with the printed margin and activations: moves away from them",
}


def form() -> None:
    """What is to be optimised, and the button that starts it."""
    kinds = ["Digits", "Your own images"]
    kind = st.segmented_control(
        "Images", kinds, default=kinds[0], required=True, key="live_kind", bind="query-params",
        label_visibility="collapsed",
    )  # fmt: skip
    if problem := gallery.digits_problem():
        st.error(f"Training is not possible here. {problem}")
    (_own_form if kind == kinds[1] else _digits_form)(possible=not problem)


def _own_form(*, possible: bool) -> None:
    from stn_core.experiments.colocalisation import MAX_IMAGES, MIN_IMAGES

    files = st.file_uploader(
        f"{MIN_IMAGES} to {MAX_IMAGES} pictures with the same kind of object in each",
        pictures.UPLOADS,
        accept_multiple_files=True, key="own_images",
        help="PNG, JPEG or WebP. Each picture is cropped to its central square and converted to "
        "grey.",
    )  # fmt: skip
    steps, starts = _steps("own_steps"), _starts("own", 1)
    images = _read(files[:MAX_IMAGES])
    enough = len(images) >= MIN_IMAGES
    if len(files) > MAX_IMAGES:
        st.warning(f"You chose {len(files)} pictures; the first {MAX_IMAGES} are used.")
    if files and not enough:
        st.warning(
            f"You chose {len(images)} pictures; a set needs {MIN_IMAGES} to {MAX_IMAGES}. "
            "Add or remove some."
        )
    if st.button(
        "Start",
        type="primary",
        width="stretch",
        key="own_start",
        disabled=not enough or not possible,
        help="Runs on this server, and goes on if you leave the page",
    ):
        _start(lambda: orders.colocalise_own(np.stack(images), iterations=steps, starts=starts))
    st.caption(
        "What to expect: the encoder knows only handwritten digits, and boxes are about a third of "
        "a picture wide. It can find large strokes on an even background: letters, signs, doodles. "
        "On photographs, the boxes settle on some edge or corner that all pictures share. Pictures "
        "are cropped to their central square and shown as 84 × 84 grey pixels, bright on black."
    )


def _read(files) -> list[np.ndarray]:
    """The pictures that can be read; the page says which are not."""
    count = decoded.count_within_bounds((file.getvalue() for file in files), SIDE)
    if count < len(files):
        st.warning(
            "Your pictures have too many pixels in total: the limit is "
            f"{decoded.MAX_SET_PIXELS // 10**6} million. The first {count} are used. Make the "
            "pictures smaller and upload them again."
        )
    images = []
    for file in files[:count]:
        try:
            images.append(decoded.made(pictures.on_black, file.getvalue(), SIDE))
        except pictures.PictureError as error:
            st.error(plain(f"{file.name}: {error}"))
    return images


def _steps(key: str) -> int:
    return st.select_slider(
        "Steps", [100, 300, 600, 1_100, 1_500], 1_100, key=key, bind="query-params",
        format_func=lambda n: f"{n:,}", help="One start takes about a minute for 1,100 steps.",
    )  # fmt: skip


def _starts(key: str, default: int) -> int:
    return st.segmented_control(
        "Starts", [1, 2, 4], default=default, required=True, key=f"{key}_starts_{default}",
        bind="query-params",
        help="Runs several starts in parallel, each with other random weights. After a quarter of "
        "the steps, and again after half, only the half with the lower loss goes on. Two starts "
        "take 25 % longer than one, four twice as long.",
    )  # fmt: skip


def _start(start: Callable[[], Job]) -> None:
    try:
        job = start()
    except JobError as error:
        st.error(plain(error))
    else:
        st.session_state["boxes_run"] = job.key
        st.rerun()


def _digits_form(*, possible: bool) -> None:
    digit = st.pills(
        "Class",
        list(range(10)),
        default=FIRST_DIGIT,
        required=True,
        key="live_digit",
        bind="query-params",
        help="The digit that the hundred images share; the method does not know it",
    )
    clutter = st.slider(
        "Patches of clutter in each image", 0, MAX_CLUTTER_PATCHES, 0,
        key="live_clutter", bind="query-params",
        help="The paper's T has 0, its TC 16.",
    )  # fmt: skip
    recipe = st.radio(
        "Loss",
        list(RECIPES),
        format_func=lambda r: f"Eq. 8 {RECIPES[r]}",
        key="live_recipe",
        bind="query-params",
        help="On normalised activations with our margin, or with the printed margin and "
        "activations. Both keep other changes of ours: *Results* lists them.",
    )
    column = "tc" if clutter else "t"
    defaults = _recipe(recipe, column)
    fields = Fields()
    left, right = st.columns(2)
    with left:
        margin = fields.read(
            "Margin α", f"{defaults.objective.margin:g}", f"live_margin_{recipe}",
            "The paper uses 1. Ours is larger, so that every pair keeps a gradient.", MARGINS.read,
        )  # fmt: skip
    with right:
        seed = fields.read("Seed", 1, "live_seed", "Draws the hundred images", SEEDS.read)
    steps, starts = _steps("live_steps"), _starts("live", defaults.starts)
    for problem in fields.problems:
        st.error(problem)
    if st.button(
        "Start",
        type="primary",
        width="stretch",
        key="live_start",
        disabled=bool(fields.problems) or not possible,
        help="Correct the fields first" if fields.problems
        else "Runs on this server, and goes on if you leave the page",
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
        "The images show a hundred gallery digits that the encoder was not trained on. The method "
        "knows only the encoder and the approximate size of a digit."
    )


def _recipe(name: str, column: str):
    from stn_core.experiments import find_colocalisation

    cell = find_colocalisation(f"{PREFIX}{column}/{FIRST_DIGIT}")
    return next(recipe for recipe in cell.recipes if recipe.name == name)
