"""MNIST addition: the stage of a sum, and what each transformer makes of either digit."""

from __future__ import annotations

import json
from collections.abc import Sequence

import numpy as np
import streamlit as st

from app.data import loading
from app.palette import GRIDS
from app.panels import downloads
from app.panels.verdicts import decomposed, pixels, report_of, transformers_of
from app.stage import Features, Input, Item, Report, stage, strip
from app.views.addition.addends import PREFIX, Sum, choose_pair, held

FURTHER = ((1, 4), (4, 8), (7, 0), (0, 9), (3, 3), (6, 2), (9, 7), (5, 6))  # pairs to click
OWNS = 0.1  # so much less of a digit's pose than in U: it is looked after


def note(loaded: loading.LoadedNetwork, chosen: Sum, report: Report | None) -> str:
    """What has been done to a network, for its verdict."""
    if report and report.thetas:
        return "θ set by hand"
    held_at = held(loaded, chosen)
    names = [f"transformer {n + 1} muted" for n, theta in enumerate(held_at) if theta]
    return ", ".join(names)


def stage_key(index: int) -> str:
    return f"sum-stage-{index}"


def _token(loaded: loading.LoadedNetwork | None, chosen: Sum) -> str:
    return f"{loaded and loaded.key}/{chosen.token}"


def hands_on(networks: Sequence[loading.LoadedNetwork | None], chosen: Sum) -> list[Report]:
    """What the visitor has done on the stage of each network."""
    return [
        report_of(loaded, stage_key(index), _token(loaded, chosen), inputs=len(chosen.digits))
        for index, loaded in enumerate(networks)
    ]


def sum_stage(
    loaded: loading.LoadedNetwork | None,
    shown,
    movables: list[loading.Movable],
    thetas: np.ndarray | None,
    chosen: Sum,
    index: int,
    *,
    adopted: list[list[float]] | None,
    compact: bool,
) -> None:
    """Both channels with every transformer's grid on them, and what each of them gives.

    shown: the Examples as they were drawn; thetas: (N, P), for where the digits are now; adopted:
    the poses of digits that were moved on another stage.
    """
    words = " and ".join(str(int(d)) for d in shown.pose["digit"][0])
    stage(
        Item(
            id=str(chosen.digits),
            image=pixels(shown.images)[0],
            theta=thetas,
            label="",
            alt=f"U: a distorted {words}, each in a channel of its own, with the grids on them",
        ),
        key=stage_key(index),
        token=_token(loaded, chosen),
        transformers=transformers_of(loaded.experiment.network) if loaded else None,
        inputs=[
            Input(
                image=m.image,
                pose=m.pose,
                name=f"the digit in channel {channel + 1}",
                channel=channel,
            )
            for channel, m in enumerate(movables)
        ],
        adopted=adopted,
        features=Features(live=True),
        captions={"U": "U", "V": "V"},
        compact=compact,
    )


def heading(loaded: loading.LoadedNetwork) -> None:
    """A network's name above its stage, and what its transformers have come to look after."""
    words = division_words(*loading.pose_left(loaded, loaded.key))
    st.markdown(f"**{loaded.title}**: {words}", unsafe_allow_html=True)


def division(networks: Sequence[loading.LoadedNetwork]) -> None:
    """For each transformer, how much of either digit's pose it undoes."""
    st.markdown("**How much of each digit's pose does a transformer undo?**")
    for loaded in networks:
        left, untouched = loading.pose_left(loaded, loaded.key)
        undone = np.clip(1 - left / untouched, 0, 1)
        st.markdown(_bars(loaded.title, undone), unsafe_allow_html=True)
    st.caption(
        "Ten pairs of gallery digits, each in 16 poses: by how much less the pixels of V vary from "
        "pose to pose than those of U (their variance as a share of their mean square). 100 %: the "
        "digit is always at the same place, of the same size and angle."
    )


def _bars(title: str, undone: np.ndarray) -> str:
    lines = []
    for n, shares in enumerate(undone):
        bars = "".join(
            "<div style='display:grid;grid-template-columns:5rem 1fr;align-items:center'>"
            f"<span style='font-size:.85rem'>channel {c + 1}</span>"
            "<div style='display:flex;align-items:center;gap:.4rem'>"
            f"<div style='height:.7rem;width:{max(0.5, 75 * share):.1f}%;background:{GRIDS[n]};"
            f"border-radius:2px'></div><span style='font-size:.8rem'>{100 * share:.0f} %</span>"
            "</div></div>"
            for c, share in enumerate(shares)
        )
        lines.append(
            f"<div style='border-left:5px solid {GRIDS[n]};padding-left:.6rem;margin:.4rem 0'>"
            f"{'transformer ' + str(n + 1) if len(undone) > 1 else 'the transformer'}{bars}</div>"
        )
    return f"<div><b>{title}</b>{''.join(lines)}</div>"


def division_words(left: np.ndarray, untouched: np.ndarray) -> str:
    """Which transformer looks after which channels, as HTML. left: (N, C); untouched: (C,)."""
    said = []
    for n, channels in enumerate(owned(left, untouched)):
        if len(left) > 1:
            who = f"<span style='border-bottom:3px solid {GRIDS[n]}'>transformer {n + 1}</span>"
        else:
            who = "its one transformer"
        names = [f"channel {c + 1}" for c in sorted(channels)]
        everything = "both channels" if len(names) == left.shape[1] > 1 else " and ".join(names)
        said.append(f"{who} looks after {everything or 'neither channel'}")
    return ", ".join(said) + "."


