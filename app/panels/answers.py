"""What a network that runs shows: one transformer for the stage, and the classes that it gives."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from app.data.plain import plain
from app.palette import GRIDS
from app.panels.bars import FEW, Row, bars, percent
from app.stage.large import Features, Item, Reading
from app.stage.transformers import Transformers

if TYPE_CHECKING:
    from stn_core.inspecting import Inspected, Pass, Seen
    from stn_core.watching.fitting import Fitted

MAX_SIDE = 128  # pixels of V on the stage
FEATURES = Features(live=True, tint=True, back_name="Use the network's grid")
OWN, BY_HAND = "Its own grids", "Grid set by hand"


def shown_size(seen: Seen) -> tuple[int, int]:
    """V's on the stage."""
    height, width = seen.size
    factor = min(1.0, MAX_SIDE / max(height, width))
    return max(1, round(height * factor)), max(1, round(width * factor))


def picture_of(image, channel: int | None) -> np.ndarray:
    """One image (C, H, W) of floating-point numbers as a picture: uint8 (H, W) or (3, H, W)."""
    from stn_core.watched import picture

    one = image[None] if channel is None else image[None, channel : channel + 1]
    drawn = picture(one)[0].numpy()
    return drawn[0] if len(drawn) == 1 else drawn


def staged(seen: Seen, fitted: Fitted, image: int, crop: int = 0, channel: int | None = None):
    """A transformer at work on one image, for the stage: the item, and the other arguments."""
    (height, width), (rows, columns) = seen.input.shape[2:], seen.size
    channels, which = seen.input.shape[1], ""
    if channels not in (1, 3):
        of = "mean of" if channel is None else f"channel {channel + 1} of"
        which = f", {of} {channels} channels"
    item = Item(
        id=str(image),
        image=picture_of(seen.input[crop], channel),
        theta=fitted.theta[0].numpy(),
        label="",
        alt=f"U of image {image + 1} with the sampling grid on it",
    )
    return item, {
        "transformers": Transformers(transform=fitted.transform, colours=GRIDS[:1]),
        "output_size": fitted.size_for(shown_size(seen)),
        "reading": Reading(
            kernel=seen.kernel, padding="zeros" if seen.padding == "zeros" else "border"
        ),
        "captions": {
            "U": f"Before: U{which} ({height} × {width}), and the sampling grid"
            '<span class="hint">: drag it</span>',
            "V": f"After: V{which} ({rows} × {columns})",
        },
    }


def answer(
    network: Inspected, own: Pass, now: Pass | None, truth: int | None, shades: Sequence[str]
) -> str:
    """HTML: what a network says at its own grids, and, with ``now``, at those of the hand."""
    passes = [(OWN, own), *([(BY_HAND, now)] if now else [])]
    if any(one.probabilities is None for _, one in passes):
        return (
            f"<p>The network's output is {plain(own.words)}, which has no class scores. Class bars "
            "need an output (images, classes).</p>"
        )
    rows = [
        Row(title=title, probabilities=one.probabilities[0].numpy(), colour=shade)  # type: ignore[index]
        for (title, one), shade in zip(passes, shades, strict=False)
    ]
    names = [plain(network.class_name(c)) for c in range(len(rows[0].probabilities))]
    drawn = _most_likely([row.probabilities for row in rows], truth)
    each = "each class" if len(drawn) == len(names) else f"the {len(drawn)} likeliest classes"
    said = "".join(_said(row, names, truth) for row in rows)
    return said + bars(rows, names, truth, each, drawn)


def _said(row: Row, names: Sequence[str], truth: int | None) -> str:
    at = int(row.probabilities.argmax())
    mark = ""
    if truth is not None and truth < len(names):
        mark = " <b>✓</b>" if at == truth else f" <b>✗ — it is {names[truth]}</b>"
    return (
        f"<div aria-live='polite' style='border-left:5px solid {row.colour};padding-left:.75rem;"
        f"margin-bottom:.6rem'><b>{row.title}</b>: reads <b style='font-size:1.6em'>"
        f"{names[at]}</b> ({percent(row.probabilities[at])}){mark}</div>"
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
