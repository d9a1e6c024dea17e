"""The stage of a distorted digit: U, the grid, V, and θ in numbers."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from app.data import angles, examples
from app.data.networks import LoadedNetwork
from app.palette import GRIDS
from app.panels.transformers import pixels, report_of
from app.stage.large import Features, Input, Item, Report, Track, stage
from app.stage.transformers import Transformers
from app.views.distorted.charts import turned_digit
from app.views.distorted.choices import Choice


def _size(size: tuple[int, int]) -> str:
    """42 × 42, in one line."""
    return f"{size[0]}\N{NO-BREAK SPACE}×\N{NO-BREAK SPACE}{size[1]}"


def network_stage(
    loaded: LoadedNetwork | None,
    images,
    theta: np.ndarray | None,
    choice: Choice,
    index: int,
    *,
    label: int,
    moved: examples.Movable,
    adopted: Sequence[float] | None,
    sweep: bool,
    compact: bool,
) -> None:
    """U, to be turned and moved by hand, with a network's T_θ(G), V and θ in numbers.

    images: as they were drawn; theta: the network's, (P,), for where the input is now; adopted: the
    pose of an input that was moved on another stage; sweep: play the input being turned.
    """
    height, width = images.shape[2:]
    alt = f"U: a distorted {label} ({choice.distortion})"
    captions = {"U": f"U, {_size((height, width))} pixels"}
    transformers = None
    if theta is not None:
        transform, side = loaded.network.transformer.transform, loaded.network.pool
        transformers = Transformers(transform=transform, colours=(GRIDS[index],))
        then = "" if side == 1 else f", then pooled to {_size((height // side, width // side))}"
        captions = {
            "U": f"U and the grid T<sub>θ</sub>(G): drag it ({_size((height, width))})",
            "V": f"V: U sampled at the grid{then}",
        }
        alt += ", with the sampling grid on it"
    stage(
        Item(id=str(choice.digit), image=pixels(images)[0], theta=theta, label="", alt=alt),
        key=stage_key(index),
        token=stage_token(loaded, choice),
        transformers=transformers,
        track=turning_track(loaded, choice) if sweep else None,
        inputs=[
            Input(
                image=moved.image,
                pose=moved.pose,
                name="the picture" if moved.whole else "the digit",
            )
        ],
        adopted=adopted and [adopted],
        features=Features(live=True),
        captions=captions,
        compact=compact,
    )


def stage_key(index: int) -> str:
    return f"stage-{index}"


def stage_token(loaded: LoadedNetwork | None, choice: Choice) -> str:
    """What a stage shows; with another token it starts anew."""
    return f"{loaded and loaded.key}/{choice.token}"


def hand_on(networks: list[LoadedNetwork | None], choice: Choice) -> list[Report]:
    """What the visitor has done on the stage of each network."""
    return [
        report_of(loaded, stage_key(index), stage_token(loaded, choice))
        for index, loaded in enumerate(networks)
    ]


def turning_track(loaded: LoadedNetwork | None, choice: Choice) -> Track | None:
    if loaded is None:
        return None
    found = turned_digit(loaded, choice)
    thetas = np.zeros((len(found.poses), 0)) if found.theta is None else found.theta
    return Track(
        name="The input turned, from 90 degrees to the left to 90 to the right",
        theta=thetas[:, None, None],
        labels=[f"{d}°" for d in angles.TURN_DEGREES],
        ends=("−90°", "90°"),
        per_second=10,
        poses=found.poses,
    )
