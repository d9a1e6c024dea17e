"""Co-localisation: the boxes of a set replayed, run live, and Eq. 8 with its numbers (App. A.2)."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import streamlit as st

import downloads
import jobs
import loading
import pictures
from controls import choose_page_view
from jobs import Job, JobError
from stage import Item, strip
from stage.wall import Boxes, WallReport, wall
from training_panel import Watching, training_panel

PREFIX = "colocalisation/"
FIRST_DIGIT = 8  # Fig. 4
REFRESH_SECONDS = 2.0
MOST_CLUTTER = 40
SIDE = 84  # pixels of an image
NAMES = r"""
The **box** of an image is the attention transformer's $\theta = (s, t_x, t_y)$, which the
localisation network predicts; $I^T$ is what stands in it, 28×28 pixels. **T**: a digit at a random
place of 84×84 pixels; **TC**: with 16 patches of other digits.

**$e()$**, the encoder, is a CNN that tells digits apart; its three layers of activations make up a
vector. It was trained on labelled crops of other digits, none of these. (Ours are two: one for the
search, and a finer one for its end.)

A digit counts as **localised** if its box and its own 28×28 frame **overlap** by more than a half
(intersection over union).

Eq. 8, App. A.2, Table 5 and Fig. 4 of
[*Spatial Transformer Networks*](https://arxiv.org/abs/1506.02025) (Jaderberg, Simonyan, Zisserman,
Kavukcuoglu, 2015).
"""
DEPARTURES = """
- **Each layer's activations are divided by their own length.** On plain ones Eq. 8 is smaller for
  empty crops than for perfect ones: nothing in a black crop differs from another black crop, and
  the boxes flee (*Run it live*, "as printed").
- **A margin of 6 in place of 1**, so that a pair goes on pulling when it is right already.
- **The boxes are read a little off while they look for the object**, less and less. The gradient of
  one crop points anywhere; the mean of those around it points to the object. Without it, nothing
  was found among clutter.
- **The largest box allowed shrinks**, from s = 0.8 to 0.36: first where the object is, then how
  large. Random patches are of the digit's size as well; so about how large it is, is given.
- **The encoder has seen digits small, large, cut off and among clutter.** One that has not gives
  no direction to a box that is far away. But it does not mind a box that is a little off: the loop
  of every 6 is as much alike as every 6.
- **For the last 30 % of the steps a finer encoder compares the crops**, and the loss jumps. It has
  learnt, from crops of other digits whose place was known, that half a box off is no digit. So more
  is given than in the paper: without it, a 6 is found in a quarter of its images. The recorded runs
  among clutter are from before it; a live one has it.
- **The localisation network's convolution has stride 1**, as "100k parameters" asks for; with the
  text's stride of 4 it would have 6k.
- **Among clutter four starts are made side by side**; after a quarter and after half of the steps
  the half with the lower loss goes on. The loss knows no label and no true box.
