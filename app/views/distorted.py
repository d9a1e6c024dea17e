"""Distorted MNIST: two networks on one digit; and trainings (Sect. 4.1, App. A.4, Table 1)."""

from __future__ import annotations

import streamlit as st

st.title("Distorted MNIST", anchor=False)
st.markdown(
    "A spatial transformer predicts $\\theta$ from the image $U$, reads $U$ at the grid "
    "$T_\\theta(G)$, and hands the result $V$ to a classifier. From the class alone, it learns a "
    "pose that is easy to read."
)

import controls  # noqa: E402  after the title: the modules below import torch
import loading  # noqa: E402

loading.warm_up()

import jobs  # noqa: E402
import panels  # noqa: E402
from training_form import training_form  # noqa: E402
from training_panel import training_panel  # noqa: E402


def load(key: str, distortion: str) -> loading.LoadedNetwork | None:
    """A network by its key; an unusable one is an error on the page, and None."""
    try:
        if key.startswith("run-"):
            job = jobs.find(key)
            if job is None:
                raise ValueError("its run is gone")
            folder = str(job.folder)
            modified = loading.run(folder).checkpoint.stat().st_mtime
            return loading.from_run(folder, job.title, modified)
        return loading.pretrained(f"distorted/{distortion.lower()}/{key}")
    except (RuntimeError, ValueError, OSError) as error:
        st.error(f"This network cannot be loaded: {error}")
        return None


@st.fragment
def explore(choice: controls.Choice) -> None:
    """The stages on the left, what the networks say on the right, further digits below."""
    name = f"distorted/{choice.distortion.lower()}/st-cnn-aff"  # any of them: the data is the same
    example = loading.example(name, choice.digit, choice.seed)
    networks = [n for key in choice.networks if (n := load(key, choice.distortion))]
    truth = int(example.labels[0])
    left, right = st.columns([1.25, 1], gap="large")
    rows, thetas = [], {}
    with left:
        if not any(n.network.transformer for n in networks):
            panels.network_stage(None, example, choice, 0, compact=False)
        compact = sum(n.network.transformer is not None for n in networks) > 1
        for index, loaded in enumerate(networks):
            override = None
            if loaded.network.transformer:
                if len(networks) > 1:
                    st.markdown(f"**{loaded.title}**")
                override = panels.network_stage(loaded, example, choice, index, compact)
            found = loading.trace(loaded, example.images, override)
            brightest = found.classifier_input.max().item()
            probabilities = found.logits[0].softmax(0).numpy()
            rows.append((loaded, probabilities, override is not None, brightest))
            if found.warps:
                thetas[loaded.title] = (found.warps[0].theta[0].numpy(), override is not None)
        panels.digit_strip(name, choice, networks)
        st.caption(
            "All digits shown are of the gallery: the first 100 of each class of MNIST's training "
            f"set, on which no network here was trained. {loading.digits_notice()}"
        )
    with right:
        if rows:
            panels.verdicts(rows, truth)
        else:
            st.info(
                f"No network for {choice.distortion} has been trained here yet. Choose RTS or TC, "
                "or train one: switch from *Explore* to *Train*."
            )
        panels.pose(example, thetas)


view, distortion = controls.choose_view()
if view == "Train":
    form, runs = st.columns([1, 2.4], gap="large")
    with form:
        training_form(distortion)
    with runs:
        training_panel(distortion)
else:
    explore(controls.choose(distortion))
