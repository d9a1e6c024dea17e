"""A network of one's own: transformers put into it, and what they do, drawn (Sect. 3.4)."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING

import streamlit as st

from app.data import example_warps, networks, uploads
from app.data.faults import reason
from app.palette import GRIDS
from app.stage.large import Features, Item, Reading, stage
from app.stage.strip import strip
from app.stage.transformers import Transformers
from app.views.network import choices, replay

if TYPE_CHECKING:
    from stn_core.watched import Watched

README = (Path(__file__).parents[3] / "stn_core" / "README.md").read_text()
# A transformer put into a network, and what it did written into a file: the first two examples.
CODE = "\n".join(re.findall(r"^```python\n(.*?)^```$", README, re.MULTILINE | re.DOTALL)[:2])


def explore(warp: Watched, transformer: str, chosen: int) -> None:
    """A transformer at work on one of the images. transformer: tells it from every other."""
    pictures = [picture[0] if len(picture) == 1 else picture for picture in warp.image.numpy()]
    (height, width), (rows, columns) = warp.image.shape[2:], warp.size
    transformers = Transformers(transform=warp.transform, colours=GRIDS[:1])
    theta = warp.theta.numpy()
    where = f"{transformer}/{chosen}"
    stage(
        Item(
            id=where,
            image=pictures[chosen],
            theta=theta[chosen],
            label="",
            alt=f"U of image {chosen + 1} with the sampling grid on it",
        ),
        key="own-stage",
        token=where,
        transformers=transformers,
        output_size=warp.size,
        reading=Reading(kernel=warp.kernel, padding=warp.padding),
        features=Features(equation=True, tint=True),
        captions={
            "U": f"U ({height} × {width}) and the sampling grid T<sub>θ</sub>(G)",
            "V": f"Output V ({rows} × {columns})",
        },
    )
    st.caption("All images of this forward pass. Click one to show it large.")
    strip(
        [
            Item(id=str(n), image=picture, theta=theta[n], label=str(n + 1), alt=f"Image {n + 1}")
            for n, picture in enumerate(pictures)
        ],
        key="own-strip",
        token=transformer,
        transformers=transformers,
        output_size=warp.size,
        selected=str(chosen),
        on_selected=choices.take_image,
    )


def opened(file) -> list[Watched] | None:
    """The transformers of a file, or of the example without one; None if it cannot be opened."""
    try:
        if file is None:
            return example_warps.example_warps()
        return uploads.warps(file.file_id, file.getvalue)
    except (RuntimeError, ValueError, OSError) as error:
        st.error(f"The file could not be opened: {reason(error)}")
        return None


view = choices.choose_view()
if view == "Replay":
    replay.replay_view()
else:
    figure, right = st.columns([2.2, 1], gap="large")
    with right:
        file = choices.warps_file()
        warps = opened(file)
        if file is None and warps:
            title = networks.network_title(example_warps.NETWORK)
            st.info(
                f"This is an example: **{title}** on ten distorted digits. To see your own "
                "network, run the code below and open the file that it saves."
            )
        index = choices.choose_transformer([w.name for w in warps]) if warps else 0
        chosen = choices.choose_image(len(warps[index].image)) if warps else 0
    with figure:
        if warps:
            explore(warps[index], f"{'' if file else 'example/'}{index}", chosen)
    st.header("Your own network", anchor=False)
    left, right = st.columns([1.3, 1], gap="large")
    with left:
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
