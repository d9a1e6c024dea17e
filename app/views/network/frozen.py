"""A file of warps: what the transformers of a network did, without the network."""

from __future__ import annotations

from typing import TYPE_CHECKING

import streamlit as st

from app.data import uploads
from app.data.faults import reason
from app.palette import GRIDS
from app.stage.large import Features, Item, Reading, pair_data, stage
from app.stage.strip import strip
from app.stage.transformers import Transformers
from app.views.network import choices

if TYPE_CHECKING:
    from stn_core.watched import Watched


def opened(file) -> list[Watched] | None:
    """The transformers of a file; None if it cannot be opened."""
    try:
        return uploads.warps(file.file_id, file.getvalue)
    except (RuntimeError, ValueError, OSError) as error:
        st.error(f"The file could not be opened: {reason(error)}")
        return None


def explore(warp: Watched, transformer: str, chosen: int) -> None:
    """A transformer at work on one of the images. transformer: tells it from every other, of this
    file or another."""
    pictures = [picture[0] if len(picture) == 1 else picture for picture in warp.image.numpy()]
    (height, width), (rows, columns) = warp.image.shape[2:], warp.size
    transformers = Transformers(transform=warp.transform, colours=GRIDS[:1])
    theta = warp.theta.numpy()
    where = f"{transformer}/{chosen}"
    data = pair_data(
        Item(
            id=where,
            image=pictures[chosen],
            theta=theta[chosen],
            label="",
            alt=f"U of image {chosen + 1} with the sampling grid on it",
        ),
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
    stage(data, key="own-stage")
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
