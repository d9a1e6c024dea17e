"""The stage: U with T_θ(G) on it and V beside it, drawn by the browser in every frame.

The browser gets U, M_θ as slope · θ + offset, and B; it knows no family. What is dragged there
stays there; when θ comes to rest, it is reported.
"""

from __future__ import annotations

import base64
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache

import numpy as np
import streamlit as st
import torch

from stn_core.transforms import (
    Attention,
    PiecewiseAffine,
    Projective,
    ThinPlateSpline,
    Transform,
    lattice,
)

from palette import CORNER

CELLS = 7  # of the lattice that is drawn on U, in either direction
LINE_SAMPLES = 29  # points of a lattice line
LINEAR_REACH = 2.0  # sliders of matrix entries reach from −2 to 2
PROJECTIVE_REACH = 1.0
SLIDERS_IN_ROW = {3: 3, 6: 3, 8: 3}  # as θ stands in the matrix; else an (x, y) in each row


@cache
def _component() -> Callable:
    """The component, registered once, when Streamlit runs and knows where its files are."""
    return st.components.v2.component(
        "app.stage", html='<div class="stage"></div>', css="stage.css", js="index.js"
    )


@dataclass(frozen=True, kw_only=True)
class Item:
    """One U on the stage. image: uint8 (H, W); theta: (P,), None without a transformer."""

    id: str
    image: np.ndarray
    theta: np.ndarray | None
    label: str
    alt: str


def _text(array: np.ndarray) -> str:
    return base64.b64encode(np.ascontiguousarray(array)).decode()


def _lattice_lines() -> torch.Tensor:
    """The rows, then the columns of the lattice on [−1, 1]²: (2, lines · samples)."""
    at = torch.linspace(-1, 1, CELLS + 1, dtype=torch.float64)
    along = torch.linspace(-1, 1, LINE_SAMPLES, dtype=torch.float64)
    across, running = (v.flatten() for v in torch.meshgrid(at, along, indexing="ij"))
    return torch.stack([torch.cat([running, across]), torch.cat([across, running])])


def _ranges(transform: Transform) -> list[tuple[float, float]]:
    reaches = [LINEAR_REACH] * transform.num_params
    if isinstance(transform, Projective):
        reaches[6:] = [PROJECTIVE_REACH] * 2
    return [(-reach, reach) for reach in reaches]


CORNERS = {
    "top left": (-1, -1),
    "top right": (1, -1),
    "bottom left": (-1, 1),
    "bottom right": (1, 1),
}
EDGES = {"top": (0, -1), "left": (-1, 0), "right": (1, 0), "bottom": (0, 1)}


def _handles(transform: Transform) -> dict:
    """What a hand can take the grid by: the points where it does, B there, and their names.

    A ``turn`` handle turns and scales the grid about its middle, an ``edge`` handle shears or
    stretches it, a ``point`` handle moves alone.
    """
    match transform:
        case ThinPlateSpline(side=side) | PiecewiseAffine(side=side):
            handles = [
                ("point", f"control point {1 + i // side}, {1 + i % side}", tuple(point))
                for i, point in enumerate(lattice(side).tolist())
            ]
        case Projective():
            handles = [("point", f"{name} corner", at) for name, at in CORNERS.items()]
        case _:
            handles = [
                ("turn", f"{name} corner: turn and scale", at) for name, at in CORNERS.items()
            ]
            if not isinstance(transform, Attention):
                handles += [("edge", f"{n} edge: stretch and shear", at) for n, at in EDGES.items()]
    targets = torch.tensor([at for _, _, at in handles], dtype=torch.float64).T
    return {
        "handles": [
            {"kind": kind, "name": f"{name} (arrow keys)", "target": list(at)}
            for kind, name, at in handles
        ],
        "handleTarget": _text(transform.target_at(targets).detach().float().numpy()),
        "bodyName": "the whole grid: move (arrow keys), scale (+ and −), turn ([ and ])",
    }


