"""A volume and what a 3D transformer reads of it, drawn and turned by the browser (App. A.3)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from app.palette import CORNER, GRIDS
from app.stage.component import line_colours, mount, state_of, text_of
from app.stage.large import is_theta, rounded
from app.stage.replay import curves, file_name, softmax
from stn_core.experiments.volumes import DEPTH, SIDE
from stn_core.runs.records import RecordedRun
from stn_core.transforms import Affine3D

FRAMES_A_SECOND = 12.0
POSE_NUMBERS = 12  # a rotation matrix row by row, and a shift
ORTHOGONAL = 1e-2  # how far off a rotation matrix may be


@dataclass(frozen=True, kw_only=True)
class Pose:
    """How a digit stands in its volume. turn: a rotation (3, 3); shift: (3,), normalised."""

    turn: np.ndarray
    shift: np.ndarray

    def numbers(self) -> list[float]:
        return [*self.turn.flatten().tolist(), *self.shift.tolist()]


@dataclass(frozen=True, kw_only=True)
class Solid:
    """A digit in a volume, and the grid on it.

    image: uint8 (28, 28); theta: (12,) of Eq. 10, None without a transformer (V is then U);
    output_side: of V, in voxels.
    """

    image: np.ndarray
    pose: Pose
    theta: np.ndarray | None
    output_side: int


@dataclass(frozen=True, kw_only=True)
class Learning:
    """A recorded training, one of its probes: its θ and probabilities at every recorded step.

    name: of the training; live: it still runs; from_start: the playhead begins at step 0;
    test_error: its network's, in per cent, where it was measured.
    """

    recorded: RecordedRun
    probe: int
    name: str
    live: bool = False
    from_start: bool = False
    test_error: float | None = None


@dataclass(frozen=True, kw_only=True)
class VolumeReport:
    """What the visitor has done. theta: (12,), set by hand, else None; pose: of the digit if it
    was moved, else None."""

    theta: list[float] | None = None
    pose: Pose | None = None


def volume(
    solid: Solid,
    *,
    key: str,
    token: str,
    learning: Learning | None = None,
    probabilities: Sequence[float] | None = None,
) -> VolumeReport:
    """The volume with T_θ(G) in it, V beside it, and both projections; the hand turns them.

    token: names what is shown; a new token starts anew. learning: what is played, in place of
    what a hand does. probabilities: of the classes, for what is shown, for the stage's CSV file.
    """
    identity = Affine3D().identity().tolist()
    smaller = f"{SIDE}\N{NO-BREAK SPACE}→\N{NO-BREAK SPACE}{solid.output_side}"
    transforms = solid.theta is not None
    mount(
        key=key,
        data={
            "layout": "volume",
            "token": token,
            "called": learning and file_name(learning.name),
            "echo": state_of(key).get("serial"),
            "side": SIDE,
            "outputSide": solid.output_side,
            "digit": {
                "pixels": text_of(solid.image.astype(np.uint8)),
                "side": solid.image.shape[0],
                "depth": DEPTH,
            },
            "pose": solid.pose.numbers(),
            "transforms": transforms,
            "theta": np.asarray(solid.theta).tolist() if transforms else identity,
            "identity": identity,
            "names": list(Affine3D.parameter_names),
            "probabilities": rounded(probabilities),
            "track": learning and _track(learning, transforms),
            "captions": {
                "U": "The volume U and the box T<sub>θ</sub>(G) that the grid reads"
                if transforms
                else "U",
                "V": f"V: what the box reads, {smaller} voxels per side"
                if transforms
                else f"U again, {smaller} voxels per side",
                "W": "W: V summed along its depth" if transforms else "summed",
            },
            "colours": {"grid": GRIDS[0], "corner": CORNER, "series": line_colours()},
        },
        on_report_change=lambda: None,  # so that the result has it
    )
    return volume_report(key, token)


def _track(learning: Learning, transforms: bool) -> dict:
    from stn_core.training.probes import MEAN_CLASSES, MEASURED_PER_CLASS

    recorded = learning.recorded
    snapshots = recorded.snapshots
    probabilities = softmax(np.stack([s.logits[learning.probe] for s in snapshots]))
    if transforms:
        thetas = np.stack([s.theta[learning.probe, 0] for s in snapshots])
    else:
        thetas = np.tile(Affine3D().identity().numpy(), (len(snapshots), 1))
    return {
        "name": "Training progress",
        "count": len(snapshots),
        "perSecond": FRAMES_A_SECOND,
        "ends": ["step 0", "live" if learning.live else "end"],
        "thetas": text_of(thetas.astype(np.float32)),
        "probabilities": text_of(probabilities.astype(np.float32)),
        "truth": int(recorded.labels[learning.probe]),
        "begin": 0 if learning.from_start else -1,
        "meanDigits": MEASURED_PER_CLASS[recorded.probes.ndim - 1],
        "testError": learning.test_error,
        **curves(recorded, MEAN_CLASSES),
    }


def volume_report(key: str, token: str) -> VolumeReport:
    """What the browser has sent last, as far as it is of this token and of the right kind."""
    state = state_of(key)
    if state.get("token") != token:
        return VolumeReport()
    theta, numbers = state.get("theta"), state.get("pose")
    return VolumeReport(
        theta=theta if is_theta(theta, Affine3D.num_params) else None,
        pose=_pose(numbers) if is_theta(numbers, POSE_NUMBERS) else None,
    )


def _pose(numbers: list[float]) -> Pose | None:
    """A pose of twelve numbers, None if they are no rotation, or lead far out of the volume."""
    turn, shift = np.array(numbers[:9]).reshape(3, 3), np.array(numbers[9:])
    rotates = np.abs(turn @ turn.T - np.eye(3)).max() < ORTHOGONAL and np.linalg.det(turn) > 0
    return Pose(turn=turn, shift=shift) if rotates and np.abs(shift).max() <= 1 else None
