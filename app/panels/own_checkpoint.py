"""A checkpoint of the visitor's own."""

from __future__ import annotations

import streamlit as st

from app.data import networks
from app.data.faults import reason
from app.data.run_keys import RunKey, Uploaded
from app.panels import kept_upload


def weights_field(prefix: str) -> str:
    """The key of the uploader of ``distorted/rts/``."""
    return f"own-weights-{prefix}"


def choose_checkpoint(prefix: str) -> dict[RunKey, str]:
    """A checkpoint for ``distorted/rts/`` in a popover: its key and title; empty without one."""
    from stn_core.experiment import words_of

    with st.popover(
        "Open a checkpoint", width="stretch", help="Opens your own weights, a safetensors file"
    ):
        st.markdown(
            "Upload the weights of a network that you trained, as a **safetensors** file: a "
            "checkpoint of `stn_core`, or a state dict of a network of the same shape. `python -m "
            "stn_core convert model.pt` converts a pickle."
        )
        file = kept_upload.upload("Weights", ["safetensors"], key=weights_field(prefix), bare=True)
        if file is None:
            return {}
        try:
            loaded = networks.own_network(prefix, file.file_id, file.getvalue)
        except (ValueError, RuntimeError) as error:  # a backbone may not be installed
            st.error(f"The checkpoint could not be opened: {reason(error)}")
            return {}
        st.success(f"Opened as {loaded.title}. Choose it under *Network*.")
        words = words_of(loaded.experiment.data)
        if st.button(
            f"Measure its error on the {words.gallery}",
            key=f"own-measure-{prefix}",
            help="No network was trained on them",
        ):
            try:
                st.markdown(networks.measured(loaded, loaded.key))
            except (RuntimeError, ValueError, OSError) as error:  # CUB's are not everywhere
                st.error(f"It cannot be measured: {reason(error)}")
    return {Uploaded(file.file_id): loaded.title}
