"""Co-localisation: the boxes of a set replayed, run live, and Eq. 8 with its numbers (App. A.2)."""

from __future__ import annotations

from pathlib import Path

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from app.data import recordings
from app.data.boxes import encoder, recorded_boxes, true_boxes
from app.data.faults import reason
from app.data.plain import plain
from app.panels import downloads
from app.panels.choices import choose_page_view
from app.panels.training_panel import Watching, training_panel
from app.stage.large import Item
from app.stage.strip import strip
from app.stage.wall import Boxes, WallReport, wall
from app.training.job import Job
from app.views.colocalisation import PAGE

PREFIX = "colocalisation/"
FIRST_DIGIT = PAGE.defaults["boxes_digit"]
REFRESH_SECONDS = 2.0
NAMES = r"""
The localisation network predicts a **box** for each image: the parameters $\theta = (s, t_x, t_y)$
of an attention transformer. $I^T$ is the crop inside the box, 28 × 28 pixels. **T**: a digit at a
random place in 84 × 84 pixels. **TC**: the same with 16 patches of other digits, 6 × 6 pixels each.

**$e()$** is the encoder, a CNN that classifies digits. Its three layers of activations make up a
vector. It was trained on labelled crops of other digits. (We use two encoders: one for the search,
and a finer one for its end.)

A digit counts as **localised** if its box and its true 28 × 28 frame have an **overlap**
(intersection over union) above 0.5.

Eq. 8, App. A.2, Table 5 and Fig. 4 of
[*Spatial Transformer Networks*](https://arxiv.org/abs/1506.02025) (Jaderberg, Simonyan, Zisserman,
Kavukcuoglu, 2015).
"""


def choose_view() -> tuple[str, DeltaGenerator]:
    """The first row of the page: which view; and the row."""
    return choose_page_view("boxes_view", ["Watch", "Run it live", "Results"], NAMES)


def _choose_set() -> str:
    """A class, with clutter or without: ``colocalisation/tc/8``."""
    with st.container(horizontal=True, vertical_alignment="bottom", gap="medium"):
        digit = st.pills(
            "The class; the method does not know it", list(range(10)), default=FIRST_DIGIT,
            required=True, key="boxes_digit", bind="query-params",
            help="The digit that all hundred images share",
        )  # fmt: skip
        clutter = st.segmented_control(
            "Digits on black (T), or with 16 patches of clutter (TC)", ["T", "TC"], default="TC",
            required=True, key="boxes_clutter", bind="query-params",
            help="Clutter: 16 patches of other digits, each of 6 × 6 pixels",
        )  # fmt: skip
    return f"{PREFIX}{clutter.lower()}/{digit}"


def watch() -> None:
    """The shipped optimisation of a class, step by step, and two of its images in Eq. 8."""
    name = _choose_set()
    try:
        recorded = recorded_boxes(name)
    except RuntimeError as error:
        st.error(f"This recording cannot be read: {reason(error)}")
        st.info("Choose *Run it live* to make one.")
        return
    _show(name, recorded, name, live=False, from_start=True)


@st.fragment
def _show(
    name: str,
    recorded,
    token: str,
    live: bool,
    from_start: bool = False,
    folder: Path | None = None,
) -> None:
    description = recorded.description
    clutter = description.get("clutter", 16 * (name.split("/")[1] == "tc"))
    known = name.split("/")[2].isdigit()  # else the visitor's own set
    truth = true_boxes(name, description["set_seed"], clutter) if known else None
    report = wall(
        Boxes(recorded=recorded, truth=truth, live=live, from_start=from_start),
        key="wall",
        token=token,
    )
    st.caption(
        "All boxes start in the middle. Click an image to enlarge it. Recorded: "
        f"{description['recipe']['iterations']:,} steps, "
        f"{'two encoders' if description['recipe'].get('fine') else 'one encoder'}, seed "
        f"{plain(description['seed'])}, {plain(description['device'])}."
    )
    if not live:
        downloads.encoders(folder)
        _pair(recorded, report)


