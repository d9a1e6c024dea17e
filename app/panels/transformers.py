"""A network's transformers as the stage shows them, and what a hand has done to them."""

from __future__ import annotations

import numpy as np
import streamlit as st

from app.data import networks, recordings, test_errors
from app.data.faults import reason
from app.data.run_keys import Published, RunKey, StartedHere, Uploaded, recording_name
from app.palette import DEPTHS, GRIDS
from app.panels import kept_upload, own_checkpoint
from app.stage.large import Report, reported
from app.stage.transformers import Transformers
from app.training.job import find_job


def pixels(images) -> np.ndarray:
    """(B, C, H, W) in [0, 1] -> uint8; (B, H, W) of a single channel.

    Of volumes (B, 1, D, H, W) their projections, the brightest of each white.
    """
    if images.ndim == 5:
        images = images.sum(2)
        images = images / images.amax((1, 2, 3), keepdim=True).clamp(min=1)
    values = (images.numpy() * 255).round().astype(np.uint8)
    return values[:, 0] if values.shape[1] == 1 else values


def load(key: RunKey, prefix: str) -> networks.LoadedNetwork | None:
    """A network of ``distorted/rts/`` by its key; an unusable one is an error on the page."""
    try:
        if isinstance(key, Uploaded):
            file = kept_upload.kept_file(own_checkpoint.weights_field(prefix))
            return networks.own_network(prefix, file.file_id, file.getvalue)
        if isinstance(key, StartedHere):
            job = find_job(key.text)
            if job is None:
                raise ValueError("its run has been deleted")
            folder = str(job.folder)
            checkpoint = recordings.run_reader(folder).checkpoint
            tested = job.folder / test_errors.FILE
            modified = (
                checkpoint.stat().st_mtime,
                tested.stat().st_mtime if tested.is_file() else 0,
            )
            return networks.from_run(folder, job.title, modified)
        return networks.pretrained(recording_name(key, prefix))
    except (RuntimeError, ValueError, OSError) as error:
        st.error(f"{_named(key)} cannot be loaded: {reason(error)}")
        return None


def _named(key: RunKey) -> str:
    return networks.network_title(key.name) if isinstance(key, Published) else "This network"


def thetas_of(trace) -> np.ndarray | None:
    """θ of every transformer for a batch of one: (N, P); None without one."""
    return np.stack([warp.theta[0].numpy() for warp in trace.warps]) if trace.warps else None


def transformers_of(network, index: int = 0) -> Transformers | None:
    """A network's transformers, several in colours of their own; index: of two networks."""
    if network.transform is None:
        return None
    count = network.transformers
    return Transformers(
        transform=network.transform,
        colours=(GRIDS[index],) if count == 1 else DEPTHS[:count],
        names=() if count == 1 else tuple(f"transformer {n + 1}" for n in range(count)),
    )


def report_of(
    loaded: networks.LoadedNetwork | None, key: str, token: str, inputs: int = 1
) -> Report:
    """What the visitor has done on a network's stage, with so many inputs to move."""
    network = loaded.experiment.network if loaded else None
    several = network.transformers if network and network.transform else 0
    return reported(key, token, network.transform.num_params if several else 0, several, inputs)
