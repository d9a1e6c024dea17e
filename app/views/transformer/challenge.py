"""The challenge: make a digit upright and centred by hand, then see what a network does."""

from __future__ import annotations

import numpy as np
import streamlit as st

from app.data import examples, networks
from app.palette import GRIDS
from app.panels.transformers import pixels
from app.stage.large import Features, Item, pair_data, reported, stage
from app.stage.strip import strip
from app.stage.transformers import Transformers

EXPERIMENT = "distorted/rts/st-cnn-aff"
FIRST_DIGIT, FIRST_SEED = 207, 7


def challenge() -> None:
    """A distorted digit to be grasped, and the comparison once it is done."""
    st.fragment(_challenge)()


def _challenge() -> None:
    number = st.session_state.setdefault("challenge:number", 0)
    digit = (FIRST_DIGIT + 137 * number) % 1000
    example = examples.example(EXPERIMENT, digit, FIRST_SEED + number)
    loaded = networks.pretrained(EXPERIMENT)
    transform = loaded.network.transformer.transform
    token = f"challenge/{number}"
    image = pixels(example.images)[0]
    left, right = st.columns([1.5, 1], gap="large")
    with left:
        st.markdown(
            "**Make the digit upright in V, and as large as V.** Drag the grid onto it. Turn and "
            "scale the grid by its corners."
        )
        data = pair_data(
            Item(
                id=token,
                image=image,
                theta=transform.identity().numpy(),
                label="",
                alt="Image U: a distorted digit, with the grid to place on it",
            ),
            token=token,
            transformers=Transformers(transform=transform, colours=GRIDS[:1]),
            features=Features(pose=True, back_name="Reset"),
            captions={"U": "Image U (42 × 42) and your grid", "V": "Output V: make it upright"},
        )
        stage(data, key="challenge-stage")
    hand = reported("challenge-stage", token, transform.num_params).thetas
    with right:
        if not hand:
            st.info(
                "Drag the grid. Then compare your result with a network trained on class "
                "labels only."
            )
            return
        done = st.toggle(
            "Compare with the network",
            key=f"challenge-done-{number}",
            help="Shows your grid, the network's and the ideal one",
        )
        st.button("Another digit", on_click=_next, help="Shows the next digit, in another pose")
        if done:
            _compare(loaded, transform, example, np.array(hand[0], np.float32))


def _next() -> None:
    st.session_state["challenge:number"] += 1


def _compare(loaded: networks.LoadedNetwork, transform, example, hand: np.ndarray) -> None:
    import torch

    from stn_core.transforms import decompose_affine

    truth = example.theta[0].numpy()
    network = networks.run_network(loaded, example.images).warps[0].theta[0].numpy()
    label = int(example.labels[0])
    rows = {"Yours": hand, "The network": network, "Ideal θ": truth}
    height = example.images.shape[2]
    lines, items = [], []
    for name, theta in rows.items():
        logits = networks.run_network(loaded, example.images, theta.tolist()).logits[0].softmax(0)
        answer = int(logits.argmax())
        both = decompose_affine(torch.from_numpy(np.stack([theta, truth])))
        angle, straight = both["angle_degrees"].tolist()
        turn = f"{round((angle - straight + 180) % 360 - 180):+d}°".replace("-", "−")
        centre = height / 2 * np.hypot(*(theta - truth)[[2, 5]])
        zoom = (both["scale_x"] * both["scale_y"]).abs().sqrt()
        lines.append(
            f"| {name} | {turn} | {centre:.1f} px | {zoom[0] / zoom[1]:.2f} | "
            f"{answer} {'✓' if answer == label else '✗'} ({100 * logits[answer]:.0f} %) |"
        )
        items.append(
            Item(
                id=name,
                image=pixels(example.images)[0],
                theta=theta,
                label=name,
                alt=f"{name}: the grid on U; V below",
            )
        )
    strip(
        items,
        key="challenge-strip",
        token=f"{hand.tolist()}",
        transformers=Transformers(transform=transform, colours=GRIDS[:1]),
    )
    head = "| | angle error | centre error | relative size | reads |\n|---|---:|---:|---:|---|"
    table = "\n".join([head, *lines])
    st.markdown(
        f"<div role='alert' style='overflow-x:auto' tabindex='0'>\n\n{table}\n\n</div>",
        unsafe_allow_html=True,
    )
    done = f"{example.pose['angle_degrees'][0]:.0f}°".replace("-", "−")
    st.caption(
        f"Errors are relative to the ideal grid. The digit was a {label}, rotated by "
        f"{done}. The network ({loaded.record}) was trained on class labels only, so it undoes "
        "only what helps to tell the classes apart. *Reads* is its classifier's answer for each V."
    )
