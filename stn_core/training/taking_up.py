"""A published network's training taken up again, where its own run is not there any more."""

from __future__ import annotations

import torch

from stn_core import checkpoints
from stn_core.experiment import Experiment
from stn_core.runs.folder import Run
from stn_core.runs.packed import PACKED, unpack
from stn_core.runs.records import RecordedRun, RunError
from stn_core.training import checkpoint

NO_DEVICE = "none"  # whose random stream goes on: batches are drawn afresh


def published_run(experiment: Experiment) -> RecordedRun:
    """The recording of a published network. Raises RunError if there is none.

    >>> from stn_core import find
    >>> published_run(find("distorted/r/fcn")).description["experiment"]
    'distorted/r/fcn'
    """
    path = checkpoints.published_folder(experiment) / PACKED
    if not (checkpoints.is_published(experiment) and path.is_file()):
        raise RunError(
            f"no network of {experiment.name} is published with its recording; train one first"
        )
    return unpack(path)


def take_up(experiment: Experiment, run: Run) -> None:
    """Make a run of a published network, which can be extended as if it had just come to its end.

    It has the network's recording and its weights, in float16 as they are shipped; what the
    optimiser remembered is not kept, and the batches are others than those of a run that was
    never left. Raises RunError if it is not published, or without its recording, or if the folder
    holds a run.

    >>> import tempfile
    >>> from pathlib import Path
    >>> from stn_core import find
    >>> folder = tempfile.TemporaryDirectory()
    >>> run = Run(Path(folder.name, "run"))
    >>> take_up(find("distorted/r/fcn"), run)
    >>> run.status().state, run.status().step == run.description()["recipe"]["iterations"]
    ('finished', True)
    """
    recorded, network = published_run(experiment), checkpoints.load_pretrained(experiment)
    description, last = recorded.description, recorded.history[-1]
    taken_up = [*description.get("taken_up", []), last.step]
    run.create({**description, "taken_up": taken_up})
    for step in recorded.history:
        run.append(step)
    run.write_probes(recorded.probes, recorded.labels)
    for snapshot in recorded.snapshots:
        run.write_snapshot(snapshot)
    checkpoint.write(
        run.checkpoint,
        network,
        {},
        torch.Generator(),
        experiment=experiment.name,
        step=last.step,
        seconds=last.seconds,
        peak_rate=description["recipe"]["learning_rate"],
        device=NO_DEVICE,
    )
    run.set_status("finished", last.step)