"""
RECIPES = {
    "quick": "ours: it finds the digits",
    "literal": "as printed: it flees from them",
}


def choose_view() -> str:
    """The first row of the page."""
    return choose_page_view("boxes_view", ["Watch", "Run it live", "Results"], NAMES)


def _choose_set() -> str:
    """A class, with clutter or without: ``colocalisation/tc/8``."""
    with st.container(horizontal=True, vertical_alignment="bottom", gap="medium"):
        digit = st.pills(
            "The class, which the method is not told", list(range(10)), default=FIRST_DIGIT,
            required=True, key="boxes_digit", bind="query-params",
            help="Which digit all hundred images have in common",
        )  # fmt: skip
        clutter = st.segmented_control(
            "On black (T), or among 16 patches of clutter (TC)", ["T", "TC"], default="TC",
            required=True, key="boxes_clutter", bind="query-params",
            help="Clutter: patches of other digits, as large as the digit itself",
        )  # fmt: skip
    return f"{PREFIX}{clutter.lower()}/{digit}"


def watch() -> None:
    """The shipped optimisation of a class, step by step, and two of its images in Eq. 8."""
    name = _choose_set()
    try:
        recorded = loading.boxes(name)
    except RuntimeError:
        st.info("This one has not been recorded yet. *Run it live* does it in front of your eyes.")
        return
    _shown(name, recorded, name, live=False, from_start=True)


@st.fragment
def _shown(
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
    truth = loading.true_boxes(name, description["set_seed"], clutter) if known else None
    report = wall(
        Boxes(recorded=recorded, truth=truth, live=live, from_start=from_start),
        key="wall",
        token=token,
    )
    st.caption(
        "Press play: all boxes start in the middle. Click an image to see it large. "
        f"Recorded: {description['recipe']['iterations']:,} steps, "
        f"{'two encoders' if description['recipe'].get('fine') else 'one encoder'}, "
        f"seed {description['seed']}, "
        f"{description['device']}."
    )
    if not live:
        downloads.encoders(folder)
        _pair(recorded, report)


def _pair(recorded, report: WallReport) -> None:
    """One term of Eq. 8 for the first two large images, where the playhead rests."""
    import torch

    from stn_core.colocalisation import crops, fine_from, random_boxes
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
    embedded = loading.encoder(recipe["normalised"], fine)(seen)
    near, far = ((embedded[0] - embedded[k]).square().sum().item() for k in (1, 2))
    margin = recipe["objective"]["margin"]
    term = (
        Triplet(margin=margin).terms(embedded[:2], Patches.of(embedded[[2, 2], None]))[0, 1].item()
    )
    st.subheader(f"One pair in the loss, at step {snapshot.step:,}", anchor=False)
    left, right = st.columns([1, 1.6], gap="large", vertical_alignment="center")
    pictures = (seen[:, 0] * 255).round().clamp(0, 255).to(torch.uint8).numpy()
    words = (f"image {n + 1}", f"image {m + 1}", f"patch of {n + 1}")
    with left:
        strip(
            [
                Item(id=str(i), image=picture, theta=None, label=text, alt=f"The crop: {text}")
                for i, (picture, text) in enumerate(zip(pictures, words, strict=True))
            ],
            key="pair",
            token=f"{n}/{m}/{snapshot.step}",
        )
    with right:
        st.latex(
            r"\max\left(0,\ \underbrace{\|e(I_n^T)-e(I_m^T)\|^2}_{" + f"{near:.2f}" + r"} - "
            r"\underbrace{\|e(I_n^T)-e(I_n^{\mathrm{rand}})\|^2}_{" + f"{far:.2f}" + r"} + "
            r"\underbrace{\alpha}_{" + f"{margin:g}" + r"}\right) = " + f"{term:.2f}"
        )
        st.caption(
            f"n is image {n + 1}, m image {m + 1}: the two that were clicked last. The smaller the "
            "first distance beside the second, the better. The loss is the mean over all pairs."
        )


def form() -> None:
    """What is to be optimised, and the button that starts it."""
    kinds = ["Digits", "Your own images"]
    kind = st.segmented_control(
        "Images", kinds, default=kinds[0], required=True, key="live-kind",
        label_visibility="collapsed",
    )  # fmt: skip
    (_own_form if kind == kinds[1] else _digits_form)()


def _own_form() -> None:
    from stn_core.experiments.colocalisation import FEWEST, MOST

    files = st.file_uploader(
        f"{FEWEST} to {MOST} pictures with the same kind of object in each", pictures.UPLOADS,
        accept_multiple_files=True, key="own-images",
        help="PNG, JPEG or WebP; each is cut to its middle square and made grey",
    )  # fmt: skip
    steps, starts = _steps("own-steps"), _starts("own", 1)
    images = _read(files)
    enough = FEWEST <= len(images) <= MOST
    if files and not enough:
        st.warning(f"A set has {FEWEST} to {MOST} pictures; these are {len(images)}.")
    if st.button(
        "Start",
        type="primary",
        width="stretch",
        key="own-start",
        disabled=not enough,
        help="Runs on this server, in a process of its own; it goes on if you leave the page",
    ):
        _started(lambda: jobs.colocalise_own(np.stack(images), iterations=steps, starts=starts))
    st.caption(
        "What to expect: the encoder knows handwritten digits alone, and boxes are about "
        "a third of a picture wide. Large strokes on an even ground can be found: letters, signs, "
        "doodles. On photographs the boxes will settle on some edge or corner that all share. "
        "Pictures are cut to their middle square, 84×84 pixels, in grey, bright on black."
    )


def _read(files) -> list[np.ndarray]:
    """The pictures that can be read; of the others it is said that they cannot."""
    found = []
    for file in files:
        try:
            found.append(pictures.on_black(file.getvalue(), SIDE))
        except pictures.PictureError as error:
            st.error(f"{file.name}: {error}")
    return found


def _steps(key: str) -> int:
    return st.select_slider(
        "Steps", [100, 300, 600, 1_100, 1_500], 1_100, key=key,
        format_func=lambda n: f"{n:,}", help="1,100 of one start take about a minute.",
    )  # fmt: skip


def _starts(key: str, default: int) -> int:
    return st.segmented_control(
        "Starts", [1, 2, 4], default=default, required=True, key=f"{key}-starts-{default}",
        help="Side by side, each from other random weights; the half with the lower loss goes on "
        "after a quarter of the steps, and again after half of them. Among clutter one start in "
        "two or three finds nothing. Four take twice as long as one.",
    )  # fmt: skip


def _started(start: Callable[[], Job]) -> None:
    try:
        job = start()
    except JobError as error:
        st.error(str(error))
    else:
        st.session_state["boxes_run"] = job.key
        st.rerun()


def _digits_form() -> None:
    digit = st.pills(
        "Class",
        list(range(10)),
        default=FIRST_DIGIT,
        required=True,
        key="live-digit",
        help="Which digit the hundred images have in common; the method is not told",
    )
    clutter = st.slider(
        "Patches of clutter in each image", 0, MOST_CLUTTER, 0, key="live-clutter",
        help="The paper's T has none, its TC 16.",
    )  # fmt: skip
    recipe = st.radio(
        "Loss",
        list(RECIPES),
        format_func=lambda r: f"Eq. 8 {RECIPES[r]}",
        key="live-recipe",
        help="Eq. 8 on normalised activations, with what else differs, or exactly as printed",
    )
    column = "tc" if clutter else "t"
    found = _recipe(recipe, column)
    left, right = st.columns(2)
    with left:
        margin = st.number_input(
            "Margin α", 0.0, 100.0, float(found.objective.margin), 1.0, key=f"live-margin-{recipe}",
            help="The paper has 1. Ours is so large that every pair goes on pulling.",
        )  # fmt: skip
    with right:
        seed = st.number_input(
            "Seed", 0, 2**31 - 1, 1, key="live-seed", help="Draws the hundred images."
        )
    steps, starts = _steps("live-steps"), _starts("live", found.starts)
    if st.button(
        "Start",
        type="primary",
        width="stretch",
        key="live-start",
        help="Runs on this server, in a process of its own; it goes on if you leave the page",
    ):
        _started(
            lambda: jobs.colocalise(
                f"{PREFIX}{column}/{digit}",
                recipe=recipe,
                iterations=steps,
                starts=starts,
                margin=float(margin),
                clutter=int(clutter),
                set_seed=int(seed),
            )
        )
    st.caption(
        "A hundred digits of the gallery, on which the encoder was not trained. What the method is "
        "given beforehand: the encoder, and about how large a digit is."
    )


def _recipe(name: str, column: str):
    from stn_core.experiments import find_colocalisation

    cell = find_colocalisation(f"{PREFIX}{column}/{FIRST_DIGIT}")
    return next(recipe for recipe in cell.recipes if recipe.name == name)


def live() -> None:
    """The optimisations that were started here, one of them in full."""
    training_panel(
        PREFIX,
        Watching(
            show=_optimised,
            noun="Optimisation",
            field="boxes_run",
            measured="localised",
            empty="after some ten seconds the boxes are there, and move while it trains.",
            resumable=False,
            refresh_seconds=REFRESH_SECONDS,
        ),
    )


def _optimised(job: Job) -> None:
    run = loading.run(str(job.folder))
    try:
        recorded = run.recorded()
    except RuntimeError:
        st.caption("The first steps …")
        return
    name = recorded.description["experiment"]
    _shown(name, recorded, job.key, live=run.is_alive(), folder=job.folder)


def table() -> None:
    """Table 5, ours beside the paper's; a number opens that class."""
    from stn_core import results
    from stn_core.experiments.colocalisation import COLOCALISATIONS, DISTORTIONS

    found = results.colocalised()
    st.markdown(
        "**Table 5.** Digits localised in percent, in sets of 100 of MNIST's test digits (the mean "
        "of the sets, and its spread): **ours**, and the paper's. Click a number to watch that "
        "class on gallery digits."
    )
    head = "".join(f"<th style='text-align:right'>{c.upper()}</th>" for c in DISTORTIONS)
    lines = [f"<tr><th></th>{head}</tr>"]
    for digit in range(10):
        parts = ""
        for column in DISTORTIONS:
            name = f"{PREFIX}{column}/{digit}"
            paper = f"{COLOCALISATIONS[name].reported:.0f}"
            link = f"?boxes_digit={digit}&amp;boxes_clutter={column.upper()}"
            ours = "<i>not run</i>"
            if name in found:
                share = results.share_of_sets(found[name])
                ours = f"<a href='{link}' target='_self'><b>{share}</b></a>"
            parts += f"<td style='text-align:right;white-space:nowrap'>{ours} · {paper}</td>"
        lines.append(f"<tr><td>class {digit}</td>{parts}</tr>")
    means = ""
    for column in DISTORTIONS:
        cells = [c for n, c in COLOCALISATIONS.items() if n.split("/")[1] == column]
        shares = [
            s["localised_percent"] for c in cells if c.name in found for s in found[c.name]["sets"]
        ]
        ours = f"<b>{np.mean(shares):.1f}</b>" if shares else "<i>not run</i>"
        paper = np.mean([c.reported for c in cells])
        means += f"<td style='text-align:right'>{ours} · {paper:.1f}</td>"
    lines.append(f"<tr><td>mean</td>{means}</tr>")
    st.markdown(
        f"<div style='overflow-x:auto'><table>{''.join(lines)}</table></div>",
        unsafe_allow_html=True,
    )
    told = results.colocalisation_lines()
    how = told[told.index(results.HOW_OPTIMISED) + 1 :]
    st.caption("  \n".join(line.strip() for line in how) or "Nothing has been run yet.")
    with st.expander("What differs from the text, and why"):
        st.markdown(DEPARTURES)
