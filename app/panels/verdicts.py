"""Figure or stage + caption + equation, as the views put them together."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import streamlit as st

from app import figures
from app.data import loading
from app.palette import GRIDS, Palette, palette
from app.panels import own
from app.stage import (
    Features,
    Input,
    Item,
    Report,
    Track,
    Transformers,
    reported,
    stage,
    strip,
)
from app.training import jobs
from app.views.distorted.choices import Choice, choose_digit, choose_point

WANTED = "wanted"
POSE_ROWS = {  # of a decomposed affine matrix: what to call it, unit, and digits after the point
    "angle_degrees": ("rotation, clockwise", "°", 1),
    "scale_x": ("scale in x", "", 2),
    "scale_y": ("scale in y", "", 2),
    "shear": ("shear", "", 2),
    "shift_x": ("shift in x, half widths", "", 2),
    "shift_y": ("shift in y, half widths", "", 2),
}


def colours() -> Palette:
    """The palette of the visitor's theme."""
    return palette(st.context.theme.type)


def pixels(images) -> np.ndarray:
    """(B, C, H, W) in [0, 1] -> uint8; (B, H, W) of a single channel.

    Of volumes (B, 1, D, H, W) their projections, the brightest of each white.
    """
    if images.ndim == 5:
        images = images.sum(2)
        images = images / images.amax((1, 2, 3), keepdim=True).clamp(min=1)
    values = (images.numpy() * 255).round().astype(np.uint8)
    return values[:, 0] if values.shape[1] == 1 else values


def load(key: str, prefix: str) -> loading.LoadedNetwork | None:
    """A network of ``distorted/rts/`` by its key; an unusable one is an error on the page."""
    try:
        if key.startswith("own-"):
            file = st.session_state[own.weights_field(prefix)]
            return loading.own_network(prefix, file.file_id, file.getvalue)
        if key.startswith("run-"):
            job = jobs.find(key)
            if job is None:
                raise ValueError("its run is gone")
            folder = str(job.folder)
            modified = loading.run(folder).checkpoint.stat().st_mtime
            return loading.from_run(folder, job.title, modified)
        return loading.pretrained(f"{prefix}{key}")
    except (RuntimeError, ValueError, OSError) as error:
        st.error(f"This network cannot be loaded: {error}")
        return None


def thetas_of(trace) -> np.ndarray | None:
    """θ of every transformer for a batch of one: (N, P); None without one."""
    return np.stack([warp.theta[0].numpy() for warp in trace.warps]) if trace.warps else None


def transformers_of(network, index: int = 0) -> Transformers | None:
    """A network's transformers, several in colours of their own; index: of two networks."""
    if network.transform is None:
        return None
    count = network.transformers
    return Transformers(
        transform=network.transform,
        colours=(GRIDS[index],) if count == 1 else GRIDS[:count],
        names=() if count == 1 else tuple(f"transformer {n + 1}" for n in range(count)),
    )


def _size(size: tuple[int, int]) -> str:
    """42 × 42, in one line."""
    return f"{size[0]}\N{NO-BREAK SPACE}×\N{NO-BREAK SPACE}{size[1]}"


def network_stage(
    loaded: loading.LoadedNetwork | None,
    images,
    theta: np.ndarray | None,
    choice: Choice,
    index: int,
    *,
    label: int,
    moved: loading.Movable,
    adopted: Sequence[float] | None,
    sweep: bool,
    compact: bool,
) -> None:
    """U, to be turned and moved by hand, with a network's T_θ(G), V and θ in numbers.

    images: as they were drawn; theta: the network's, (P,), for where the input is now; adopted: the
    pose of an input that was moved on another stage; sweep: play the input being turned.
    """
    height, width = images.shape[2:]
    alt = f"U: a distorted {label} ({choice.distortion})"
    captions = {"U": f"U, {_size((height, width))} pixels"}
    transformers = None
    if theta is not None:
        transform, side = loaded.network.transformer.transform, loaded.network.pool
        transformers = Transformers(transform=transform, colours=(GRIDS[index],))
        then = "" if side == 1 else f", then pooled to {_size((height // side, width // side))}"
        captions = {
            "U": f"U and the grid T<sub>θ</sub>(G): drag it ({_size((height, width))})",
            "V": f"V: U sampled at the grid{then}",
        }
        alt += ", with the sampling grid on it"
    stage(
        Item(id=str(choice.digit), image=pixels(images)[0], theta=theta, label="", alt=alt),
        key=stage_key(index),
        token=stage_token(loaded, choice),
        transformers=transformers,
        track=_sweep_track(loaded, choice) if sweep else None,
        inputs=[
            Input(
                image=moved.image,
                pose=moved.pose,
                name="the picture" if moved.whole else "the digit",
            )
        ],
        adopted=adopted and [adopted],
        features=Features(live=True),
        captions=captions,
        compact=compact,
    )


