"""Why labels are enough: what is looked at, and the way of the gradient in words."""

from __future__ import annotations

from dataclasses import dataclass

import streamlit as st

from app.data import browser_networks, examples, once
from app.data.faults import reason
from app.panels import transformers
from app.panels.choices import DIGITS
from app.stage.labels import Judged, labels
from app.stage.page_file import PageFile
from app.tables import DISTORTIONS
from app.views.labels import PAGE

FIRST_DIGIT, FIRST_SEED = PAGE.defaults["labels_digit"], PAGE.defaults["labels_seed"]
STUDY = "studies/st-fcn-aff"  # a short training with RTS
NETWORKS = {
    STUDY: "ST-FCN Aff, 6,000 steps",
    "st-fcn-aff": "ST-FCN Aff",
    "st-cnn-aff": "ST-CNN Aff",
}
STARTS = {"identity": "the identity", "network": "the network's θ"}


@dataclass(frozen=True, kw_only=True)
class Choice:
    """What is looked at. trained: or as it was before the training."""

    name: str
    trained: bool
    digit: int
    seed: int
    start: str


def choose() -> Choice:
    """One row of widgets."""
    from stn_core.evaluation import EXAMPLE_SEEDS

    with st.container(horizontal=True, vertical_alignment="bottom", gap="medium"):
        network = st.segmented_control(
            "Network", list(NETWORKS), default=STUDY, required=True,
            format_func=NETWORKS.get, key="labels_network", bind="query-params",
            help="Selects the classifier whose loss is used. The first was trained for a short "
            "time and reads mostly upright digits; the others are those of Table 1.",
        )  # fmt: skip
        if network == STUDY:
            column = st.segmented_control(
                "Distortion", ["RTS"], default="RTS", required=True,
                help="The short training used RTS. Choose another network for other distortions.",
            )  # fmt: skip
        else:
            column = st.segmented_control(
                "Distortion", list(DISTORTIONS), default="RTS", required=True,
                key="labels_distortion", bind="query-params",
                help="The distortion of the training, and of this digit",
            )  # fmt: skip
        trained = st.segmented_control(
            "Its weights", ["trained", "untrained"], default="trained", required=True,
            key="labels_weights", bind="query-params",
            help="*untrained*: the weights before training. Their loss does not depend on the pose "
            "yet, because classifier and transformer learn together.",
        )  # fmt: skip
        start = st.segmented_control(
            "θ starts at", list(STARTS), default="identity", required=True,
            format_func=STARTS.get, key="labels_start", bind="query-params",
            help="Where the descent starts",
        )  # fmt: skip
        digit = st.number_input(
            "Digit, 0 to 999", 0, DIGITS - 1, FIRST_DIGIT, key="labels_digit", bind="query-params",
            help="Selects a gallery digit, sorted by class: 200 to 299 are twos", width=130,
        )  # fmt: skip
        seed = st.number_input(
            "Seed", 0, EXAMPLE_SEEDS - 1, FIRST_SEED, key="labels_seed", bind="query-params",
            help="Draws the distortion", width=130,
        )  # fmt: skip
    return Choice(
        name=network if network == STUDY else f"distorted/{column.lower()}/{network}",
        trained=trained == "trained",
        digit=int(digit),
        seed=int(seed),
        start=start,
    )


@st.fragment
def show(choice: Choice) -> None:
    """U, V and the landscape."""
    try:
        network = once.made_once(
            f"labels/{choice.name}/{choice.trained}",
            lambda: browser_networks.network(
                choice.name, None if choice.trained else _untrained(choice.name)
            ),
        )
    except FileNotFoundError:
        st.info("This network is not published here. Choose another.")
        return
    except (OSError, KeyError, ValueError) as error:
        st.error(f"This network cannot be read: {reason(error)}. Choose another.")
        return
    shown = examples.example(choice.name, choice.digit, choice.seed)
    labels(
        Judged(
            network=network,
            image=transformers.pixels(shown.images)[0],
            label=int(shown.labels[0]),
            start=choice.start,
        ),
        key="labels",
        token=f"{choice.name}/{choice.trained}/{choice.digit}/{choice.seed}/{choice.start}",
        file=PageFile(
            name="why-labels-are-enough",
            title=PAGE.title,
            note="Press Descend: gradient steps on θ lower the loss of the true class. Or drag the "
            "grid.",
            source=PAGE.paper.where,
        ),
    )


def _untrained(name: str):
    """The weights with which the training began, of seed 0."""
    from stn_core.experiments import find

    state = find(name).build(seed=0).state_dict()
    return {key: tensor.numpy() for key, tensor in state.items()}


def explain() -> None:
    """The way back from the label to θ."""
    left, right = st.columns(2, gap="large")
    with left:
        st.markdown(
            "**From the label to θ.** The loss is $-\\log p(\\text{true class})$. Its gradient "
            "goes back through the classifier to the output $V$: it says which pixels should be "
            "brighter or darker. Each pixel of $V$ was read at a point of the image $U$; Eq. 7 "
            "says how it changes when that point moves. So the loss pulls on every grid point: the "
            "arrows. The points cannot move alone, because $\\theta$ moves them all. By Eq. 1, "
            "their pulls add up to $\\partial\\,\\text{loss}/\\partial\\theta$."
        )
        st.latex(
            r"\frac{\partial\,\text{loss}}{\partial\theta}=\sum_i"
            r"\frac{\partial\,\text{loss}}{\partial V_i}\,"
            r"\frac{\partial V_i}{\partial(x_i^s,\,y_i^s)}\,"
            r"\frac{\partial(x_i^s,\,y_i^s)}{\partial\theta}"
        )
    with right:
        st.markdown(
            "**In training**, the localisation network's weights move, not θ itself. The same "
            "gradient flows on into them, for many digits at once, until the network predicts a "
            "good θ for each. Classifier and transformer learn together.\n\n**The digit is not "
            "always upright at the end.** The label asks only for a digit that can be read. Try "
            "other digits: some turn all the way, others only move or stretch until the class is "
            "right. And try *ST-FCN Aff* of Table 1: trained on thirty times as many digits, it "
            "reads many that are tilted, and stops turning this two halfway.\n\n**Where it "
            "fails.** *Far away*: a grid that reads no ink can move a little without changing V. "
            "The landscape is flat, and no label helps. That is why a transformer starts at the "
            "identity, which sees all of U. *Integer kernel*: V changes in jumps, and the slope "
            "between them is zero. That is why the sampler is bilinear."
        )
        st.caption(
            "The steps are taken by Adam with learning rate 0.02. The map varies two components of "
            "θ; the other four stay fixed. Your browser computes all of it."
        )
