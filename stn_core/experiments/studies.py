"""Short trainings that show one thing each, to be replayed beside the first (Sect. 3.1, A.4).

An ST-FCN on RTS, and the same with one thing changed. Not of the paper's tables. A background
that is not the zero that is read outside is said to make a transformer zoom out. With the mean
subtracted it did not by this recipe (nor with 0.5, nor divided by the standard deviation); with
white subtracted, a background of -1, the grids widen beyond U and hardly follow the digits.
The zeros are not why: with the border's values read outside it ended no better.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

from stn_core.distortions import RTS
from stn_core.experiment import Experiment
from stn_core.experiments.distorted import FAMILIES, PAPER, THOROUGH, Distorted
from stn_core.networks import STFCN
from stn_core.objectives import CrossEntropy
from stn_core.recipes import AdamW

SHORT = replace(THOROUGH, name="short", optimiser=AdamW(), learning_rate=2e-3, iterations=6_000)
MNIST_MEAN = 0.1307  # of all pixels of MNIST's training digits, which tutorials subtract
WHITE = 1.0


@dataclass(frozen=True)
class Study:
    """What is changed, in words, and the experiment; ``seed``: of its recorded training.

    >>> [study.experiment.name for study in STUDIES if study.seed == 1]
    ['studies/st-fcn-aff-again']
    """

    words: str
    experiment: Experiment
    seed: int = 0


def _experiment(name: str, network: STFCN, recipe=SHORT) -> Experiment:
    return Experiment(
        name=f"studies/{name}",
        source="a short study, not in the paper",
        data=Distorted(distortion=RTS()),
        network=network,
        objective=CrossEntropy(),
        recipes=(recipe, PAPER),
        reported=None,
    )


_AFFINE = STFCN(transform=FAMILIES["aff"], pool=2)

STUDIES = (
    Study("affine, starting at the identity", _experiment("st-fcn-aff", _AFFINE)),
    Study(
        "a thin plate spline",
        _experiment("st-fcn-tps", replace(_AFFINE, transform=FAMILIES["tps"])),
    ),
    Study("another seed", _experiment("st-fcn-aff-again", _AFFINE), seed=1),
    Study(
        "the localisation network's rate ten times larger",
        _experiment(
            "st-fcn-aff-fast-localisation", _AFFINE, replace(SHORT, localisation_lr_factor=10)
        ),
    ),
    Study(
        "random initial weights of the regression layer",
        _experiment("st-fcn-aff-random-start", replace(_AFFINE, identity_start=False)),
    ),
    Study(
        "the mean subtracted from the image, with zeros outside it",
        _experiment("st-fcn-aff-shifted", replace(_AFFINE, subtracted=MNIST_MEAN)),
    ),
    Study(
        "white subtracted from the image, with zeros outside it",
        _experiment("st-fcn-aff-white-subtracted", replace(_AFFINE, subtracted=WHITE)),
    ),
)
EXPERIMENTS = tuple(study.experiment for study in STUDIES)