def stage_key(index: int) -> str:
    return f"stage-{index}"


def stage_token(loaded: loading.LoadedNetwork | None, choice: Choice) -> str:
    """What a stage shows; with another token it starts anew."""
    return f"{loaded and loaded.key}/{choice.token}"


def hand_on(networks: list[loading.LoadedNetwork | None], choice: Choice) -> list[Report]:
    """What the visitor has done on the stage of each network."""
    return [
        report_of(loaded, stage_key(index), stage_token(loaded, choice))
        for index, loaded in enumerate(networks)
    ]


def report_of(
    loaded: loading.LoadedNetwork | None, key: str, token: str, inputs: int = 1
) -> Report:
    """What the visitor has done on a network's stage, with so many inputs to move."""
    network = loaded.experiment.network if loaded else None
    several = network.transformers if network and network.transform else 0
    return reported(key, token, network.transform.num_params if several else 0, several, inputs)


def _sweep(loaded: loading.LoadedNetwork, choice: Choice) -> loading.Sweep:
    shown = (choice.experiment_name, choice.digit, choice.seed, choice.drawn)
    return loading.sweep(loaded, loaded.key, *shown)


def _sweep_track(loaded: loading.LoadedNetwork | None, choice: Choice) -> Track | None:
    if loaded is None:
        return None
    found = _sweep(loaded, choice)
    thetas = np.zeros((len(found.poses), 0)) if found.theta is None else found.theta
    return Track(
        name="The input turned, from 90 degrees to the left to 90 to the right",
        theta=thetas[:, None, None],
        labels=[f"{d}°" for d in loading.SWEEP_DEGREES],
        ends=("−90°", "90°"),
        per_second=10,
        poses=found.poses,
    )


@dataclass(frozen=True, kw_only=True)
class Verdict:
    """What a network says: its probabilities (classes,), what has been done to it (as "θ set by
    hand"), and the brightest value that its classifier was given."""

    loaded: loading.LoadedNetwork
    probabilities: np.ndarray
    note: str
    brightest: float


def verdicts(
    rows: list[Verdict],
    truth: int,
    shades: Sequence[str],
    *,
    article: str = "a ",
    each: str = "each class",
) -> None:
    """What each network says, and how sure it is of every class.

    shades: a colour for each network; article: of a class, as "it is a 7"; each: what the bars
    are of.
    """
    for index, row in enumerate(rows):
        said = int(row.probabilities.argmax())
        mark = "✓ right" if said == truth else f"✗ wrong, it is {article}{truth}"
        note = row.note and f" · {row.note}"
        below = row.loaded.record
        if row.brightest < 0.05:
            below = "V is black: the grid reads none of the ink, so this answer is about nothing"
        st.markdown(
            f"<div style='border-left:5px solid {shades[index]};"
            "padding-left:.75rem;margin-bottom:.6rem'>"
            f"<b>{row.loaded.title}</b> says <b style='font-size:1.6em'>{said}</b> "
            f"({_percent(row.probabilities[said])}) <b>{mark}</b>{note}<br>"
            f"<span style='font-size:.9em'>{below}</span></div>",
            unsafe_allow_html=True,
        )
    st.markdown(_bars(rows, truth, shades, each), unsafe_allow_html=True)


