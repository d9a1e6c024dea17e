"""Figure or stage + caption + equation, as the views put them together."""

from __future__ import annotations

import numpy as np
import streamlit as st

import figures
import loading
from controls import Choice, choose_digit
from palette import GRIDS, Palette, palette
from stage import Item, stage, strip

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
    """(B, 1, H, W) in [0, 1] -> uint8 (B, H, W)."""
    return (images[:, 0].numpy() * 255).round().astype(np.uint8)


def _size(size: tuple[int, int]) -> str:
    """42 × 42, in one line."""
    return f"{size[0]}\N{NO-BREAK SPACE}×\N{NO-BREAK SPACE}{size[1]}"


def network_stage(
    loaded: loading.LoadedNetwork | None, example, choice: Choice, index: int, compact: bool
) -> list[float] | None:
    """U, and a network's T_θ(G) and V with sliders for θ. Gives the θ set by hand, if any."""
    height, width = example.images.shape[2:]
    label = int(example.labels[0])
    alt = f"U: a distorted {label} ({choice.distortion})"
    captions = {"U": f"U, {_size((height, width))} pixels"}
    theta = transform = None
    found = loading.trace(loaded, example.images) if loaded else None
    if found and found.warps:
        theta = found.warps[0].theta[0].numpy()
        transform = loaded.network.transformer.transform
        pooled = tuple(found.classifier_input.shape[2:])
        then = "" if pooled == (height, width) else f", then pooled to {_size(pooled)}"
        captions = {
            "U": f"U and the grid T<sub>θ</sub>(G): drag it ({_size((height, width))})",
            "V": f"V: U sampled at the grid{then}",
        }
        alt += ", with the sampling grid on it"
    return stage(
        [
            Item(
                id=str(choice.digit),
                image=pixels(example.images)[0],
                theta=theta,
                label="",
                alt=alt,
            )
        ],
        key=f"stage-{index}",
        token=f"{loaded and loaded.key}/{choice.distortion}/{choice.digit}/{choice.seed}",
        input_size=(height, width),
        grid_colour=GRIDS[index],
        transform=transform,
        captions=captions,
        compact=compact,
    )


def verdicts(rows: list[tuple[loading.LoadedNetwork, np.ndarray, bool, float]], truth: int) -> None:
    """What each network says, and how sure it is of every class.

    rows: the network, its probabilities (classes,), whether its θ was set by hand, and the
    brightest value that its classifier was given.
    """
    shades = colours().networks
    for index, (loaded, values, by_hand, brightest) in enumerate(rows):
        said = int(values.argmax())
        mark = "✓ right" if said == truth else f"✗ wrong, it is a {truth}"
        hand = " · θ set by hand" if by_hand else ""
        below = loaded.record
        if brightest < 0.05:
            below = "V is black: the grid reads none of the ink, so this answer is about nothing"
        st.markdown(
            f"<div style='border-left:5px solid {shades[index]};"
            "padding-left:.75rem;margin-bottom:.6rem'>"
            f"<b>{loaded.title}</b> says <b style='font-size:1.6em'>{said}</b> "
            f"({_percent(values[said])}) <b>{mark}</b>{hand}<br>"
            f"<span style='font-size:.9em'>{below}</span></div>",
            unsafe_allow_html=True,
        )
    st.plotly_chart(
        figures.probabilities(
            [(loaded.title, p, shades[i]) for i, (loaded, p, *_) in enumerate(rows)],
            truth,
            colours(),
        ),
        config=figures.CONFIG,
        theme=None,
        key="probabilities",
        alt="Class probabilities of the networks, in percent",
    )


def _percent(share: float) -> str:
    """Never 100 %, which no softmax says."""
    return "over 99.9 %" if share > 0.999 else f"{100 * share:.1f} %"


def _number(value: float) -> str:
    """Two digits after the point, no −0, and large numbers in short."""
    return f"{round(float(value), 2) + 0.0:.2f}" if abs(value) < 1000 else f"{value:.0e}"


def matrix_latex(theta: np.ndarray) -> str:
    """θ as the matrix that it stands for, in LaTeX: Eq. 1, 2, or the projective 3 × 3."""
    if len(theta) == 3:
        s, x, y = theta
        theta = np.array([s, 0, x, 0, s, y])
    if len(theta) == 8:
        theta = np.append(theta, 1)
    rows = [" & ".join(map(_number, row)) for row in theta.reshape(-1, 3)]
    return r"\begin{bmatrix}" + r" \\ ".join(rows) + r"\end{bmatrix}"


def pose(example, thetas: dict[str, tuple[np.ndarray, bool]]) -> None:
    """The true pose beside each θ, as matrices and as numbers.

    thetas: by the network's title, θ (P,) and whether it was set by hand.
    """
    st.markdown("**θ: wanted and predicted**")
    columns: dict[str, np.ndarray] = {}
    if example.theta is not None:
        columns[WANTED] = example.theta[0].numpy()
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
    _decomposed({t: v for t, v in columns.items() if len(v) == 6})
    wanted = (
        "The wanted θ, which maps V to U, brings the digit's own 28 × 28 pixels upright onto all "
        "of V."
        if WANTED in columns
        else "Nothing undoes that in closed form, so there is no wanted θ to compare with."
    )
    st.caption(
        f"Done to the digit: {', '.join(_pose_words(example.pose))}. {wanted} The network is told "
        "nothing but the class, and undoes no more of the distortion than helps it to tell the "
        "classes apart: a constant zoom costs it nothing, nor does a slant that every digit keeps."
    )


def _decomposed(affines: dict[str, np.ndarray]) -> None:
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


def digit_strip(experiment_name: str, choice: Choice, networks: list) -> None:
    """Ten further digits to click, one of each class, distorted with the same seed."""
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
        input_size=items[0].image.shape,
        grid_colour=GRIDS[0],
        selected=str(choice.digit),
        on_selected=choose_digit,
    )
