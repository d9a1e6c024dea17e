"""The Transformer page: one image, no network, and what θ does (Sect. 3.2, 3.3)."""

from __future__ import annotations

import streamlit as st

from app.frame import predict
from app.palette import GRIDS
from app.stage.large import Features, Item, pair_data, reported, stage
from app.stage.page_file import PageFile
from app.stage.transformers import Transformers
from app.views.transformer import PAGE, challenge, choices
from app.views.transformer.questions import QUESTIONS


@st.fragment
def play() -> None:
    """Presets above, the stage on the left, what is on it on the right."""
    preset = choices.presets()
    left, right = st.columns([2.4, 1], gap="large")
    with right:
        choice = choices.choose(preset)
    with left:
        if preset:
            st.markdown(preset.words)
        height, width = choice.image.shape[-2:]
        rows, columns = choice.output_size
        pooled = choice.reading.pool
        data = pair_data(
            Item(
                id=choice.picture,
                image=choice.image,
                theta=choice.start,
                label="",
                alt=f"Image U: {choice.picture}, with the sampling grid on it",
            ),
            token=choice.token,
            transformers=Transformers(transform=choice.transform, colours=GRIDS[:1]),
            output_size=choice.output_size,
            reading=choice.reading,
            features=Features(
                equation=True,
                pose=choice.family.name == "Affine",
                tint=True,
                gradient=choice.gradient,
                target=choice.transform.identity().tolist() if choice.gradient else None,
                back_name="Reset",
                end_name="θ",
            ),
            captions={
                "U": f"Image U ({height} × {width}) and the sampling grid T<sub>θ</sub>(G)",
                "V": f"Output V ({rows} × {columns})",
                "pooled": f"V, pooled ({rows // pooled} × {columns // pooled})",
                "target": "Target",
            },
        )
        stage(data, key="lab", file=_file(choice))
        choices.remember(reported("lab", choice.token, choice.transform.num_params))
    with right:
        st.markdown(f"**{choice.family.name}**, {choice.transform.num_params} degrees of freedom")
        st.latex(choice.family.equation)
        st.caption(choice.family.words)


def _file(choice: choices.Choice) -> PageFile:
    """The page to take away."""
    return PageFile(
        name=f"transformer-{choice.family.name.lower().replace(' ', '-')}",
        title=f"{PAGE.title}: {choice.family.name}",
        note=f"{choice.transform.num_params} parameters θ. Drag the sampling grid on the image U, "
        "and the output V follows.",
        source=PAGE.paper.where,
    )


with st.container(horizontal=True, vertical_alignment="center", gap="medium"):
    view = st.segmented_control(
        "View",
        ["Play", "Challenge"],
        default="Play",
        required=True,
        key="lab_view",
        bind="query-params",
        label_visibility="collapsed",
    )
    if view == "Play":
        predict.ask("transformer", QUESTIONS)
if view == "Challenge":
    challenge.challenge()
else:
    play()
