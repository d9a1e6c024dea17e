"""Two small networks that a visitor's own browser trains on R (the app's *Train in your browser*).

Both have as many parameters, by the paper's rule, but 54,000 and not 400,000. A step of 32 digits
takes a few milliseconds of plain JavaScript.
"""

from __future__ import annotations

from stn_core.distortions import R
from stn_core.experiment import Experiment
from stn_core.experiments.distorted import PAPER, QUICK, Distorted
from stn_core.networks import FCN, STFCN, Network
from stn_core.objectives import CrossEntropy
from stn_core.transforms import Affine, Attention, Transform

FCN_PARAMETERS = 54_127  # 784-63-63-10, as app/stage/frontend/learning/trainer.js has it
CLASSIFIER_PARAMETERS = 26_506  # 784-32-32-10, of the ST-FCN
BODY_PARAMETERS = 27_232  # 784-32-32-32, of the localisation network (A.4)
REGRESSION_PARAMETERS = 33  # for each number of θ


def _st_fcn(transform: Transform) -> STFCN:
    localisation = BODY_PARAMETERS + REGRESSION_PARAMETERS * transform.num_params
    return STFCN(transform=transform, parameters=CLASSIFIER_PARAMETERS + localisation)


NETWORKS: dict[str, Network] = {
    "fcn": FCN(parameters=FCN_PARAMETERS),
    "st-fcn-aff": _st_fcn(Affine()),
    "st-fcn-att": _st_fcn(Attention()),
}
EXPERIMENTS = tuple(
    Experiment(
        name=f"browser/r/{name}",
        source="small networks for a browser, not in the paper",
        data=Distorted(distortion=R()),
        network=network,
        objective=CrossEntropy(),
        recipes=(QUICK, PAPER),
        reported=None,
    )
    for name, network in NETWORKS.items()
)
