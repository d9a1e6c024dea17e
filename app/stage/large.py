"""The large stage: U with the grid, V, θ in numbers, handles and a playhead."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from app.palette import CORNER
from app.stage.component import state_of, text_of
from app.stage.page_file import PageFile, mount_with_file
from app.stage.transformers import Transformers, describe_transform

MAX_NUMBER = 1e6  # of a number in θ that a browser may send; a NaN is not below it either


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
    back_name: str = "Use the predicted θ"
    end_name: str = "prediction"


@dataclass(frozen=True, kw_only=True)
class Run:
    """A stage among those that show one input, and its network, which the browser runs.

    group: names the input, which a hand moves on all of these stages at once; network: the id of
    one that the browser has (``networks.send``), None for one that Python alone runs; held: for
    each of its transformers a θ in place of its own, or None.
    """

    group: str
    network: str | None
    held: Sequence[Sequence[float] | None] = ()

    def payload(self) -> dict:
        """For the browser."""
        return {"group": self.group, "network": self.network, "held": list(self.held)}


@dataclass(frozen=True, kw_only=True)
class Report:
    """What the visitor has done. thetas: (N, P), set by hand, else None; poses: of all inputs if
    one was moved, (6,) each, else None; position: of the playhead, in frames; serial: larger than
    that of any earlier report, from whichever stage."""

    serial: int = 0
    thetas: list[list[float]] | None = None
    poses: list[list[float]] | None = None
    position: float | None = None


def pair_data(
    item: Item,
    *,
    token: str,
    transformers: Transformers | None = None,
    output_size: tuple[int, int] | None = None,
    reading: Reading | None = None,
    track: Track | None = None,
    inputs: Sequence[Input] = (),
    run: Run | None = None,
    features: Features | None = None,
    captions: dict[str, str] | None = None,
    probabilities: Sequence[float] | None = None,
    compact: bool = False,
) -> dict:
    """What the browser is sent of a large pair.

    run: what the browser itself runs once a hand has the stage; probabilities: of the classes,
    which the stage's network gives what is shown, for its CSV file; compact: where two stages share
    a screen, smaller and with the sliders folded away; token: names what is shown; a new token
    starts anew.
    """
    data = stage_data([item], "large", token, transformers, output_size, reading, track, captions)
    data |= large_data(features or Features(), None, compact)
    return data | {
        "inputs": tuple(_input(moved) for moved in inputs),
        "run": run and run.payload(),
        "probabilities": rounded(probabilities),
    }


def stage(data: dict, *, key: str, file: PageFile | None = None) -> None:
    """One large pair to take in hand, of ``pair_data``; file: the page to take away.

    What the visitor has done with it is there before it is drawn again: ask :func:`reported`.
    """
    sent = data | {"echo": state_of(key).get("serial")}
    # with a callback, so that the session has what is reported
    mount_with_file(key=key, data=sent, file=file, on_report_change=lambda: None)


def large_data(features: Features, echo: int | None, compact: bool = False) -> dict:
    """What the data of a large pair has besides ``stage_data``, without an input that is moved.
    echo: the serial of the report that it answers."""
    return {
        "compact": compact,
        "echo": echo,
        "inputs": (),
        "run": None,
        "probabilities": None,
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


def reported(key: str, token: str, params: int, transformers: int = 1, inputs: int = 1) -> Report:
    """What the visitor has done on the stage of this key, if it still shows this token."""
    return reported_in(state_of(key), token, params, transformers, inputs)


def reported_in(
    state: dict, token: str, params: int, transformers: int = 1, inputs: int = 1
) -> Report:
    """The same, of what a browser has sent."""
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


def stage_data(
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
        "items": tuple(  # Streamlit looks for a table in a list, for half a millisecond
            {
                "id": item.id,
                "image": text_of(item.image.astype(np.uint8)),
                "thetas": None if item.theta is None else np.atleast_2d(item.theta).tolist(),
                "label": item.label,
                "alt": item.alt,
                "href": item.href,
            }
            for item in items
        ),
        "channels": 1 if items[0].image.ndim == 2 else items[0].image.shape[0],
        "inputSize": list(size),
        "outputSize": list(output_size or size),
        "transform": transformers
        and describe_transform(transformers.transform, output_size or size),
        "transformers": transformers.payload() if transformers else [],
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
    are_several = isinstance(value, list) and len(value) == several > 0
    return are_several and all(is_theta(theta, count) for theta in value)


def rounded(probabilities: Sequence[float] | None) -> list[float] | None:
    """Probabilities in as many digits as they have."""
    return None if probabilities is None else [float(f"{p:.7g}") for p in probabilities]


def is_theta(value: object, count: int) -> bool:
    """Whether what a browser has sent is a list of so many finite numbers."""
    return (
        isinstance(value, list)
        and len(value) == count
        and all(isinstance(v, int | float) and abs(v) <= MAX_NUMBER for v in value)
    )