def _bars(rows: list[Verdict], truth: int, shades: Sequence[str], each: str) -> str:
    """The probabilities as bars: drawn by the browser at once, ten times a second if need be."""
    lines = []
    height = 1.55 if len(rows[0].probabilities) <= 10 else 1.25
    for digit in range(len(rows[0].probabilities)):
        bars = "".join(
            f"<div style='display:flex;align-items:center;gap:.4rem'><div style='height:.6rem;"
            f"width:{max(0.3, 82 * row.probabilities[digit]):.1f}%;background:{shade};"
            "border-radius:2px;transition:width .1s'></div>"
            f"<span style='font-size:.75rem;line-height:.8rem'>{_share(row.probabilities[digit])}"
            "</span></div>"
            for row, shade in zip(rows, shades, strict=False)
        )
        name = f"<b>{digit}</b> ◂" if digit == truth else f"{digit}"
        lines.append(
            "<div style='display:grid;grid-template-columns:2rem 1fr;align-items:center;"
            f"min-height:{height}rem'><span>{name}</span><div>{bars}</div></div>"
        )
    said = "; ".join(
        f"{row.loaded.title}: "
        + ", ".join(f"{d} {_share(p)}" for d, p in enumerate(row.probabilities) if p >= 0.005)
        for row in rows
    )
    return (
        f"<div role='img' aria-label='Class probabilities. {said}'>{''.join(lines)}</div>"
        "<p style='font-size:.85rem;margin:.2rem 0 1rem'>"
        f"Probability of {each}; ◂ the true one.</p>"
    )


def _share(share: float) -> str:
    return "" if share < 0.005 else _percent(share)


def _percent(share: float) -> str:
    """Never 100 %, which no softmax says."""
    return "over 99.9 %" if share > 0.999 else f"{100 * share:.1f} %"


def _number(value: float) -> str:
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
        " & ".join(map(_number, row)) for row in theta.reshape(-1, 4 if len(theta) == 12 else 3)
    ]
    return r"\begin{bmatrix}" + r" \\ ".join(rows) + r"\end{bmatrix}"


def pose(
    example,
    thetas: dict[str, tuple[np.ndarray, bool]],
    moved: loading.Movable,
    hand: Sequence[float] | None,
) -> None:
    """The true pose beside each θ, as matrices and as numbers.

    thetas: by the network's title, θ (P,) and whether it was set by hand; hand: the pose (6,) that
    the input was moved to.
    """
    st.markdown("**θ: wanted and predicted**")
    columns: dict[str, np.ndarray] = {}
    if example.theta is not None:
        columns[WANTED] = _wanted(example.theta[0].numpy(), moved, hand)
    columns |= {
        f"{title}{', by hand' if by_hand else ''}": theta
        for title, (theta, by_hand) in thetas.items()
    }
    matrices = {t: v for t, v in columns.items() if len(v) in (3, 6, 8)}
    if matrices:
        places = [place for _ in range(0, len(matrices), 2) for place in st.columns(2)]
        for place, (title, theta) in zip(places, matrices.items(), strict=False):
            with place:
                st.caption(f"{title}: undoes the distortion" if title == WANTED else title)
                st.latex(r"A_\theta = " + matrix_latex(theta))
    for title, theta in columns.items():
        if title not in matrices:
            st.caption(f"{title}: the source (x, y) of each control point, row by row")
            side = round((len(theta) / 2) ** 0.5)
            points = theta.reshape(side, side, 2)
            st.table([[f"{x:+.2f}, {y:+.2f}" for x, y in row] for row in points])
    decomposed({t: v for t, v in columns.items() if len(v) == 6})
    wanted = (
        "The wanted θ, which maps V to U, brings the digit's own 28 × 28 pixels upright onto all "
        "of V."
        if WANTED in columns
        else "Nothing undoes that in closed form, so there is no wanted θ to compare with."
    )
    done = ", ".join(_pose_words(example.pose))
    if hand is not None:
        done += ", then moved by hand" if moved.whole else " at first, then moved by hand"
    st.caption(
        f"Done to the digit: {done}. {wanted} The network is told "
        "nothing but the class, and undoes no more of the distortion than helps it to tell the "
        "classes apart: a constant zoom costs it nothing, nor does a slant that every digit keeps."
    )


def _wanted(theta: np.ndarray, moved: loading.Movable, hand: Sequence[float] | None) -> np.ndarray:
    """The θ that undoes the distortion and what a hand has done after it."""
    if hand is None:
        return theta
    if not moved.whole:
        return np.asarray(hand)

    def square(values: np.ndarray) -> np.ndarray:
        last = np.array([0, 0, 1])
        return np.append(values, last[len(values) - 9 :]).reshape(3, 3)

    both = square(np.asarray(hand)) @ square(theta)
    return (both / both[2, 2]).flatten()[: len(theta)]


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
        + " | ".join(f"{part[key].item():.{places}f}{unit}" for part in parts.values())
        + " |"
        for key, (name, unit, places) in POSE_ROWS.items()
    ]
    st.markdown(head + "\n".join(rows))


