"""A network that runs: its grids under the hand, and what the rest of it makes of them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
import streamlit as st

from app.data import inspected
from app.data.faults import reason
from app.data.plain import plain
from app.palette import GRIDS, series
from app.panels.bars import FEW, Row, bars, percent
from app.stage.large import Features, Item, Reading, stage
from app.stage.strip import strip
from app.stage.transformers import Transformers
from app.views.network import choices
from app.views.network.shown import Choice, Shown, release_others, show, shown_size

if TYPE_CHECKING:
    from stn_core.inspecting import Inspected, Seen

MAX_COMPOSED = 48  # pixels of V in the row of all transformers
COMPOSED_PIXELS = 190  # a place in that row, on the screen


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


def picture_of(image, channel: int | None) -> np.ndarray:
    """One image (C, H, W) of floating-point numbers as a picture: uint8 (H, W) or (3, H, W)."""
    from stn_core.watched import picture

    one = image[None] if channel is None else image[None, channel : channel + 1]
    drawn = picture(one)[0].numpy()
    return drawn[0] if len(drawn) == 1 else drawn


def _stage(shown: Shown) -> None:
    choice, seen = shown.choice, shown.seen
    height, width = seen.input.shape[2:]
    rows, columns = seen.size
    channels = seen.input.shape[1]
    which = ""
    if channels not in (1, 3):
        which = f", {'mean of' if choice.channel is None else f'channel {choice.channel + 1} of'}"
        which += f" {channels} channels"
    stage(
        Item(
            id=str(choice.image),
            image=picture_of(seen.input[choice.crop], choice.channel),
            theta=shown.fitted.theta[0].numpy(),
            label="",
            alt=f"U of image {choice.image + 1} with the sampling grid on it",
        ),
        key=choice.stage_key,
        token=choice.token,
        transformers=Transformers(transform=shown.fitted.transform, colours=GRIDS[:1]),
        output_size=shown_size(seen),
        reading=Reading(
            kernel=seen.kernel, padding="zeros" if seen.padding == "zeros" else "border"
        ),
        features=Features(live=True, tint=True, back_name="Use the network's grid"),
        captions={
            "U": f"Before: U{which} ({height} × {width}), and the sampling grid"
            '<span class="hint">: drag it</span>',
            "V": f"After: V{which} ({rows} × {columns})",
        },
        probabilities=None if shown.now.probabilities is None else shown.now.probabilities[0],
    )


def _answer(shown: Shown) -> None:
    """What the network says, by its own grids and by those of the hand."""
    choice, own, now = shown.choice, shown.own.probabilities, shown.now.probabilities
    if own is None or now is None:
        st.info(
            f"The network's output is {plain(shown.now.words)}, which has no class scores. "
            "Class bars need an output (images, classes)."
        )
        return
    network = choice.network
    shades = series(st.context.theme.type)
    rows = [Row(title="Its own grids", probabilities=own[0].numpy(), colour=shades[0])]
    if shown.moved:
        rows.append(Row(title="Grid set by hand", probabilities=now[0].numpy(), colour=shades[1]))
    names = [plain(network.class_name(c)) for c in range(own.shape[1])]
    with st.container(key="verdict"):
        for row in rows:
            _said(row, names, choice.truth)
        drawn = _most_likely([row.probabilities for row in rows], choice.truth)
        each = "each class" if len(drawn) == len(names) else f"the {len(drawn)} likeliest classes"
        st.markdown(bars(rows, names, choice.truth, each, drawn), unsafe_allow_html=True)
    others = [name for name in shown.moved if name != choice.transformer]
    if others:
        st.caption(f"Also set by hand: {plain(', '.join(others))}")
        st.button("Use the network's grids there", on_click=release_others, args=(choice,))


def _said(row: Row, names: Sequence[str], truth: int | None) -> None:
    answer = int(row.probabilities.argmax())
    mark = ""
    if truth is not None and truth < len(names):
        mark = " <b>✓</b>" if answer == truth else f" <b>✗ — it is {names[truth]}</b>"
    st.markdown(
        f"<div aria-live='polite' style='border-left:5px solid {row.colour};padding-left:.75rem;"
        f"margin-bottom:.6rem'><b>{row.title}</b>: reads <b style='font-size:1.6em'>"
        f"{names[answer]}</b> ({percent(row.probabilities[answer])}){mark}</div>",
        unsafe_allow_html=True,
    )


def _most_likely(rows: Sequence[np.ndarray], truth: int | None) -> list[int]:
    """All classes of a few, else the likeliest of each row, and the true one."""
    count = len(rows[0])
    if count <= 2 * FEW:
        return list(range(count))
    likeliest = np.argsort(np.max(rows, 0))[::-1][:FEW].tolist()
    if truth is not None and truth < count and truth not in likeliest:
        likeliest[-1] = truth
    return likeliest


def _composed(shown: Shown) -> None:
    """Every transformer's grid on the input itself, and what it reads there."""
    from stn_core.inspecting.frames import on_the_input

    choice = shown.choice
    found = inspected.sources(choice.network, choice.key)
    size = tuple(max(1, round(n * MAX_COMPOSED / max(shown.seen.size))) for n in shown.seen.size)
    composed = on_the_input(shown.now, found, size)
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
                    image=picture_of(image, None),
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
    done = inspected.first_images(network, key)
    count = min(len(network.images), inspected.STRIP)
    seen = done.seen.get(transformer)
    drawn = seen if seen and len(seen.grid) == count and not seen.why_not_drawn else None
    pictures = (drawn.input if drawn else network.images)[:count]
    transformers, thetas, size = _grids(drawn)
    answers = None if done.probabilities is None else done.probabilities.argmax(1).tolist()
    st.caption(
        f"{'U of each image, with' if drawn else 'The images, without'} the grid. Below: what the "
        "network reads. Click one to show it large."
        if answers
        else "All images. Click one to show it large."
    )
    strip(
        [
            Item(
                id=str(n),
                image=picture_of(picture, None),
                theta=None if thetas is None else thetas[n],
                label=network.class_name(answers[n]) if answers else f"{n + 1}",
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


def _grids(seen: Seen | None):
    """Transformers, θ (N, P) and V's size of all images; None of what has no grid."""
    if seen is None:
        return None, None, None
    size = tuple(max(1, round(n * MAX_COMPOSED / max(seen.size))) for n in seen.size)
    fitted = seen.fitted_all(size)
    return (
        Transformers(transform=fitted.transform, colours=GRIDS[:1]),
        fitted.theta.numpy(),
        size,
    )
