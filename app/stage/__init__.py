"""The stage: U with T_θ(G) on it and V beside it, drawn by the browser in every frame.

The browser gets U, M_θ as slope · θ + offset, and B; it knows no family. What is dragged there
stays there; θ, the input's pose and the playhead are reported when they come to rest, and on
demand while they move.
"""

from __future__ import annotations

import base64
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import cache
from typing import TYPE_CHECKING

import numpy as np
import streamlit as st

from app.palette import CORNER

if TYPE_CHECKING:
    import torch

    from stn_core.transforms import Transform

CELLS = 7  # of the lattice that is drawn on U, in either direction
LINE_SAMPLES = 29  # points of a lattice line
LARGEST = 1e6  # of a number in θ that a browser may send; a NaN is not below it either
LINEAR_REACH = 2.0  # sliders of matrix entries reach from −2 to 2
PROJECTIVE_REACH = 1.0
SLIDERS_IN_ROW = {3: 3, 6: 3, 8: 3}  # as θ stands in the matrix; else an (x, y) in each row


@cache
def component() -> Callable:
    """The component, registered once, when Streamlit runs and knows where its files are."""
    return st.components.v2.component(
        "app.stage", html='<div class="stage"></div>', css="stage.css", js="index.js"
    )


@dataclass(frozen=True, kw_only=True)
class Item:
    """One U on the stage.

    image: uint8 (H, W) or (C, H, W), of which three channels are colours; theta: (P,), or (N, P)
    with N transformers, or None without one; href: where it leads, as a link in a strip.
    """

    id: str
    image: np.ndarray
    theta: np.ndarray | None
    label: str
    alt: str
    href: str | None = None


@dataclass(frozen=True, kw_only=True)
class Reading:
    """How V is read: a kernel of ``sampling`` (or "tent" with its half width in pixels), the
    padding, and the side of an average pooling that V goes through afterwards (1: none)."""

    kernel: str = "bilinear"
    half_width: float = 1.0
    padding: str = "zeros"
    pool: int = 1


@dataclass(frozen=True, kw_only=True)
class Track:
    """θ over time, for the playhead.

    theta: float32 (T, items, N, P); labels: what is said of each frame; ends: of the two ends;
    per_second: frames at the speed of 1; poses: (T, 6), where the input is laid in each frame.
    """

    name: str
    theta: np.ndarray
    labels: list[str]
    ends: tuple[str, str]
    per_second: float
    poses: np.ndarray | None = None


@dataclass(frozen=True, kw_only=True)
class Input:
    """A picture that a hand can turn, shift and scale, from which U is made.

    image: uint8 (H, W) or (C, H, W); pose: the affine θ (6,) that lays it into U (picture -> U),
    at first; name: what it is called, as "the digit"; channel: of U, which it is alone in; None
    where it is all of U.
    """

    image: np.ndarray
    pose: np.ndarray
    name: str
    channel: int | None = None


@dataclass(frozen=True, kw_only=True)
class Features:
    """What else the large pair has. live: reports while a hand moves, ten times a second at most;
    target: the θ whose V the gradient's descent is to match at first."""

    live: bool = False
    equation: bool = False
    pose: bool = False
    tint: bool = False
    gradient: bool = False
    target: list[float] | None = None
    back_name: str = "Back to prediction"
    end_name: str = "prediction"


@dataclass(frozen=True, kw_only=True)
class Report:
    """What the visitor has done. thetas: (N, P), set by hand, else None; poses: of all inputs if
    one was moved, (6,) each, else None; position: of the playhead, in frames; serial: larger than
    that of any earlier report, from whichever stage."""

    serial: int = 0
    thetas: list[list[float]] | None = None
    poses: list[list[float]] | None = None
    position: float | None = None


@dataclass(frozen=True, kw_only=True)
class Transformers:
    """N transformers of one family on the same U, their names and the colours of their grids."""

    transform: Transform
    colours: tuple[str, ...]
    names: tuple[str, ...] = field(default=())

    def told(self) -> list[dict[str, str]]:
        names = self.names or ("",) * len(self.colours)
        return [{"name": n, "colour": c} for n, c in zip(names, self.colours, strict=True)]


def text_of(array: np.ndarray) -> str:
    """An array's bytes as base64."""
    return base64.b64encode(np.ascontiguousarray(array)).decode()


