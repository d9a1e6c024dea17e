"""θ as matrices, and affine ones as rotation, scale, shear and shift."""

from __future__ import annotations

import math

import numpy as np

from app.panels.scrolled import scrolled

IDEAL = "ideal θ"
POSE_ROWS = {  # of a decomposed affine matrix: what to call it, unit, and digits after the point
    "angle_degrees": ("rotation, clockwise", "°", 1),
    "scale_x": ("scale in x", "", 2),
    "scale_y": ("scale in y", "", 2),
    "shear": ("shear", "", 2),
    "shift_x": ("shift in x (half widths)", "", 2),
    "shift_y": ("shift in y (half widths)", "", 2),
}


def short_number(value: float) -> str:
    """Two digits after the point, no −0, and large numbers in short."""
    return f"{round(float(value), 2) + 0.0:.2f}" if abs(value) < 1000 else f"{value:.0e}"


def matrix_latex(theta: np.ndarray) -> str:
    """θ as the matrix that it stands for, in LaTeX: Eq. 1, 2, 10, or the projective 3 × 3."""
    if len(theta) == 3:
        s, x, y = theta
        theta = np.array([s, 0, x, 0, s, y])
    if len(theta) == 8:
        theta = np.append(theta, 1)
    rows = [
        " & ".join(map(short_number, row))
        for row in theta.reshape(-1, 4 if len(theta) == 12 else 3)
    ]
    return r"\begin{bmatrix}" + r" \\ ".join(rows) + r"\end{bmatrix}"


def decomposed(affines: dict[str, np.ndarray]) -> None:
    """Affine θ (6,), by their titles, as rotation, scale, shear and translation, in a table."""
    import torch

    from stn_core.transforms import decompose_affine

    if not affines:
        return
    parts = {t: decompose_affine(torch.from_numpy(v)[None].float()) for t, v in affines.items()}
    head = "| | " + " | ".join(parts) + " |\n|---|" + "---:|" * len(parts) + "\n"
    rows = [
        f"| {name} | "
        + " | ".join(_shown(part[key].item(), decimals, unit) for part in parts.values())
        + " |"
        for key, (name, unit, decimals) in POSE_ROWS.items()
    ]
    table = head + "\n".join(rows)
    scrolled("Parameters θ", table)


def _shown(value: float, decimals: int, unit: str) -> str:
    """A number with its unit; a dash for what a map without extent has not."""
    return f"{value:.{decimals}f}{unit}".replace("-", "−") if math.isfinite(value) else "–"
