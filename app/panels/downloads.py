"""Downloads of the networks on a page: their weights and predictions."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
import streamlit as st

from app.data import networks
from app.panels.verdicts import Verdict
from app.stage.replay import file_name

BYTE_ORDER_MARK = "\ufeff"
DIGITS = 7  # of a number: what is computed has no more
MEDIA = {"csv": "text/csv", "json": "application/json"}


def weights(loaded: networks.LoadedNetwork) -> bytes:
    """A network's weights as safetensors, which *Open a checkpoint* takes: as they were published,
    else as they are."""
    from safetensors.torch import save

    from stn_core.experiments import EXPERIMENTS

    if loaded.key in EXPERIMENTS:
        return published(loaded.key)
    tensors = {name: t.contiguous() for name, t in loaded.network.state_dict().items()}
    return save(tensors, {"experiment": json.dumps(loaded.experiment.name)})


def published(name: str) -> bytes:
    """The weights of ``distorted/rts/st-fcn-aff``, as they are shipped."""
    from stn_core import checkpoints
    from stn_core.experiments import find

    return (checkpoints.published_folder(find(name)) / checkpoints.WEIGHTS).read_bytes()


def predictions(rows: Sequence[Verdict], truth: int) -> list[dict]:
    """What each network says, a row each: the true class, its own, and every probability."""
    return [
        {
            "network": row.loaded.title,
            "note": row.done,
            "true": truth,
            "says": int(row.probabilities.argmax()),
            **{f"p({c})": float(p) for c, p in enumerate(row.probabilities)},
        }
        for row in rows
    ]


def as_csv(rows: Sequence[dict]) -> str:
    """Rows of the same fields, as a spreadsheet opens them: with the mark of UTF-8, every number
    with a point and without an exponent (as in frontend/output/table.js)."""
    file = io.StringIO(BYTE_ORDER_MARK)
    file.seek(0, io.SEEK_END)
    writer = csv.DictWriter(file, list(rows[0]) if rows else [])
    writer.writeheader()
    writer.writerows({name: _cell(value) for name, value in row.items()} for row in rows)
    return file.getvalue()


def _cell(value: object) -> object:
    if isinstance(value, float | np.floating) and np.isfinite(value):
        return np.format_float_positional(value, DIGITS, unique=True, fractional=False, trim="-")
    return value


def buttons(*files: tuple[str, str, Callable[[], str], str]) -> None:
    """A button for each of these files: its label, the file's name, which ends in .csv or .json,
    what makes its text when it is asked for, and what there is to say of it."""
    with st.container(horizontal=True):
        for label, name, text, help_text in files:
            media = MEDIA[name.rsplit(".", 1)[1]]
            st.download_button(label, text, name, media, on_click="ignore", help=help_text)


def downloads(rows: Sequence[Verdict], truth: int) -> None:
    """A popover with all of it. The stages' own *Export* has θ, pictures and animations."""
    if not rows:
        return
    with st.popover("Download", width="content", help="Weights and predictions"):
        table = predictions(rows, truth)
        help_text = "Each network's class probabilities for this input"
        buttons(
            ("Predictions as CSV", "predictions.csv",
             lambda: as_csv(table), help_text),
            ("Predictions as JSON", "predictions.json",
             lambda: json.dumps(table, indent=1), help_text),
        )  # fmt: skip
        for n, row in enumerate(rows):
            st.download_button(
                f"Weights of {row.loaded.title}",
                lambda loaded=row.loaded: weights(loaded),
                f"{_weights_name(row.loaded)}.safetensors",
                "application/octet-stream",
                key=f"weights-{n}",
                on_click="ignore",
                help="A safetensors file; *Open a checkpoint* reads it",
            )
        st.caption("For θ, pictures and animations, use *Export* below the figure.")


def _weights_name(loaded: networks.LoadedNetwork) -> str:
    """Of the file: the experiment's name, and of a run how and when it was trained."""
    name = loaded.experiment.name.replace("/", "-")
    run = file_name(loaded.run_title.partition(", ")[2])
    return f"{name}-{run}" if run else name


def encoders(folder: Path | None) -> None:
    """A popover with co-localisation's networks: e(), and the localiser of a run in this folder."""
    from stn_core.box_search.recording import LOCALISER
    from stn_core.experiments.crops import EXPERIMENTS

    with st.popover("Download", width="content", help="Weights, as safetensors"):
        for experiment in EXPERIMENTS:
            name = experiment.name
            st.download_button(
                f"Weights of the {name.split('/')[1].replace('-', ' ')}",
                lambda name=name: published(name),
                f"{name.replace('/', '-')}.safetensors",
                "application/octet-stream",
                key=f"weights-{name}",
                on_click="ignore",
                help="The CNN whose activations are e() in Eq. 8",
            )
        if folder and (folder / LOCALISER).is_file():
            st.download_button(
                "Weights of the localisation network",
                (folder / LOCALISER).read_bytes,
                LOCALISER,
                "application/octet-stream",
                on_click="ignore",
                help="Trained on this set of images only",
            )
        st.caption("For boxes, pictures and animations, use *Export* below the figure.")
