"""What the windows of a network look at, in many photographs: for the results on birds."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import streamlit as st

from app.data import birds
from app.data.birds import CUB, FREE
from app.data.networks import LoadedNetwork

if TYPE_CHECKING:
    from collections.abc import Sequence

    from stn_core.birds.photographs import Photographs

ON_THE_WALL = 40  # test images, each of another species


@dataclass(frozen=True, kw_only=True)
class Framed:
    """A photograph with a network's windows: their middles t, (N, 2).

    miss: how far they are from the bird's parts, in widths of the photograph; None where nobody
    has marked those.
    """

    bird: birds.Bird
    middles: np.ndarray
    miss: float | None


def mean_crops(name: str, loaded: LoadedNetwork | None, species: str) -> np.ndarray | None:
    """The mean photograph of a species and the mean of each window's crops, uint8 (1 + N, 3, H, W).

    As they were published, else of CUB's test images; None without either. loaded: the published
    network of this name, None where it cannot run. Raises BirdsError.
    """
    shipped = _shipped(name)
    if species in shipped:
        return shipped[species]
    if loaded is None or birds.cub_problem():
        return None
    return _measured(loaded, loaded.key, species)


def species_with_means(name: str, loaded: LoadedNetwork | None) -> Sequence[str]:
    """All that ``mean_crops`` has something of. Raises BirdsError."""
    from stn_core.birds.species import SPECIES

    if loaded is None or birds.cub_problem():
        return list(_shipped(name))
    return [SPECIES[label] for label in birds.cub("test").labels.unique().tolist()]


@st.cache_data(max_entries=8, show_spinner=False)
def _shipped(name: str) -> dict[str, np.ndarray]:
    from stn_core.birds import mean_crops
    from stn_core.checkpoints import published_folder
    from stn_core.experiments import find

    path = published_folder(find(name)) / mean_crops.FILE
    return mean_crops.read_strip(path) if path.is_file() else {}


@st.cache_data(max_entries=64, show_spinner="Averaging the crops …")
def _measured(_loaded: LoadedNetwork, key: str, species: str) -> np.ndarray:
    from stn_core.birds import mean_crops
    from stn_core.birds.species import SPECIES

    label = SPECIES.index(species)
    experiment = _loaded.experiment
    return mean_crops.mean_crops(_loaded.network, experiment, birds.cub("test"), label).numpy()


def wall(loaded: LoadedNetwork, best: dict[str, str]) -> list[Framed]:
    """CUB's test images, the windows nearest to the parts first; the free photographs without CUB.

    best: which window is best at which part; in CUB's order where nobody has measured it. Raises
    BirdsError.
    """
    if birds.cub_problem():
        every = tuple(range(birds.count(FREE)))
        found = _middles(loaded, loaded.key, FREE, every)
        return [Framed(bird=birds.bird(FREE, i), middles=found[:, i], miss=None) for i in every]
    chosen = _on_the_wall()
    found = _middles(loaded, loaded.key, CUB, chosen)
    missed = _misses(found, chosen, best) if best else [None] * len(chosen)
    order = np.argsort(missed) if best else range(len(chosen))
    return [
        Framed(
            bird=birds.bird(CUB, chosen[n]),
            middles=found[:, n],
            miss=None if missed[n] is None else float(missed[n]),
        )
        for n in order
    ]


def _on_the_wall() -> tuple[int, ...]:
    """Of species evenly out of all, the first test image of each with a head and a body in it."""
    from stn_core.birds.parts import REGIONS
    from stn_core.birds.photographs import PARTS

    test = birds.cub("test")
    shows = np.ones(len(test), bool)
    for parts in REGIONS.values():
        shows &= test.visible[:, [PARTS.index(part) for part in parts]].any(1).numpy()
    indices = np.flatnonzero(shows)
    _, first = np.unique(test.labels.numpy()[indices], return_index=True)
    count = min(ON_THE_WALL, len(first))
    return tuple(int(indices[first[n * len(first) // count]]) for n in range(count))


def _misses(middles: np.ndarray, chosen: tuple[int, ...], best: dict[str, str]) -> np.ndarray:
    import torch

    from stn_core.birds.parts import misses

    return misses(torch.from_numpy(middles), _few(chosen), best).numpy()


def _few(chosen: tuple[int, ...]) -> Photographs:
    return birds.cub("test")[list(chosen)]


@st.cache_data(max_entries=16, show_spinner="Looking at the photographs …")
def _middles(_loaded: LoadedNetwork, key: str, kind: str, indices: tuple[int, ...]) -> np.ndarray:
    """t of each window of a network, known by its key: (N, photographs, 2)."""
    import torch

    side = _loaded.experiment.data.side
    images = torch.cat([birds.inputs(birds.bird(kind, i).image, side, None, ()) for i in indices])
    with torch.inference_mode():
        thetas = _loaded.network.transformer.localisation(images)
    return thetas.unflatten(1, (-1, 2)).transpose(0, 1).numpy()
