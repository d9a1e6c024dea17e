"""A photograph with the windows of transformers in parallel, whose scale is fixed (Table 3)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from app.palette import DEPTHS
from app.stage.component import mount, state_of, text_of
from app.stage.large import is_theta

COVERS = (0.125, 0.25, 0.375)  # half the side of a cover, in half widths of the photograph


@dataclass(frozen=True, kw_only=True)
class Windows:
    """N windows of one size, by their middles t.

    scale: half a window's side, in half widths of the image; side: of what is read of a window, in
    pixels; starts: t (N, 2) before any training; own: of the photograph as it is; predicted: of
    what the hand has left uncovered; trained: whether a network has predicted them.
    """

    scale: float
    side: int
    starts: Sequence[Sequence[float]]
    own: Sequence[Sequence[float]]
    predicted: Sequence[Sequence[float]]
    trained: bool = True


@dataclass(frozen=True, kw_only=True)
class WindowsReport:
    """What the visitor has done. held: of each window the middle that a hand has set, or None;
    muted: windows, from 0 on; cover: x, y and half the side of the covered square, or None."""

    serial: int = 0
    held: tuple[list[float] | None, ...] = ()
    muted: tuple[int, ...] = ()
    cover: tuple[float, float, float] | None = None

    @property
    def by_hand(self) -> bool:
        """Whether a hand has moved a window."""
        return any(middle is not None for middle in self.held)


def windows(
    image: np.ndarray, shown: Windows, *, colour: Sequence[int], words: str, key: str, token: str
) -> None:
    """Draw it. Ask :func:`windows_report` for what was done. image: uint8 (3, S, S), as the network
    reads it; colour: of a cover; words: what the photograph is; token: names what is shown."""
    mount(
        key=key,
        data={
            "layout": "windows",
            "token": token,
            "echo": state_of(key).get("serial"),
            "image": text_of(image),
            "alt": words,
            "colour": list(colour),
            "covers": list(COVERS),
            "scale": shown.scale,
            "side": shown.side,
            "starts": _numbers(shown.starts),
            "own": _numbers(shown.own),
            "predicted": _numbers(shown.predicted),
            "trained": shown.trained,
            "colours": list(DEPTHS[: len(shown.own)]),
        },
        on_report_change=lambda: None,
    )


def windows_report(key: str, token: str, count: int) -> WindowsReport:
    """What the visitor has done on the stage of this key, if it still shows this token. count: of
    its windows."""
    state = state_of(key)
    if state.get("token") != token:
        return WindowsReport()
    serial, held, muted, cover = (state.get(name) for name in ("serial", "held", "muted", "cover"))
    are_middles = isinstance(held, list) and len(held) == count
    are_muted = is_theta(muted, count)
    return WindowsReport(
        serial=serial if isinstance(serial, int) else 0,
        held=tuple(t if is_theta(t, 2) else None for t in held) if are_middles else (),
        muted=tuple(n for n, m in enumerate(muted) if m) if are_muted else (),
        cover=tuple(cover) if is_theta(cover, 3) else None,
    )


def _numbers(middles: Sequence[Sequence[float]]) -> list[list[float]]:
    return [[float(v) for v in middle] for middle in middles]
