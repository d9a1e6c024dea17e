"""A transform as the browser is sent it: basis, offset, handles and sliders."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np

from app.stage.component import text_of

if TYPE_CHECKING:
    import torch

    from stn_core.transforms import Transform

CELLS = 7  # of the lattice that is drawn on U, in either direction
LINE_SAMPLES = 29  # points of a lattice line
LINEAR_REACH = 2.0  # sliders of matrix entries reach from −2 to 2
PROJECTIVE_REACH = 1.0
SLIDERS_IN_ROW = {3: 3, 6: 3, 8: 3}  # as θ stands in the matrix; else an (x, y) in each row
CORNERS = {
    "top left": (-1, -1),
    "top right": (1, -1),
    "bottom left": (-1, 1),
    "bottom right": (1, 1),
}
EDGES = {"top": (0, -1), "left": (-1, 0), "right": (1, 0), "bottom": (0, 1)}


@dataclass(frozen=True, kw_only=True)
class Transformers:
    """N transformers of one family on the same U, their names and the colours of their grids.

    last_alone: whether only the last one's V is shown, as of transformers in depth; unread: whether
    none is, where there is nothing to read."""

    transform: Transform
    colours: tuple[str, ...]
    names: tuple[str, ...] = field(default=())
    last_alone: bool = False
    unread: bool = False

    def payload(self) -> list[dict[str, str | bool]]:
        """For the browser."""
        names = self.names or ("",) * len(self.colours)
        hidden = len(names) if self.unread else len(names) - 1 if self.last_alone else 0
        return [
            {"name": name, "colour": colour, "unseen": n < hidden}
            for n, (name, colour) in enumerate(zip(names, self.colours, strict=True))
        ]


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
    )

    match transform:
        case ThinPlateSpline() | PiecewiseAffine():
            points = zip(transform.control_names, transform.controls.tolist(), strict=True)
            handles = [("point", f"control point {name}", tuple(at)) for name, at in points]
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


def learnt_targets(targets: np.ndarray) -> dict[str, str]:
    """A learnt B of every snapshot, (T, K, H', W') float16, also along the lattice lines."""
    import torch

    from stn_core.transforms import LearnedBasis

    rank, *size = targets.shape[1:]
    transform, lines = LearnedBasis((size[0], size[1]), rank), _lattice_lines(CELLS)
    along = []
    for target in targets:
        transform.B.data = torch.from_numpy(target).float().flatten(1)
        along.append(transform.target_at(lines).detach().numpy())
    return {
        "targets": text_of(targets),
        "latticeTargets": text_of(np.stack(along).astype(np.float16)),
    }


def describe_transform(
    transform: Transform,
    size: tuple[int, int],
    *,
    rigid: bool = False,
    whole: str = "the whole grid",
    outline: bool = False,
) -> dict:
    """A family for the browser: M_θ, B at the output pixels and along the lattice lines.

    outline: no lines inside the lattice, where several grids lie on one image."""
    import torch

    from stn_core.transforms import Attention

    slope, offset, divide = transform.matrix_form()
    like = torch.zeros(1)
    is_box = outline or isinstance(transform, Attention)  # Eq. 2
    cells = 1 if is_box else CELLS
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
