"""A network of one's own: transformers put into it, and what they do, drawn (Sect. 3.4)."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING

import streamlit as st

from app.data import uploads
from app.data.plain import plain
from app.palette import GRIDS
from app.stage.large import Features, Item, Reading, stage
from app.stage.strip import strip
from app.stage.transformers import Transformers
from app.views.network import choices

if TYPE_CHECKING:
    from stn_core.watched import Watched

README = (Path(__file__).parents[3] / "stn_core" / "README.md").read_text()
# A transformer put into a network, and what it did written into a file: the first two examples.
CODE = "\n".join(re.findall(r"^```python\n(.*?)^```$", README, re.MULTILINE | re.DOTALL)[:2])


@st.fragment
def explore(warps: list[Watched]) -> None:
    """One of the transformers at work on one of the images."""
    index = choices.choose_transformer([w.name for w in warps])
    warp = warps[index]
    chosen = choices.choose_image(len(warp.image))
    pictures = [picture[0] if len(picture) == 1 else picture for picture in warp.image.numpy()]
    (height, width), (rows, columns) = warp.image.shape[2:], warp.size
    transformers = Transformers(transform=warp.transform, colours=GRIDS[:1])
    theta = warp.theta.numpy()
    where = f"{index}/{chosen}"
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
        token=str(index),
        transformers=transformers,
        output_size=warp.size,
        selected=str(chosen),
        on_selected=choices.take_image,
    )


left, right = st.columns([1.1, 1], gap="large")
with right:
    st.code(CODE, language="python", wrap_lines=True)
    st.caption(
        "Use any family of `stn_core.transforms`. The localisation network can be any module with "
        "as many outputs as the family has parameters."
    )
    st.markdown(
        "**Open your own checkpoint on another page.** Build the network of an experiment with "
        '`stn_core.experiments.find("distorted/rts/st-cnn-aff").build(seed=0)`. Train it with '
        'your own loop, call `torch.save(network.state_dict(), "model.pt")`, then run'
    )
    st.code("python -m stn_core convert model.pt", language="sh", wrap_lines=True)
    st.markdown("and choose *Open a checkpoint* on the experiment's page.")
with left:
    file = choices.warps_file()
    if file is None:
        st.info(
            "No file is open yet. Run the lines on this page in a Python with `stn_core` (`pip "
            "install -e .` in the project's folder), and drop `warps.safetensors` above."
        )
    else:
        try:
            warps = uploads.warps(file.file_id, file.getvalue)
        except ValueError as error:
            st.error(f"The file could not be opened: {plain(error)}")
        else:
            explore(warps)
