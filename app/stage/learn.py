"""Two networks that the visitor's own browser trains, and the digits that it trains them on."""

from __future__ import annotations

import zlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from app.palette import CORNER, GRIDS
from app.stage.component import line_colours, mount, state_of, text_of
from app.stage.page_file import PageFile, mount_with_file


@dataclass(frozen=True, kw_only=True)
class PackedDigits:
    """Digits as they are sent. count: of all of them; train: how many of them, from the first on,
    are trained on, the others are measured on; packed: their pixels by zlib, labels: their classes,
    both in base64."""

    count: int
    train: int
    side: int
    packed: str
    labels: str


def pack(pixels: np.ndarray, labels: np.ndarray, train: int) -> PackedDigits:
    """pixels: uint8 (N, side, side); labels: (N,). Takes half a second for 4,500 digits."""
    return PackedDigits(
        count=len(pixels),
        train=train,
        side=pixels.shape[1],
        packed=text_of(np.frombuffer(zlib.compress(pixels.tobytes(), 9), np.uint8)),
        labels=text_of(labels.astype(np.uint8)),
    )


def digits(data: dict, *, key: str) -> None:
    """Send digits to the browser, which keeps them: a stage of its own, so that they come once.

    data: ``digits_data``.
    """
    mount(key=key, data=data)


def digits_data(sent: PackedDigits, words: str) -> dict:
    """Digits for the browser. words: what they are."""
    return {
        "layout": "digits",
        "token": "digits",
        "words": words,
        "packed": sent.packed,
        "labels": sent.labels,
        "side": sent.side,
        "train": sent.train,
    }


def learn(
    seed: int,
    *,
    side: int,
    settings: Mapping[str, float | str | bool],
    ranges: Mapping[str, tuple[float, float]],
    names: Sequence[str],
    experiments: Sequence[str],
    shades: Sequence[str],
    key: str,
    token: str,
    file: PageFile | None = None,
) -> object:
    """Draw a training of this seed, which waits for a click. Gives the settings as the browser
    tells them once they were changed, None before.

    settings: those it begins with that are not the browser's defaults; ranges: of those that are
    numbers; names: of the two networks; shades: their colours; experiments: whose weights they are,
    in a file; file: the page to take away.
    """
    mount_with_file(
        key=key,
        file=file,
        data={
            "layout": "learn",
            "token": token,
            "seed": seed,
            "side": side,
            "settings": dict(settings),
            "ranges": {name: list(ends) for name, ends in ranges.items()},
            "names": list(names),
            "experiments": list(experiments),
            "colours": {
                "corner": CORNER,
                "grid": GRIDS[0],
                "series": line_colours(),
                "networks": list(shades),
            },
        },
        on_report_change=lambda: None,  # so that the session has it
    )
    return state_of(key).get("settings")
