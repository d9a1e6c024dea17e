"""What the page shows: looked up once from what was chosen, and handed down."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from app.data import angles, examples
from app.data.gallery import Drawn
from app.data.networks import LoadedNetwork, predicted_classes
from app.panels.predictions import Prediction, predict
from app.stage.large import Report
from app.views.distorted.choices import Choice

if TYPE_CHECKING:
    from stn_core.experiment import Examples


@dataclass(frozen=True, kw_only=True)
class Shown:
    """A distorted digit, and the networks that read it.

    source: by which the caches of app.data know the example; token: tells it from every other;
    example: Examples with a batch of one, as it was drawn; movable: what a hand moves of it.
    """

    distortion: str
    source: tuple[str, int, int, Drawn | None]  # an experiment's name, digit, seed, own digit
    token: str
    networks: tuple[LoadedNetwork, ...]
    example: Examples
    movable: examples.Movable

    @property
    def digit(self) -> int:
        """In the gallery, class by class."""
        return self.source[1]

    @property
    def chosen(self) -> int | None:
        """The gallery digit that is shown; None if it is the visitor's own."""
        return None if self.source[-1] else self.digit

    @property
    def label(self) -> int:
        """The true class."""
        return int(self.example.labels[0])

    @property
    def staged(self) -> list[LoadedNetwork | None]:
        """Whose stages there are: of the networks with a transformer, else one of none."""
        return [n for n in self.networks if n.network.transformer] or [None]

    def turned(self, loaded: LoadedNetwork) -> angles.Turned:
        """What a network makes of the example when it is turned."""
        return angles.turned(loaded, loaded.key, *self.source)

    def predicted_angles(self, loaded: LoadedNetwork) -> angles.PredictedAngles:
        """A network's angles of 200 digits with this distortion and seed."""
        name, _, seed, _ = self.source
        return angles.predicted_angles(loaded, loaded.key, name, seed)

    def further(self) -> list[Further]:
        """A digit of each class, by one writer, distorted with the same seed."""
        name, digit, seed, _ = self.source
        digits = tuple(range(digit % 100, 1000, 100))
        answers = [predicted_classes(n, n.key, name, digits, seed) for n in self.networks]
        return [
            Further(
                digit=digit,
                example=examples.example(name, digit, seed),
                answers=tuple(of_network[place] for of_network in answers),
            )
            for place, digit in enumerate(digits)
        ]


@dataclass(frozen=True, kw_only=True)
class Further:
    """Another digit to choose. answers: a class from each network."""

    digit: int
    example: Examples
    answers: tuple[int, ...]


def show(choice: Choice, networks: Sequence[LoadedNetwork]) -> Shown:
    """What was chosen, looked up."""
    # One of the distortion's experiments: their data is the same.
    name = f"distorted/{choice.distortion.lower()}/st-cnn-aff"
    source = (name, choice.digit, choice.seed, choice.drawn)
    return Shown(
        distortion=choice.distortion,
        source=source,
        token=choice.token,
        networks=tuple(networks),
        example=examples.example(*source),
        movable=examples.movable(*source),
    )


@dataclass(frozen=True, kw_only=True)
class Moved:
    """The example as the visitor's hand has left it.

    pose: (6,), to which the input was moved, else None; predictions: of U, (1, 1, H, W), with the
    input there, by every network.
    """

    pose: Sequence[float] | None
    predictions: tuple[Prediction, ...]


def move(shown: Shown, reports: Sequence[Report]) -> Moved:
    """The example, by what the visitor has done on the stages of ``shown.staged``."""
    newest = max(reports, key=lambda report: report.serial)
    poses = newest.poses
    pose = poses and poses[0]
    images = shown.example.images if pose is None else examples.render(shown.movable, pose)
    hands = {n.key: r.thetas for n, r in zip(shown.staged, reports, strict=True) if n}
    return Moved(
        pose=pose,
        predictions=tuple(predict(n, images, hands.get(n.key)) for n in shown.networks),
    )
