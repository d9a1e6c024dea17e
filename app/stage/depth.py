"""A photograph that transformers in depth read, one after the other (Table 2, (b))."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from app.palette import CORNER, CROP, DEPTHS
from app.stage.component import mount, state_of, text_of
from app.stage.large import is_theta
from app.stage.story import Layers


@dataclass(frozen=True, kw_only=True)
class Photograph:
    """image: uint8 (3, H, W); crop: the affine θ (6,) that reads a square of it, at first; side:
    of that, in pixels, as the networks are given it; uncropped: whether the hand takes the crop
    first, since nobody has said where the number is."""

    image: np.ndarray
    crop: Sequence[float]
    side: int
    uncropped: bool = False


@dataclass(frozen=True, kw_only=True)
class Cascade:
    """N transformers in depth at work on the crop.

    sizes: (C, H, W) of what each of them reads; layers: between each and the next, for layers.js;
    own: θ (N, 6) that the network predicts by itself; thetas: with those that a hand has set.
    """

    sizes: Sequence[tuple[int, int, int]] = ()
    layers: Sequence[Layers] = ()
    own: Sequence[Sequence[float]] = ()
    thetas: Sequence[Sequence[float]] = ()


@dataclass(frozen=True, kw_only=True)
class DepthReport:
    """What the visitor has done. crop: (6,), where it was moved, else None; thetas: for each
    transformer the θ (6,) that a hand has set, None where the network's counts; serial: larger
    than that of any earlier report."""

    serial: int = 0
    crop: list[float] | None = None
    thetas: tuple[list[float] | None, ...] = ()

    @property
    def by_hand(self) -> bool:
        """Whether a transformer's θ is a hand's."""
        return any(theta is not None for theta in self.thetas)


def depth(photograph: Photograph, cascade: Cascade, *, key: str, token: str) -> None:
    """Draw it. Ask :func:`depth_report` for what was done. token: names what is shown."""
    size = photograph.image.shape[-2:]
    mount(
        key=key,
        data={
            "layout": "depth",
            "token": token,
            "echo": state_of(key).get("serial"),
            "photograph": {
                "image": text_of(photograph.image),
                "size": list(size),
                "channels": 3,
                "height": size[0],
                "width": size[1],
                "uncropped": photograph.uncropped,
            },
            "crop": [float(v) for v in photograph.crop],
            "side": photograph.side,
            "sizes": [list(s) for s in cascade.sizes],
            "layers": [list(layers) for layers in cascade.layers],
            "own": [list(map(float, theta)) for theta in cascade.own],
            "thetas": [list(map(float, theta)) for theta in cascade.thetas],
            "colours": {"corner": CORNER, "crop": CROP, "frames": DEPTHS},
        },
        on_report_change=lambda: None,
    )


def depth_report(key: str, token: str, count: int) -> DepthReport:
    """What the visitor has done on the stage of this key, if it still shows this token. count: of
    its transformers."""
    state = state_of(key)
    if state.get("token") != token:
        return DepthReport()
    serial, crop, thetas = (state.get(name) for name in ("serial", "crop", "thetas"))
    are_thetas = isinstance(thetas, list) and len(thetas) == count
    return DepthReport(
        serial=serial if isinstance(serial, int) else 0,
        crop=crop if is_theta(crop, 6) else None,
        thetas=tuple(t if is_theta(t, 6) else None for t in thetas) if are_thetas else (),
    )