def owned(left: np.ndarray, untouched: np.ndarray) -> list[set[int]]:
    """The channels that each transformer looks after: where clearly less than in U is left."""
    return [{c for c in range(len(row)) if row[c] < untouched[c] - OWNS} for row in left]


def partings() -> None:
    """When two transformers have parted ways in every recorded training, and how far."""
    from stn_core.experiments import find

    lines, rows = [], []
    for name in loading.recorded_names(PREFIX):
        short = name.partition("@")[0]
        if find(f"{PREFIX}{short}").network.transformers < 2:
            continue
        try:
            found = loading.recorded(f"{PREFIX}{name}")
        except RuntimeError as error:
            st.error(f"This recording cannot be shown: {error}")
            continue
        left = [snapshot.pose_left for snapshot in found.snapshots]
        step = parted(left, [snapshot.step for snapshot in found.snapshots])
        seed = found.description["seed"]
        lines.append(
            f"| {loading.network_title(short)} | {seed} | "
            f"{'never' if step is None else f'{step:,}'} | {division_words(left[-1], left[0][0])} |"
        )
        rows.append(parting(f"{PREFIX}{short}", seed, step, left))
    if not rows:
        return
    st.markdown("**Do the two always part ways, and when?**")
    head = "| | seed | for good at step | at the end |\n|---|---:|---:|---|\n"
    st.markdown(head + "\n".join(lines), unsafe_allow_html=True)
    st.caption(
        "A transformer looks after a channel if of that digit's pose at least "
        f"{100 * OWNS:.0f} points less are left in its V than in U. Which of the two takes which "
        "channel is a matter of chance. *Replay* shows the curves."
    )
    downloads.buttons(
        ("When they part, as CSV", "partings.csv", lambda: downloads.as_csv(rows),
         "A line for each recorded training"),
        ("When they part, as JSON", "partings.json", lambda: json.dumps(rows), "The same"),
    )  # fmt: skip


def parting(experiment: str, seed: int, step: int | None, left: Sequence[np.ndarray]) -> dict:
    """A row of the table for a file. step: None of two that have not parted; left: (N, C) at every
    step, of which the channels that each transformer looks after at the end are told."""
    after = {
        f"transformer_{n + 1}_looks_after": " ".join(str(c + 1) for c in sorted(channels))
        for n, channels in enumerate(owned(left[-1], left[0][0]))
    }
    return {"experiment": experiment, "seed": seed, "parted_at_step": step} | after


def parted(left: Sequence[np.ndarray], steps: Sequence[int]) -> int | None:
    """From which step on two transformers look after one channel each, to the end; else None.

    left: (N, C) at every step, the first before the training, when V is U.
    """
    last = None
    for shares, step in zip(reversed(left), reversed(steps), strict=True):
        first, second = owned(shares, left[0][0])
        if not len(first) == len(second) == 1 or first == second:
            return last
        last = step
    return last


def theta_table(shown, thetas: dict[str, np.ndarray], hand: list[list[float]] | None) -> None:
    """The wanted pose of each digit beside each transformer's θ, where they are affine."""
    wanted = shown.theta[0].numpy() if hand is None else np.array(hand)
    columns = {f"channel {c + 1}: wanted": theta for c, theta in enumerate(wanted)}
    for title, theta in thetas.items():
        for n, row in enumerate(theta):
            if len(row) == len(wanted[0]):
                columns[f"{title}, {n + 1}" if len(theta) > 1 else title] = row
    st.markdown("**θ: wanted and predicted**")
    decomposed(columns)
    st.caption(
        "Wanted: what brings the digit's own 28 × 28 pixels upright onto all of V. A transformer "
        "that looks after a digit follows it; it is free to keep a constant turn and zoom."
    )


def further_sums(chosen: Sum, networks: Sequence[loading.LoadedNetwork]) -> None:
    """Further pairs to click, distorted with the same seed."""
    writer = chosen.digits[-1 if chosen.swapped else 0] % 100
    items = []
    for one, other in FURTHER:
        pair = (100 * one + writer, 100 * other + (writer + 11) % 100)
        shown = loading.pair(*pair, chosen.seed)
        label = int(shown.labels[0])
        said = [int(loading.trace(n, shown.images).logits.argmax()) for n in networks]
        marks = "".join(" ✓" if answer == label else " ✗" for answer in said)
        words = "+".join(str(int(d)) for d in shown.pose["digit"][0])
        items.append(
            Item(
                id=f"{pair[0]}.{pair[1]}",
                image=pixels(shown.images)[0],
                theta=None,
                label=f"{words}{marks}",
                alt=f"Choose these distorted digits, {words}",
            )
        )
    legend = " · ✓ right, ✗ wrong, by network in their order above" if networks else ""
    st.caption(f"**Further sums**, distorted with the same seed: click one{legend}")
    names = "/".join(n.key for n in networks)
    strip(
        items,
        key="sums",
        token=f"{writer}/{chosen.seed}/{names}",
        on_selected=choose_pair,
    )
