"""A network that runs: its grids under the hand, and what the rest of it makes of them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import streamlit as st

from app.data import inspected
from app.data.faults import reason
from app.data.plain import plain
from app.palette import GRIDS, series
from app.panels import answers
from app.stage.large import Item, pair_data, stage
from app.stage.strip import strip
from app.stage.transformers import Transformers
from app.views.network import choices
from app.views.network.shown import Choice, Shown, release_others, show

if TYPE_CHECKING:
    from stn_core.inspecting import Inspected, Seen

MAX_COMPOSED = 48  # pixels of V in the row of all transformers
MAX_LABEL = 9  # characters below a small image
COMPOSED_PIXELS = 190  # a place in that row, on the screen
_NO_GRIDS = None, None, None  # in place of what ``_grids`` gives


@st.fragment
def explore(choice: Choice) -> None:
    """The stage on the left, what the network says on the right."""
    from stn_core.errors import InputError

    left, right = st.columns([1.9, 1], gap="medium")
    try:
        shown = show(choice)
    except (InputError, ValueError, RuntimeError) as error:
        st.error(f"The network cannot be shown on this image: {reason(error)}")
        return
    with left:
        _stage(shown)
    with right:
        _answer(shown)
    if len(choice.network.names) > 1:
        _composed(shown)


def _stage(shown: Shown) -> None:
    choice = shown.choice
    item, arguments = answers.staged(
        shown.seen, shown.fitted, choice.image, choice.crop, choice.channel
    )
    shares = shown.now.probabilities
    data = pair_data(
        item,
        token=choice.token,
        features=answers.FEATURES,
        probabilities=None if shares is None else shares[0],
        **arguments,
    )
    stage(data, key=choice.stage_key)


def _answer(shown: Shown) -> None:
    """What the network says, by its own grids and by those of the hand."""
    choice = shown.choice
    shades = series(st.context.theme.type)
    now = shown.now if shown.moved else None
    said = answers.answer(choice.network, shown.own, now, choice.truth, shades)
    with st.container(key="verdict"):
        st.markdown(said, unsafe_allow_html=True)
    others = [name for name in shown.moved if name != choice.transformer]
    if others:
        st.caption(f"Also set by hand: {plain(', '.join(others))}")
        st.button(
            "Use the network's grids there",
            on_click=release_others,
            args=(choice,),
            help="Takes back what the hand has set at the other transformers",
        )


def _composed(shown: Shown) -> None:
    """Every transformer's grid on the input itself, and what it reads there."""
    from stn_core.inspecting.frames import on_the_input

    choice = shown.choice
    size = tuple(max(1, round(n * MAX_COMPOSED / max(shown.seen.size))) for n in shown.seen.size)
    try:
        found = inspected.sources(choice.network, choice.key)
        composed = on_the_input(shown.now, found, size)
    except (ValueError, RuntimeError) as error:
        st.error(f"The grids cannot be drawn on the input: {reason(error)}")
        return
    if composed is None:
        return
    names, fitted = composed
    image = inspected.posed_image(choice.network, choice.image, choice.pose)[0]
    st.markdown("**All grids on the input image**")
    with st.container(width=COMPOSED_PIXELS * len(names)):
        strip(
            [
                Item(
                    id=str(choice.network.names.index(name)),
                    image=answers.picture_of(image, None),
                    theta=theta,
                    label=name,
                    alt=f"The input with the grid of {name}",
                )
                for name, theta in zip(names, fitted.theta.numpy(), strict=True)
            ],
            key="own-composed",
            token=choice.input,
            transformers=Transformers(transform=fitted.transform, colours=GRIDS[:1]),
            output_size=size,
            selected=str(choice.network.names.index(choice.transformer)),
            on_selected=choices.take_transformer,
        )
    st.caption(
        "A transformer that reads another's output V is multiplied out: its grid, taken through "
        "all before it. Below each is what the input gives there. Layers in between are assumed "
        "to keep the image's frame. Click one to show it large."
    )


def all_images(network: Inspected, key: str, transformer: str, chosen: int) -> None:
    """A row of the images, with the chosen transformer's grid where it is on them."""
    count = min(len(network.images), inspected.STRIP)
    pictures, grids, read = network.images[:count], _NO_GRIDS, None
    try:
        done = inspected.first_images(network, key)
        seen = done.seen.get(transformer)
        if seen and len(seen.grid) == count and not seen.why_not_drawn:
            pictures, grids = seen.input, _grids(seen)
        if done.probabilities is not None:
            read = done.probabilities.argmax(1).tolist()
    except (ValueError, RuntimeError) as error:
        st.error(
            f"The network cannot be run on {count} images at once, so they are shown without "
            f"grids: {reason(error)}"
        )
    transformers, thetas, size = grids
    st.caption(
        f"{'U of each image, with' if transformers else 'The images, without'} the grid. Below: "
        "what the network reads. Click one to show it large."
        if read
        else "All images. Click one to show it large."
    )
    strip(
        [
            Item(
                id=str(n),
                image=answers.picture_of(picture, None),
                theta=None if thetas is None else thetas[n],
                label=_short(network.class_name(read[n])) if read else f"{n + 1}",
                alt=f"Image {n + 1}",
            )
            for n, picture in enumerate(pictures)
        ],
        key="own-images",
        token=f"{key}/{transformer}",
        transformers=transformers,
        output_size=size,
        selected=str(chosen),
        on_selected=choices.take_image,
    )


def _short(name: str) -> str:
    """As much of a class's name as has room below a small image."""
    return name if len(name) <= MAX_LABEL else f"{name[: MAX_LABEL - 1]}…"


def _grids(seen: Seen):
    """Transformers, θ (N, P) and V's size of all images."""
    size = tuple(max(1, round(n * MAX_COMPOSED / max(seen.size))) for n in seen.size)
    fitted = seen.fitted_all(size)
    return (
        Transformers(transform=fitted.transform, colours=GRIDS[:1]),
        fitted.theta.numpy(),
        fitted.size_for(size),
    )
