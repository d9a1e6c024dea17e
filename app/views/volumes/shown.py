"""What the page shows: looked up once from what was chosen, and handed down."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from app.data import volumes
from app.data.networks import LoadedNetwork
from app.panels.predictions import Prediction, predict
from app.stage.volume import Pose, VolumeReport
from app.views.volumes.choices import Choice


@dataclass(frozen=True, kw_only=True)
class Shown:
    """A digit in a volume, and the networks that read it.

    placed: the digit, as it was drawn; digit: in the gallery; token: tells what is on the stage
    from everything else.
    """

    networks: tuple[LoadedNetwork, ...]
    placed: volumes.Placed
    digit: int
    seed: int
    token: str

    @property
    def staged(self) -> LoadedNetwork | None:
        """Whose stage it is: the first network's with a transformer, else the first one's."""
        transformed = [n for n in self.networks if n.network.transformer]
        return next(iter([*transformed, *self.networks]), None)

    @property
    def pose(self) -> Pose:
        """In which the digit was placed."""
        return Pose(turn=self.placed.turn, shift=self.placed.shift)


def show(choice: Choice, networks: Sequence[LoadedNetwork]) -> Shown:
    """What was chosen, looked up."""
    return Shown(
        networks=tuple(networks),
        placed=volumes.placed(choice.digit, choice.seed, choice.drawn),
        digit=choice.digit,
        seed=choice.seed,
        token=choice.token,
    )


@dataclass(frozen=True, kw_only=True)
class Moved:
    """The digit as the visitor's hand has left it.

    pose: of the digit; by_hand: whether a hand has set it; predictions: of the volume with the
    digit there, by every network.
    """

    pose: Pose
    by_hand: bool
    predictions: tuple[Prediction, ...]


def move(shown: Shown, report: VolumeReport) -> Moved:
    """The digit, by what the visitor has done on the stage."""
    pose = report.pose or shown.pose
    images = volumes.extruded(shown.placed.image, pose.turn, pose.shift)
    staged = shown.staged
    hand = [report.theta] if report.theta and staged and staged.network.transformer else None
    predictions = tuple(predict(n, images, hand if n is staged else None) for n in shown.networks)
    return Moved(pose=pose, by_hand=report.pose is not None, predictions=predictions)
