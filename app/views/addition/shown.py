"""What the page shows: looked up once from what was chosen, and handed down."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from app.data import sums
from app.data.examples import Movable
from app.data.networks import LoadedNetwork
from app.panels.predictions import Prediction, predict
from app.stage.large import Report
from app.views.addition.choices import Choice

if TYPE_CHECKING:
    from stn_core.experiment import Examples


@dataclass(frozen=True, kw_only=True)
class Shown:
    """Two distorted digits, and the networks that add them.

    example: Examples with a batch of one, its channels in the chosen order; movables: its digits,
    one for each channel; digits: of the gallery, in the same order; first: of them, the one that
    was chosen first; muted: transformers that are held at the identity; token: tells the input
    from every other.
    """

    networks: tuple[LoadedNetwork, ...]
    example: Examples
    movables: list[Movable]
    digits: tuple[int, int]
    first: int
    seed: int
    muted: tuple[int, ...]
    token: str

    @property
    def label(self) -> int:
        """The true sum."""
        return int(self.example.labels[0])

    @property
    def equation(self) -> str:
        """The digits, in the order of the channels, and the true sum."""
        digits = " + ".join(str(int(digit)) for digit in self.example.pose["digit"][0])
        return f"{digits} = {self.label}"

    @property
    def staged(self) -> list[LoadedNetwork | None]:
        """Whose stages there are: of the networks with a transformer, else one of none."""
        return [n for n in self.networks if n.network.transformer] or [None]

    def held(self, loaded: LoadedNetwork) -> list[list[float] | None]:
        """For each transformer of a network, the θ that it is held at, None for its own.

        Only the first network with several transformers is muted, not what it is compared with.
        """
        if not loaded.network.transformer:
            return []
        count = _count(loaded)
        several = (n for n in self.networks if n.network.transformer and _count(n) > 1)
        muted = self.muted if loaded is next(several, None) else ()
        identity = loaded.experiment.network.transform.identity().tolist()
        return [identity if n in muted else None for n in range(count)]


def _count(loaded: LoadedNetwork) -> int:
    return loaded.experiment.network.transformers


def show(choice: Choice, networks: Sequence[LoadedNetwork]) -> Shown:
    """What was chosen, looked up."""
    example = _example(choice)
    return Shown(
        networks=tuple(networks),
        example=example,
        movables=sums.movables(example, choice.digits, choice.drawn),
        digits=choice.digits,
        first=choice.digits[-1 if choice.swapped else 0],
        seed=choice.seed,
        muted=choice.muted,
        token=choice.token,
    )


def _example(choice: Choice) -> Examples:
    order = -1 if choice.swapped else 1
    pair = sums.pair_of_digits(*choice.digits[::order], choice.seed, choice.drawn[::order])
    if not choice.swapped:
        return pair
    return pair._replace(
        images=pair.images.flip(1),
        theta=pair.theta.flip(1),
        pose={name: values.flip(1) for name, values in pair.pose.items()},
    )


@dataclass(frozen=True, kw_only=True)
class Moved:
    """The digits as the visitor's hand has left them.

    poses: (6,) each, to which they were moved, else None; predictions: of U with the digits there,
    by every network.
    """

    poses: list[list[float]] | None
    predictions: tuple[Prediction, ...]


def move(shown: Shown, reports: Sequence[Report]) -> Moved:
    """The digits, by what the visitor has done on the stages of ``shown.staged``."""
    newest = max(reports, key=lambda report: report.serial)
    poses = newest.poses
    images = shown.example.images if poses is None else sums.render_channels(shown.movables, poses)
    hands = {n.key: r.thetas for n, r in zip(shown.staged, reports, strict=True) if n}
    predictions = (predict(n, images, hands.get(n.key), shown.held(n)) for n in shown.networks)
    return Moved(poses=poses, predictions=tuple(predictions))
