"""How far the invariance goes: errors and predicted poses far beyond the range of training.

One thing is varied at a time, rotation, scale, shift or clutter; all else stays in the middle of
what a column of Table 1 is trained with. The digits and the clutter are the same for every network
and every value. Ours: the paper measures within the range of training alone (Sect. 4.1).
"""

from stn_core.invariance.measuring import (
    QUANTILES,
    Point,
    Reading,
    measure,
    predicted,
    quantiles,
)
from stn_core.invariance.poses import (
    MAX_PATCHES,
    SEED,
    Axis,
    Pose,
    at,
    axes,
    centre,
    draw_clutter,
    posed,
)
from stn_core.invariance.recordings import (
    DIGITS,
    Curve,
    Measured,
    Recording,
    columns,
    distortion_of,
    load,
    published,
    reach,
    recording,
    recording_path,
    save,
    still_true,
    subset,
)
from stn_core.invariance.report import lines

__all__ = [
    "Axis",
    "Curve",
    "DIGITS",
    "MAX_PATCHES",
    "Measured",
    "Point",
    "Pose",
    "QUANTILES",
    "Reading",
    "Recording",
    "SEED",
    "at",
    "axes",
    "centre",
    "columns",
    "distortion_of",
    "draw_clutter",
    "subset",
    "lines",
    "load",
    "measure",
    "posed",
    "predicted",
    "published",
    "quantiles",
    "reach",
    "recording",
    "recording_path",
    "save",
    "still_true",
]