def describe_transform(transform: Transform, size: tuple[int, int]) -> dict:
    """A family for the browser: M_θ, B at the output pixels and along the lattice lines."""
    slope, offset, divide = transform.matrix_form()
    like = torch.zeros(1)
    identity = transform.identity()
    return {
        "rows": slope.shape[0],
        "columns": slope.shape[1],
        "slidersInRow": SLIDERS_IN_ROW.get(transform.num_params, 2),
        "slope": _text(slope.numpy()),
        "offset": _text(offset.numpy()),
        "divide": divide,
        "target": _text(transform.target(size, like).detach().numpy()),
        "latticeTarget": _text(transform.target_at(_lattice_lines()).detach().float().numpy()),
        "lattice": {"lines": 2 * (CELLS + 1), "samples": LINE_SAMPLES},
        **_handles(transform),
        "names": list(transform.parameter_names),
        "identity": identity.tolist(),
        "ranges": _ranges(transform),
    }


def stage(
    items: list[Item],
    *,
    key: str,
    token: str,
    input_size: tuple[int, int],
    grid_colour: str,
    transform: Transform | None = None,
    output_size: tuple[int, int] | None = None,
    captions: dict[str, str] | None = None,
    compact: bool = False,
) -> list[float] | None:
    """One large pair with sliders. Gives the θ that a hand has set, or None at the prediction.

    compact: where two stages share a screen, smaller and with the sliders folded away;
    token: names what is shown; a new token starts at the prediction again.
    """
    data = _data(
        items, "large", token, "", input_size, grid_colour, transform, output_size, captions
    )
    result = _component()(
        key=key,
        data={**data, "compact": compact},
        on_override_change=lambda: None,  # so that the result has it
    )
    override = result.override or {}
    theta = override.get("theta") if override.get("token") == token else None
    if theta is None or transform is None or not is_theta(theta, transform.num_params):
        return None
    return theta


def strip(
    items: list[Item],
    *,
    key: str,
    token: str,
    input_size: tuple[int, int],
    grid_colour: str,
    series: str = "",
    transform: Transform | None = None,
    output_size: tuple[int, int] | None = None,
    selected: str | None = None,
    on_selected: Callable[[str], None] | None = None,
) -> None:
    """A row of small pairs. With ``on_selected`` each is a button; it is called with its id.

    series: strips of one series show the same images; their grids move on from token to token.
    """
    data = _data(items, "strip", token, series, input_size, grid_colour, transform, output_size)
    ids = {item.id for item in items}

    def report() -> None:
        chosen = st.session_state[key].selected
        if on_selected and chosen in ids:
            on_selected(chosen)

    result = _component()(
        key=key,
        data={**data, "selectable": on_selected is not None, "selected": selected},
        on_selected_change=report,
    )
    if result.selected in ids:
        st.rerun(scope="app")  # what the choice is for stands outside of this fragment


def _data(
    items: list[Item],
    layout: str,
    token: str,
    series: str,
    input_size: tuple[int, int],
    grid_colour: str,
    transform: Transform | None,
    output_size: tuple[int, int] | None,
    captions: dict[str, str] | None = None,
) -> dict:
    return {
        "layout": layout,
        "token": token,
        "series": series,
        "items": [
            {
                "id": item.id,
                "image": _text(item.image.astype(np.uint8)),
                "theta": None if item.theta is None else np.asarray(item.theta).tolist(),
                "label": item.label,
                "alt": item.alt,
            }
            for item in items
        ],
        "inputSize": list(input_size),
        "outputSize": list(output_size or input_size),
        "transform": transform and describe_transform(transform, output_size or input_size),
        "captions": captions,
        "colours": {"grid": grid_colour, "corner": CORNER},
    }


def is_theta(value: object, count: int) -> bool:
    """Whether what a browser has sent is a list of so many finite numbers."""
    return (
        isinstance(value, list)
        and len(value) == count
        and all(isinstance(v, int | float) and np.isfinite(v) for v in value)
    )
