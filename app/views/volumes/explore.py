"""A volume, its stage, and what the networks say of it (App. A.3)."""

from __future__ import annotations

import numpy as np
import streamlit as st

from app.data import volumes
from app.data.networks import run_network
from app.panels import poses, theme, transformers, verdicts
from app.panels.downloads import downloads
from app.panels.further import legend, marks
from app.stage.large import Item
from app.stage.strip import strip
from app.stage.volume import Pose, Solid, volume, volume_report
from app.views.volumes.choices import choose_digit
from app.views.volumes.shown import Moved, Shown, move


@st.fragment
def explore(shown: Shown) -> None:
    """The volume on the left, what the networks say of it on the right."""
    token = f"{shown.staged and shown.staged.key}/{shown.token}"
    moved = move(shown, volume_report("volume", token))
    left, right = st.columns([2.6, 1], gap="medium")
    with left:
        _stage(shown, moved, token)
    with right:
        if moved.predictions:
            rows = [p.verdict() for p in moved.predictions]
            shades = theme.colours_of(shown.networks)
            said = verdicts.verdicts_data(rows, shown.placed.label, shades, group=shown.token)
            verdicts.verdicts(said)
            downloads(rows, shown.placed.label)
        else:
            st.info(
                "No network for volumes has been trained here yet. Switch to *Train* and start one."
            )
        _explain(shown, moved)
    if thetas := _thetas(moved):  # wide matrices
        with st.expander("Parameters θ: ideal and predicted (Eq. 10)"):
            _numbers(thetas, moved.pose)


def _explain(shown: Shown, moved: Moved) -> None:
    """What can be done, what has been done to the digit, and from where each θ shows it."""
    thetas = _thetas(moved)
    degrees = ", ".join(
        f"{a:.0f}° about {n}".replace("-", "−")
        for a, n in zip(shown.placed.angle_degrees, "xyz", strict=True)
    )
    by_hand = ", then moved by hand" if moved.by_hand else ""
    follows = " and watch the box follow" if thetas else ""
    st.caption(
        "Drag in either picture to turn the view. Then choose *Drag: digit*, and move or turn "
        f"it{follows}. Rotation of this digit: {degrees}{by_hand}. The network is trained on class "
        "labels only."
    )
    if thetas:
        st.caption(_facing(thetas, moved.pose))


def _thetas(moved: Moved) -> dict[str, np.ndarray]:
    """Every predicted θ (12,), by its network's title, and then that of the hand."""
    transformed = [p for p in moved.predictions if p.own.warps]
    thetas = {p.loaded.title: p.own.warps[0].theta[0].numpy() for p in transformed}
    by_hand = {
        f"{p.loaded.title}, by hand": p.trace.warps[0].theta[0].numpy()
        for p in transformed
        if p.by_hand
    }
    return thetas | by_hand


def _ideal(pose: Pose) -> np.ndarray:
    """The θ that undoes a pose: (12,)."""
    from stn_core.distortions import DIGIT_PIXELS
    from stn_core.experiments.volumes import SIDE

    return np.concatenate([pose.turn * DIGIT_PIXELS / SIDE, pose.shift[:, None]], 1).flatten()


def _facing(thetas: dict[str, np.ndarray], pose: Pose) -> str:
    """From how far aside the digit is seen: along U's depth, and along the boxes'."""
    import torch

    from stn_core.transforms import Affine3D, facing_degrees

    ideal = torch.as_tensor(_ideal(pose)).float()[None]
    degrees = {
        name: facing_degrees(torch.as_tensor(theta).float()[None], ideal).item()
        for name, theta in {"": Affine3D().identity().numpy(), **thetas}.items()
    }
    others = ", ".join(
        f"**{angle:.0f}°** in the box of {name}" for name, angle in degrees.items() if name
    )
    return f"Viewing angle off face-on: **{degrees['']:.0f}°** in U, {others}."


def _numbers(thetas: dict[str, np.ndarray], pose: Pose) -> None:
    """The θ that would undo the pose, and those that were predicted or set by hand."""
    for title, theta in {"ideal θ": _ideal(pose), **thetas}.items():
        st.caption(title)
        st.latex(r"A_\theta = " + poses.matrix_latex(theta))
    st.caption(
        "The ideal θ makes the digit's own 28 × 28 × 28 voxels face the front and fill V. A "
        "network may keep a constant rotation; an affine one may also keep a zoom and a slant, and "
        "stretch the depth, because only the sum along it is seen. A rigid one cannot zoom."
    )


def _stage(shown: Shown, moved: Moved, token: str) -> None:
    from stn_core.experiments.volumes import SIDE

    staged, theta, probabilities = shown.staged, None, None
    if staged:
        [prediction] = [p for p in moved.predictions if p.loaded is staged]
        own, probabilities = prediction.own, prediction.probabilities
        theta = own.warps[0].theta[0].numpy() if own.warps else None
        plain = "has no transformer: W is U summed along its depth"
        box = "reads what is in the box" if own.warps else plain
        st.markdown(f"**{staged.title}** {box}.")
    coarser = getattr(staged.experiment.network, "coarser", 2) if staged else 2
    volume(
        Solid(
            image=shown.placed.image,
            pose=shown.pose,
            theta=theta,
            output_side=SIDE // coarser,
        ),
        key="volume",
        token=token,
        probabilities=probabilities,
    )


def further(shown: Shown) -> None:
    """Further digits in their projections, to click."""
    writer, items = shown.digit % 100, []
    for label in range(10):
        digit = 100 * label + (writer + 7 * label) % 100
        placed = volumes.placed(digit, shown.seed)
        images = volumes.extruded(placed.image, placed.turn, placed.shift)
        answers = [int(run_network(n, images).logits.argmax()) for n in shown.networks]
        items.append(
            Item(
                id=str(digit),
                image=transformers.pixels(images)[0],
                theta=None,
                label=f"{label}{marks(answer == label for answer in answers)}",
                alt=f"Choose this turned {label}",
            )
        )
    words = "**More digits**, turned with the same seed, seen from the front"
    st.caption(f"{words}{legend(shown.networks)}")
    strip(
        items,
        key="volumes",
        token=f"{writer}/{shown.seed}/{'/'.join(n.key for n in shown.networks)}",
        on_selected=choose_digit,
    )
