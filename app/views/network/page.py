"""A network of one's own: transformers put into it, and what they do, drawn (Sect. 3.4)."""

from __future__ import annotations

import re
from pathlib import Path

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from app.data import inspected
from app.data.faults import reason
from app.data.plain import plain
from app.frame import predict
from app.views.network import choices, frozen, live, replay, sweeps
from app.views.network.questions import QUESTIONS
from app.views.network.shown import Choice

README = (Path(__file__).parents[3] / "stn_core" / "README.md").read_text()
# A transformer put into a network, and what it did written into a file: the first two examples.
CODE = "\n".join(re.findall(r"^```python\n(.*?)^```$", README, re.MULTILINE | re.DOTALL)[:2])
COMMAND = "python -m stn_core inspect mymodule:build --weights model.pt --images folder/"


def network_shown():
    """The network that the server was started with, else the example, and what names it; None for
    one that cannot be loaded."""
    try:
        if network := inspected.started_with():
            return network, "given"
        return inspected.example(), "example"
    except (RuntimeError, ValueError, OSError) as error:
        st.error(f"The network cannot be loaded: {reason(error)}")
        return None, ""


def choose(network, key: str) -> Choice | None:
    """What is looked at of a network that runs; None where nothing can be drawn."""
    place = choices.choose_transformer(network.names)
    image = choices.choose_image(len(network.images))
    name = network.names[place]
    seen = network.first.seen[name]
    if seen.why_not_drawn:
        st.warning(f"{plain(name)} cannot be drawn: {seen.why_not_drawn}. Choose another.")
        return None
    channel, crop = choices.choose_channel(seen), choices.choose_crop(seen)
    return Choice(
        network=network, key=key, transformer=name, image=image, channel=channel, crop=crop,
        pose=choices.choose_pose(),
    )  # fmt: skip


def introduce(network, key: str) -> None:
    """What this is, and how to get one's own here."""
    if key == "example":
        st.info(
            "**An example, live**, with the layers of PyTorch's tutorial. For your own:\n\n"
            "1. `build()` in `mymodule.py` returns it.\n"
            "2. Run the command below.\n"
            "3. Drag its grids. Nothing in it has to change."
        )
    else:
        left_out = f" Left out: {plain('; '.join(network.left_out))}." if network.left_out else ""
        st.info(
            f"**{plain(network.title)}**, live, on {len(network.images)} images. Drag a grid: the "
            f"rest of the network runs on what it reads.{left_out}"
        )


def explore_view(row: DeltaGenerator) -> None:
    """A network that runs, or what a file holds of one. row: where its questions go."""
    figure, right = st.columns([3.4, 1], gap="large")
    choice = None
    with right:
        above = st.container()
        file = choices.warps_file()
    if file is None:
        with figure:  # where it will stand: what is loading, or why there is none
            network, key = network_shown()
    with above:
        if file is None:
            if key == "example":
                with row:
                    predict.ask("network", QUESTIONS)
            if network:
                introduce(network, key)
                choice = choose(network, key)
        elif warps := frozen.opened(file):
            place = choices.choose_transformer([w.name for w in warps])
            chosen = choices.choose_image(len(warps[place].image))
    with figure:
        if file is not None and warps:
            frozen.explore(warps[place], f"{file.file_id}/{place}", chosen)
        elif choice is not None:
            live.explore(choice)
            live.all_images(choice.network, choice.key, choice.transformer, choice.image)
    if choice is not None:
        sweeps.sweeps(choice)


def own_network() -> None:
    """How to get one's own here."""
    st.header("Your own network", anchor=False)
    left, right = st.columns([1.3, 1], gap="large")
    with left:
        st.markdown("**Live, with the rest of the network.** From the folder of your code:")
        st.code(COMMAND, language="sh", wrap_lines=True)
        st.caption(
            "`build` returns the network, `--weights` is its state dict. `--images` is a folder of "
            "pictures, an `.npz` file, or `module:name` of a function that returns a batch as your "
            "network takes it. `--classes` names a text file with a class on each line. Only who "
            "starts the app can name code; nothing that is uploaded is run."
        )
        st.markdown("**As a file,** of a network that is trained elsewhere, or to pass on:")
        st.code(CODE, language="python", wrap_lines=True)
        st.caption(
            "It needs `stn_core` (`pip install -e .` in the project's folder). Use any family of "
            "`stn_core.transforms`. The localisation network can be any module with as many "
            "outputs as the family has parameters. A network that calls `F.grid_sample` itself "
            "needs no change: watch it as it is."
        )
    with right:
        st.markdown(
            "**A checkpoint for the other pages.** Build a network of the paper with "
            '`stn_core.experiments.find("distorted/rts/st-cnn-aff").build(seed=0)`, train it with '
            'your own loop, save it with `torch.save(network.state_dict(), "model.pt")`, and run'
        )
        st.code("python -m stn_core convert model.pt", language="sh", wrap_lines=True)
        st.markdown("Then choose *Open a checkpoint* on the experiment's page.")


view, row = choices.choose_view()
if view == "Replay":
    replay.replay_view()
else:
    explore_view(row)
    own_network()
