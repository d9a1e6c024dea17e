"""Volumes: the widgets that choose one, its stage, and what the networks say of it (App. A.3)."""

from __future__ import annotations

import zlib
from dataclasses import dataclass

import numpy as np
import streamlit as st

from app.data import loading
from app.palette import ADDERS
from app.panels import own, verdicts
from app.panels.downloads import downloads
from app.stage.volume import Pose, Solid, VolumeReport, volume, volume_report
from app.views.distorted.choices import DIGITS, choose_networks, choose_page_view, choose_seed

PREFIX = "volumes/extruded/"
FIRST_CHOICES = ("st-cnn-aff", "cnn")
OWN_DIGIT = "own-volume"  # the switch's key
FIRST_DIGIT, FIRST_SEED = 504, 2  # which the plain projection takes for a one
NAMES = r"""
**U** is a volume of 60×60×60 voxels; a digit of MNIST, made 8 voxels deep, stands in it, turned
about three axes. **G** is the regular 3D grid of V's voxels, and **$T_\theta(G)$** is where in U
each of them is read: an affine map of 12 numbers, **θ** (Eq. 10). The reading is trilinear (Eq. 9).
**W** is V summed over its depth, a 2D projection; a CNN classifies it, and sees nothing else.

The box is $T_\theta(G)$'s outline. Its strong face is V's front, the yellow dot V's first corner
and the arrow the axis along which V is summed. Bright voxels are those that the box reads.

**ST-CNN Aff** predicts all 12 numbers; **ST-CNN Rigid** a rotation and a shift, 6 numbers, and
keeps lengths. **CNN** sees the projection as it is, **3D-CNN** the volume. All have about 400,000
parameters.{curriculum}

App. A.3 and Fig. 5 of [*Spatial Transformer Networks*](https://arxiv.org/abs/1506.02025)
(Jaderberg, Simonyan, Zisserman, Kavukcuoglu, 2015). The paper gives neither figures nor ranges:
angles up to 45° about x and y and 90° about z, and the networks, are ours.
"""
EASED = (
    " In the training of {} the digits stood in the middle at first and then farther and farther "
    "off: the order in which a turn is learnt, and kept."
)


@dataclass(frozen=True, kw_only=True)
class Chosen:
    """What the visitor looks at. networks: keys of ``controls.options``, at most two."""

    networks: tuple[str, ...]
    digit: int
    seed: int
    drawn: loading.Drawn | None  # a digit of the visitor's own in its stead

    @property
    def token(self) -> str:
        """Tells the input from every other."""
        return f"{self.digit}/{zlib.crc32(repr(self.drawn).encode())}/{self.seed}"


def choose_view() -> str:
    """The first row of the page."""
    return choose_page_view("volume_view", ["Explore", "Train", "Replay", "Results"], names())


def names() -> str:
    """``NAMES``, with what is particular to the training of the networks that are shipped."""
    from stn_core import results

    eased = [
        f"**{loading.network_title(name.rsplit('/', 1)[1])}**"
        for name, cell in results.cells("volumes").items()
        if cell.metrics and cell.metrics["recipe"].get("curriculum")
    ]
    return NAMES.format(curriculum=EASED.format(" and ".join(eased)) if eased else "")


def choose() -> Chosen:
    """Two networks, a digit and a seed."""
    networks, digits = st.columns([1.25, 1], gap="large")
    with networks, st.container(horizontal=True, vertical_alignment="bottom", gap="small"):
        keys = choose_networks(PREFIX, FIRST_CHOICES)
    with digits, st.container(horizontal=True, vertical_alignment="bottom", gap="small"):
        digit = st.number_input(
            "Digit, 0 to 999", 0, DIGITS - 1, FIRST_DIGIT, key="volume_digit", bind="query-params",
            help="A hundred of each class, class by class: 200 to 299 are twos.",
        )  # fmt: skip
        seed = choose_seed("volume_seed", FIRST_SEED, "Turns and moves the digit", "Turn it anew")
        with st.popover(
            "Your own digit",
            help="Draw, paste, upload or photograph a digit, and see it as a volume",
        ):
            drawn = own.choose_digit(OWN_DIGIT)
    return Chosen(networks=keys, digit=int(digit), seed=seed, drawn=drawn)


@st.fragment
def explore(chosen: Chosen, networks: list[loading.LoadedNetwork]) -> None:
    """The volume on the left, what the networks say of it on the right."""
    shown = loading.placed(chosen.digit, chosen.seed, chosen.drawn)
    staged = next((n for n in networks if n.network.transformer), networks[0] if networks else None)
    token = f"{staged and staged.key}/{chosen.token}"
    report = volume_report("volume", token)
    pose = report.pose or Pose(turn=shown.turn, shift=shown.shift)
    images = loading.extruded(shown.image, pose.turn, pose.shift)
    with st.container(key="figure"):
        left, right = st.columns([2.3, 1], gap="large")
    with left:
        _stage(staged, shown, images, token)
    rows = [_verdict(n, images, report if n is staged else VolumeReport()) for n in networks]
    thetas = {
        n.title: loading.trace(n, images).warps[0].theta[0].numpy()
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
        st.latex(r"A_\theta = " + verdicts.matrix_latex(theta))
    st.caption(
        "Wanted: what brings the digit's own 28 × 28 × 28 voxels, facing the front, onto all of V. "
        "A network is free to keep a constant turn, and an affine one a zoom and a slant, and to "
        "stretch the depth, of which only the sum is seen; a rigid one cannot zoom."
    )


def _stage(staged: loading.LoadedNetwork | None, shown, images, token: str) -> None:
    from stn_core.experiments.volumes import SIDE

    trace = loading.trace(staged, images) if staged else None
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


def _verdict(loaded: loading.LoadedNetwork, images, report: VolumeReport) -> verdicts.Verdict:
    hand = [report.theta] if report.theta and loaded.network.transformer else []
    found = loading.trace(loaded, images, *hand)
    return verdicts.Verdict(
        loaded=loaded,
        probabilities=found.logits[0].softmax(0).numpy(),
        note="θ set by hand" if hand else "",
        brightest=found.classifier_input.max().item(),
    )


def further(chosen: Chosen, networks: list[loading.LoadedNetwork]) -> None:
    """Further digits in their projections, to click."""
    from app.stage import Item, strip

    writer, items = chosen.digit % 100, []
    for label in range(10):
        digit = 100 * label + (writer + 7 * label) % 100
        shown = loading.placed(digit, chosen.seed)
        images = loading.extruded(shown.image, shown.turn, shown.shift)
        said = [int(loading.trace(n, images).logits.argmax()) for n in networks]
        marks = "".join(" ✓" if answer == label else " ✗" for answer in said)
        items.append(
            Item(
                id=str(digit),
                image=verdicts.pixels(images)[0],
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
        on_selected=_choose_digit,
    )


def _choose_digit(digit: str) -> None:
    st.session_state["volume_digit"] = int(digit)
    st.session_state[OWN_DIGIT] = False
