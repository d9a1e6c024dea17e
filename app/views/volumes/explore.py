"""A volume, its stage, and what the networks say of it (App. A.3)."""

from __future__ import annotations

import numpy as np
import streamlit as st

from app.data import volumes
from app.data.networks import LoadedNetwork, run_network
from app.palette import ADDERS
from app.panels import poses, transformers, verdicts
from app.panels.downloads import downloads
from app.stage.volume import Pose, Solid, VolumeReport, volume, volume_report
from app.views.volumes.choices import Chosen, choose_digit


@st.fragment
def explore(chosen: Chosen, networks: list[LoadedNetwork]) -> None:
    """The volume on the left, what the networks say of it on the right."""
    shown = volumes.placed(chosen.digit, chosen.seed, chosen.drawn)
    staged = next((n for n in networks if n.network.transformer), networks[0] if networks else None)
    token = f"{staged and staged.key}/{chosen.token}"
    report = volume_report("volume", token)
    pose = report.pose or Pose(turn=shown.turn, shift=shown.shift)
    images = volumes.extruded(shown.image, pose.turn, pose.shift)
    with st.container(key="figure"):
        left, right = st.columns([2.3, 1], gap="large")
    with left:
        _stage(staged, shown, images, token)
    rows = [_verdict(n, images, report if n is staged else VolumeReport()) for n in networks]
    thetas = {
        n.title: run_network(n, images).warps[0].theta[0].numpy()
        for n in networks
        if n.network.transformer
    }
    if report.theta and staged:
        thetas[f"{staged.title}, by hand"] = np.array(report.theta)
    with right:
        if rows:
            verdicts.verdicts(rows, shown.label, ADDERS)
            downloads(rows, shown.label)
        else:
            st.info("No network for volumes is here yet. Train one: switch to *Train*.")
        degrees = ", ".join(
            f"{a:.0f}° about {n}" for a, n in zip(shown.angle_degrees, "xyz", strict=True)
        )
        moved = ", then moved by hand" if report.pose else ""
        follows = " and see the box follow, and turn" if thetas else ""
        st.caption(
            "Drag in either picture: one camera turns both. Then let *the hand take the digit*, "
            f"move it or turn its face away{follows}. Done to the digit: {degrees}{moved}. The "
            "network is told its class and nothing else."
        )
        if thetas:
            st.caption(_facing(thetas, pose))
            with st.expander("θ in numbers: wanted and predicted (Eq. 10)"):
                _numbers(thetas, pose)


def _wanted(pose: Pose) -> np.ndarray:
    """The θ that undoes a pose: (12,)."""
    from stn_core.distortions import DIGIT_PIXELS
    from stn_core.experiments.volumes import SIDE

    return np.concatenate([pose.turn * DIGIT_PIXELS / SIDE, pose.shift[:, None]], 1).flatten()


def _facing(thetas: dict[str, np.ndarray], pose: Pose) -> str:
    """From how far aside the digit is seen: along U's depth, and along the boxes'."""
    import torch

    from stn_core.transforms import Affine3D, facing_degrees

    wanted = torch.as_tensor(_wanted(pose)).float()[None]
    seen = {
        name: facing_degrees(torch.as_tensor(theta).float()[None], wanted).item()
        for name, theta in {"": Affine3D().identity().numpy(), **thetas}.items()
    }
    told = ", ".join(f"**{angle:.0f}°** by {name}" for name, angle in seen.items() if name)
    return f"From how far aside the digit is seen: **{seen['']:.0f}°** as it lies, {told}."


def _numbers(thetas: dict[str, np.ndarray], pose: Pose) -> None:
    """The θ that would undo the pose, and those that were predicted or set by hand."""
    for title, theta in {"wanted": _wanted(pose), **thetas}.items():
        st.caption(title)
        st.latex(r"A_\theta = " + poses.matrix_latex(theta))
    st.caption(
        "Wanted: what brings the digit's own 28 × 28 × 28 voxels, facing the front, onto all of V. "
        "A network is free to keep a constant turn, and an affine one a zoom and a slant, and to "
        "stretch the depth, of which only the sum is seen; a rigid one cannot zoom."
    )


def _stage(staged: LoadedNetwork | None, shown, images, token: str) -> None:
    from stn_core.experiments.volumes import SIDE

    trace = run_network(staged, images) if staged else None
    warps = trace.warps if trace else ()
    if staged:
        does = "reads what stands in the box" if warps else "has no transformer: W is U, summed"
        st.markdown(f"**{staged.title}** {does}.")
    coarser = getattr(staged.experiment.network, "coarser", 2) if staged else 2
    volume(
        Solid(
            image=shown.image,
            pose=Pose(turn=shown.turn, shift=shown.shift),
            theta=warps[0].theta[0].numpy() if warps else None,
            output_side=SIDE // coarser,
        ),
        key="volume",
        token=token,
    )


def _verdict(loaded: LoadedNetwork, images, report: VolumeReport) -> verdicts.Verdict:
    hand = [report.theta] if report.theta and loaded.network.transformer else []
    found = run_network(loaded, images, *hand)
    return verdicts.Verdict(
        loaded=loaded,
        probabilities=found.logits[0].softmax(0).numpy(),
        note="θ set by hand" if hand else "",
        brightest=found.classifier_input.max().item(),
    )


def further(chosen: Chosen, networks: list[LoadedNetwork]) -> None:
    """Further digits in their projections, to click."""
    from app.stage.large import Item
    from app.stage.strip import strip

    writer, items = chosen.digit % 100, []
    for label in range(10):
        digit = 100 * label + (writer + 7 * label) % 100
        shown = volumes.placed(digit, chosen.seed)
        images = volumes.extruded(shown.image, shown.turn, shown.shift)
        said = [int(run_network(n, images).logits.argmax()) for n in networks]
        marks = "".join(" ✓" if answer == label else " ✗" for answer in said)
        items.append(
            Item(
                id=str(digit),
                image=transformers.pixels(images)[0],
                theta=None,
                label=f"{label}{marks}",
                alt=f"Choose this turned {label}",
            )
        )
    legend = " · ✓ right, ✗ wrong, by network in their order above" if networks else ""
    st.caption(f"**Further digits**, turned with the same seed, seen from the front{legend}")
    strip(
        items,
        key="volumes",
        token=f"{writer}/{chosen.seed}/{'/'.join(n.key for n in networks)}",
        on_selected=choose_digit,
    )