def _pair(recorded, report: WallReport) -> None:
    """One term of Eq. 8 for the first two large images, where the playhead rests."""
    import torch

    from stn_core.box_search.boxes import crops, random_boxes
    from stn_core.box_search.search import fine_from
    from stn_core.objectives import Patches, Triplet

    n, m = report.chosen[:2]
    recipe = recorded.description["recipe"]
    frame = len(recorded.snapshots) - 1 if report.frame is None else report.frame
    snapshot = recorded.snapshots[min(frame, len(recorded.snapshots) - 1)]
    images = torch.from_numpy(recorded.probes[[n, m, n]]).float() / 255
    anywhere = random_boxes(1, recipe["patch_scale"], torch.Generator().manual_seed(n))
    boxes = torch.cat([torch.from_numpy(snapshot.theta[[n, m], 0]).float(), anywhere])
    seen = crops(images, boxes)
    fine = recipe.get("fine", False) and snapshot.step > fine_from(recipe["iterations"])
    try:
        embedded = encoder(recipe["normalised"], fine)(seen)
    except (ValueError, OSError) as error:
        st.error(f"Its encoder cannot be loaded: {reason(error)}")
        return
    near, far = ((embedded[0] - embedded[k]).square().sum().item() for k in (1, 2))
    margin = recipe["objective"]["margin"]
    term = (
        Triplet(margin=margin).terms(embedded[:2], Patches.of(embedded[[2, 2], None]))[0, 1].item()
    )
    st.header(f"One pair of the loss at step {snapshot.step:,}", anchor=False)
    left, right = st.columns([1, 1.6], gap="large", vertical_alignment="center")
    pictures = (seen[:, 0] * 255).round().clamp(0, 255).to(torch.uint8).numpy()
    words = (f"image {n + 1}", f"image {m + 1}", f"random patch of {n + 1}")
    with left:
        strip(
            [
                Item(id=str(i), image=picture, theta=None, label=text, alt=f"Crop: {text}")
                for i, (picture, text) in enumerate(zip(pictures, words, strict=True))
            ],
            key="pair",
            token=f"{n}/{m}/{snapshot.step}",
        )
    with right:
        st.latex(
            r"\begin{aligned}\max\Big(0,\ &\underbrace{\|e(I_n^T)-e(I_m^T)\|^2}_{"
            f"{near:.2f}"
            r"}\\ -\ &\underbrace{\|e(I_n^T)-e(I_n^{\mathrm{rand}})\|^2}_{"
            f"{far:.2f}"
            r"} + \underbrace{\alpha}_{"
            f"{margin:g}"
            r"}\Big) = "
            f"{term:.2f}"
            r"\end{aligned}"
        )
        st.caption(
            f"Here n is image {n + 1} and m is image {m + 1}, the two you clicked last. The loss "
            "falls when the two crops get closer to each other than to the random patch. It is the "
            f"mean over all pairs. {_patches_words(recipe['patches'])}"
        )


def _patches_words(count: int) -> str:
    """What the search had in place of the patch that is shown."""
    used = f"the mean distance to {count} patches" if count > 1 else "another patch"
    return f"This page draws one random patch; the search used {used} of each image, drawn once."


def live() -> None:
    """The optimisations that were started here, one of them in full."""
    training_panel(
        PREFIX,
        Watching(
            show=_show_job,
            noun="Optimisation",
            field="boxes_run",
            measured="localised",
            empty="the boxes appear in about 10 s and move during the optimisation.",
            resumable=False,
            refresh_seconds=REFRESH_SECONDS,
        ),
    )


def _show_job(job: Job) -> None:
    run = recordings.run_reader(str(job.folder))
    try:
        recorded = run.recorded()
    except RuntimeError:
        st.caption("Optimising, first steps …")
        return
    name = recorded.description["experiment"]
    _show(name, recorded, job.key, live=run.is_alive(), folder=job.folder)