def _lattice_lines(cells: int) -> torch.Tensor:
    """The rows, then the columns of the lattice on [−1, 1]²: (2, lines · samples)."""
    import torch

    at = torch.linspace(-1, 1, cells + 1, dtype=torch.float64)
    along = torch.linspace(-1, 1, LINE_SAMPLES, dtype=torch.float64)
    across, running = (v.flatten() for v in torch.meshgrid(at, along, indexing="ij"))
    return torch.stack([torch.cat([running, across]), torch.cat([across, running])])


def _ranges(transform: Transform) -> list[tuple[float, float]]:
    from stn_core.transforms import Projective

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


def _handles(transform: Transform, rigid: bool, whole: str) -> dict:
    """What a hand can take the grid by: the points where it does, B there, and their names.

    A ``turn`` handle turns and scales the grid about its middle, an ``edge`` handle shears or
    stretches it, a ``point`` handle moves alone. rigid: no edges; whole: what is moved.
    """
    import torch

    from stn_core.transforms import (
        Attention,
        PiecewiseAffine,
        Projective,
        ThinPlateSpline,
        lattice,
    )

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
            if not (rigid or isinstance(transform, Attention)):
                handles += [("edge", f"{n} edge: stretch and shear", at) for n, at in EDGES.items()]
    targets = torch.tensor([at for _, _, at in handles], dtype=torch.float64).T
    return {
        "handles": [
            {"kind": kind, "name": f"{name} (arrow keys)", "target": list(at)}
            for kind, name, at in handles
        ],
        "handleTarget": text_of(transform.target_at(targets).detach().float().numpy()),
        "bodyName": f"{whole}: move (arrow keys), scale (+ and −), turn ([ and ])",
    }


def describe_transform(
    transform: Transform,
    size: tuple[int, int],
    *,
    rigid: bool = False,
    whole: str = "the whole grid",
) -> dict:
    """A family for the browser: M_θ, B at the output pixels and along the lattice lines."""
    import torch

    from stn_core.transforms import Attention

    slope, offset, divide = transform.matrix_form()
    like = torch.zeros(1)
    cells = 1 if isinstance(transform, Attention) else CELLS  # attention is a box (Eq. 2)
    return {
        "rows": slope.shape[0],
        "columns": slope.shape[1],
        "columnNames": list(transform.target_names),
        "slidersInRow": SLIDERS_IN_ROW.get(transform.num_params, 2),
        "slope": text_of(slope.numpy()),
        "offset": text_of(offset.numpy()),
        "divide": divide,
        "target": text_of(transform.target(size, like).detach().numpy()),
        "latticeTarget": text_of(
            transform.target_at(_lattice_lines(cells)).detach().float().numpy()
        ),
        "lattice": {"lines": 2 * (cells + 1), "samples": LINE_SAMPLES},
        **_handles(transform, rigid, whole),
        "names": list(transform.parameter_names),
        "identity": transform.identity().tolist(),
        "ranges": _ranges(transform),
    }


def stage(
    item: Item,
    *,
    key: str,
    token: str,
    transformers: Transformers | None = None,
    output_size: tuple[int, int] | None = None,
    reading: Reading | None = None,
    track: Track | None = None,
    inputs: Sequence[Input] = (),
    adopted: Sequence[Sequence[float]] | None = None,
    features: Features | None = None,
    captions: dict[str, str] | None = None,
    compact: bool = False,
) -> Report:
    """One large pair to take in hand. Gives what the visitor has done with it.

    The Report is there before the stage is drawn again: ask :func:`reported` for it where θ
    depends on it. adopted: the inputs' poses, (6,) each, as they were set elsewhere, None where
    this stage's own count; compact: where two stages share a screen, smaller and with the sliders
    folded away; token: names what is shown; a new token starts anew.
    """
    features = features or Features()
    data = _data([item], "large", token, transformers, output_size, reading, track, captions)
    data |= {
        "compact": compact,
        "echo": _state(key).get("serial"),
        "inputs": [_input(moved) for moved in inputs],
        "adopted": adopted,
        "features": {
            "live": features.live,
            "equation": features.equation,
            "pose": features.pose,
            "tint": features.tint,
            "gradient": features.gradient,
            "target": features.target and [features.target],
            "backName": features.back_name,
            "endName": features.end_name,
        },
    }
    component()(key=key, data=data, on_report_change=lambda: None)  # so that the result has it
    count = transformers.transform.num_params if transformers else 0
    several = len(transformers.colours) if transformers else 0
    return reported(key, token, count, several, len(inputs))


