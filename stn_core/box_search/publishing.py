"""From a finished co-localisation to pretrained/: its recording, and what came of test digits."""

from __future__ import annotations

import statistics
from dataclasses import replace
from pathlib import Path

from stn_core import checkpoints
from stn_core.experiments import find_colocalisation
from stn_core.experiments.colocalisation import Colocalisation, Search
from stn_core.metrics import MeasuredSet, SearchMetrics, load_search_metrics, save_metrics
from stn_core.replacing import replaced
from stn_core.runs.folder import Run
from stn_core.runs.packed import PACKED, pack
from stn_core.runs.records import RunError
from stn_core.typed_json import from_json

KEPT_KEYS = ("experiment", "seed", "device", "precision", "torch", "started")  # of the description


def publish_boxes(run: Run, sets: tuple[MeasuredSet, ...] = (), *, force: bool = False) -> Path:
    """Put a finished co-localisation into pretrained/. Gives the folder.

    sets: what came of sets of test digits. Raises RunError if the run is not finished; and, unless
    forced, if it localises fewer than what is published, or no more and by no recipe of the
    cell's.

    >>> from pathlib import Path
    >>> try:
    ...     publish_boxes(Run(Path("nowhere")))
    ... except RunError as error:
    ...     print(error)
    nowhere is not finished; it is failed
    """
    run.refuse_unfinished()
    description = run.description()
    cell = find_colocalisation(description["experiment"])
    last = run.history()[-1]
    metrics = SearchMetrics(
        **{key: description[key] for key in KEPT_KEYS},
        recipe=from_json(Search, description["recipe"]),
        gallery=MeasuredSet(
            set_seed=description["set_seed"],
            **last.measures,
            loss=last.loss,
            seconds=last.seconds,
        ),
        sets=sets,
    )
    if not force:
        _refuse_fewer(run, cell, metrics)
    folder = checkpoints.PRETRAINED / cell.name
    with replaced(folder) as new:
        pack(run, new / PACKED)
        save_metrics(cell, metrics, new)
    return folder


def _refuse_fewer(run: Run, cell: Colocalisation, metrics: SearchMetrics) -> None:
    """Nothing published is lost to a trial. Raises RunError."""
    own = metrics.recipe in cell.recipes
    path = checkpoints.published_folder(cell) / checkpoints.METRICS
    if not path.is_file():
        if not own:
            raise RunError(
                f"{run.folder} was made with none of {cell.name}'s recipes; add --force to publish "
                "it anyway"
            )
        return
    published = load_search_metrics(cell)
    on_sets = bool(metrics.sets and published.sets)
    now, before = (
        statistics.mean(one.shares) if on_sets else one.gallery.localised_percent
        for one in (metrics, published)
    )
    lost = len(published.sets) - len(metrics.sets)
    if lost > 0 or now < before or now == before and not own:
        raise RunError(
            f"{run.folder} localises {now:.1f} % in {len(metrics.sets)} sets, the published result "
            f"of {cell.name} {before:.1f} % in {len(published.sets)}; add --force to publish it "
            "anyway"
        )


def add_set(cell: Colocalisation, result: MeasuredSet) -> None:
    """Add a set of test digits to a published co-localisation's metrics.

    It takes the place of an earlier set of this seed. Raises CheckpointError where nothing is
    published.

    >>> import tempfile
    >>> from pathlib import Path
    >>> from unittest.mock import patch
    >>> cell, folder = find_colocalisation("colocalisation/t/8"), tempfile.TemporaryDirectory()
    >>> metrics = load_search_metrics(cell)
    >>> with patch("stn_core.checkpoints.PRETRAINED", Path(folder.name)):
    ...     _ = save_metrics(cell, replace(metrics, sets=()))
    ...     add_set(cell, metrics.sets[0])
    ...     len(load_search_metrics(cell).sets)
    1
    """
    metrics = load_search_metrics(cell)
    others = (one for one in metrics.sets if one.set_seed != result.set_seed)
    sets = tuple(sorted((*others, result), key=lambda one: one.set_seed))
    save_metrics(cell, replace(metrics, sets=sets))