def _pose_words(values: dict) -> list[str]:
    words = []
    for name, value in values.items():
        value = value[0]
        if name == "angle_degrees":
            words.append(f"turned by {value.item():.0f}°")
        elif name == "scale":
            words.append(f"scaled by {value.item():.2f}")
        elif value.ndim == 0:
            axis = name.split("_")[1]
            words.append(f"moved by {value.item():+.1f} pixels in {axis}")
        else:
            what = "corners" if "corner" in name else "control points"
            spread = value.square().mean().sqrt().item()
            words.append(f"its {len(value)} {what} moved by {spread:.1f} pixels (rms)")
    return words


def digit_strip(choice: Choice, networks: list) -> None:
    """Ten further digits to click, one of each class, distorted with the same seed."""
    experiment_name = choice.experiment_name
    writer = choice.digit % 100
    digits = tuple(range(writer, 1000, 100))
    answers = [loading.said(n, n.key, experiment_name, digits, choice.seed) for n in networks]
    items = []
    for place, digit in enumerate(digits):
        example = loading.example(experiment_name, digit, choice.seed)
        label = int(example.labels[0])
        marks = "".join(" ✓" if answer[place] == label else " ✗" for answer in answers)
        items.append(
            Item(
                id=str(digit),
                image=pixels(example.images)[0],
                theta=None,
                label=f"{label}{marks}",
                alt=f"Choose this distorted {label}",
            )
        )
    legend = " · ✓ right, ✗ wrong, by network in their order above" if networks else ""
    st.caption(f"**Further digits**, distorted with the same seed: click one{legend}")
    names = "/".join(n.key for n in networks)
    strip(
        items,
        key="digits",
        token=f"{experiment_name}/{writer}/{choice.seed}/{choice.digit}/{names}",
        selected=str(choice.digit),
        on_selected=choose_digit,
    )


def many_digits(choice: Choice, networks: list[loading.LoadedNetwork]) -> None:
    """The angle sweep of this digit, and true against predicted angles of 200 digits."""
    shades = colours().networks
    left, right = st.columns(2, gap="large")
    with left:
        st.markdown("**Turn this digit, and who still reads it?**")
        series = [(n.title, _sweep(n, choice)) for n in networks]
        st.plotly_chart(
            figures.sweep(
                loading.SWEEP_DEGREES,
                [(title, 100 * s.share, shades[i]) for i, (title, s) in enumerate(series)],
                colours(),
            ),
            config=figures.CONFIG,
            theme=None,
            key="sweep-chart",
            alt="Probability of the true class while the input is turned",
        )
        st.caption(
            f"The input is turned about its middle; {choice.distortion} is trained with "
            f"{_trained_range(choice)}. *Sweep the angle*, above, plays it on the stage."
        )
    with right:
        st.markdown("**True angle against predicted angle**")
        turned = [(i, n) for i, n in enumerate(networks) if n.network.transformer]
        shown = loading.example(choice.experiment_name, choice.digit, choice.seed)
        if "angle_degrees" not in shown.pose:
            st.info(
                f"{choice.distortion} turns no digit, so there is no true angle. Choose R or RTS."
            )
            return
        if not turned:
            st.info("Neither network has a transformer. Choose an ST network.")
            return
        clouds = [
            (n.title, loading.angles(n, n.key, choice.experiment_name, choice.seed), shades[i])
            for i, n in turned
        ]
        st.plotly_chart(
            figures.angles(clouds, choice.digit, colours()),
            config=figures.CONFIG,
            theme=None,
            key="angles",
            on_select=choose_point,
            selection_mode="points",
            alt="Scatter of the true and the predicted angles of 200 digits",
        )
        st.caption(
            "200 gallery digits, 20 of each class; ✕ is misread. Click a point to put its digit on "
            "the stage. On the diagonal, V is upright. A flat cloud: the transformer turns "
            "nothing, and leaves the angle to its classifier."
        )


def _trained_range(choice: Choice) -> str:
    from stn_core.distortions import RTS, R

    ranges = {"R": R().max_angle_degrees, "RTS": RTS().max_angle_degrees}
    reach = ranges.get(choice.distortion)
    return f"angles up to {reach:g}°" if reach else "upright digits"