def _state(key: str) -> dict:
    """What the browser has sent last, if it is of the right kind."""
    state = (st.session_state.get(key) or {}).get("report")
    return state if isinstance(state, dict) else {}


def reported(key: str, token: str, params: int, transformers: int = 1, inputs: int = 1) -> Report:
    """What the visitor has done on the stage of this key, if it still shows this token."""
    state = _state(key)
    if state.get("token") != token:
        return Report()
    thetas, poses, position = (state.get(name) for name in ("thetas", "poses", "position"))
    serial = state.get("serial")
    return Report(
        serial=serial if isinstance(serial, int) else 0,
        thetas=thetas if _are_thetas(thetas, transformers, params) else None,
        poses=poses if _are_thetas(poses, inputs, 6) else None,
        position=position if is_theta([position], 1) else None,
    )


def strip(
    items: list[Item],
    *,
    key: str,
    token: str,
    transformers: Transformers | None = None,
    selected: str | None = None,
    on_selected: Callable[[str], None] | None = None,
) -> None:
    """A row of small pairs. With ``on_selected`` each is a button, and it is called with its id;
    one with a ``href`` is a link."""
    data = _data(items, "strip", token, transformers, None, None, None, None)
    data |= {
        "features": {},
        "selectable": on_selected is not None,
        "selected": selected,
    }
    ids = {item.id for item in items}

    def report() -> None:
        chosen = st.session_state[key].selected
        if on_selected and chosen in ids:
            on_selected(chosen)

    result = component()(key=key, data=data, on_selected_change=report)
    if result.selected in ids:
        st.rerun(scope="app")  # what the choice is for stands outside of this fragment


def _data(
    items: list[Item],
    layout: str,
    token: str,
    transformers: Transformers | None,
    output_size: tuple[int, int] | None,
    reading: Reading | None,
    track: Track | None,
    captions: dict[str, str] | None,
) -> dict:
    reading = reading or Reading()
    size = items[0].image.shape[-2:]
    return {
        "layout": layout,
        "token": token,
        "items": [
            {
                "id": item.id,
                "image": text_of(item.image.astype(np.uint8)),
                "thetas": None if item.theta is None else np.atleast_2d(item.theta).tolist(),
                "label": item.label,
                "alt": item.alt,
                "href": item.href,
            }
            for item in items
        ],
        "channels": 1 if items[0].image.ndim == 2 else items[0].image.shape[0],
        "inputSize": list(size),
        "outputSize": list(output_size or size),
        "transform": transformers
        and describe_transform(transformers.transform, output_size or size),
        "transformers": transformers.told() if transformers else [],
        "reading": {
            "kernel": reading.kernel,
            "halfWidth": reading.half_width,
            "padding": reading.padding,
            "pool": reading.pool,
        },
        "track": track and _track(track),
        "captions": captions,
        "colours": {"corner": CORNER},
    }


def _track(track: Track) -> dict:
    poses = track.poses
    return {
        "name": track.name,
        "count": len(track.theta),
        "thetas": text_of(track.theta.astype(np.float32)),
        "poses": None if poses is None else text_of(poses.astype(np.float32)),
        "labels": track.labels,
        "ends": list(track.ends),
        "perSecond": track.per_second,
    }


def _input(moved: Input) -> dict:
    from stn_core.transforms import Affine

    size = moved.image.shape[-2:]
    return {
        "image": text_of(moved.image.astype(np.uint8)),
        "size": list(size),
        "pose": np.asarray(moved.pose).tolist(),
        "name": moved.name,
        "channel": moved.channel,
        "form": describe_transform(Affine(), size, rigid=True, whole=moved.name),
    }


def _are_thetas(value: object, several: int, count: int) -> bool:
    """Whether what a browser has sent is so many lists of so many finite numbers."""
    right = isinstance(value, list) and len(value) == several > 0
    return right and all(is_theta(theta, count) for theta in value)


def is_theta(value: object, count: int) -> bool:
    """Whether what a browser has sent is a list of so many finite numbers."""
    return (
        isinstance(value, list)
        and len(value) == count
        and all(isinstance(v, int | float) and abs(v) <= LARGEST for v in value)
    )
