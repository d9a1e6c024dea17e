"""What an experiment is: data, network, objective and the recipes it can be trained by."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass
from typing import Any, NamedTuple, Protocol, cast

import torch
from torch import Tensor

from stn_core.digits import Digits
from stn_core.errors import UnknownName
from stn_core.networks import ClassificationNetwork, NetworkDescription
from stn_core.objectives import CrossEntropy, SequenceCrossEntropy
from stn_core.recipes import Recipe
from stn_core.transforms import Transform


class Examples(NamedTuple):
    """A batch: images (B, C, H, W) float32 in [0, 1], labels (B,), and how they were distorted.

    pose: the distortion's parameters by name; theta: what undoes them, (B, P), or None.

    >>> from stn_core import find, load_digits
    >>> data, gallery = find("distorted/rts/fcn").data, load_digits().gallery
    >>> data.examples(gallery, torch.Generator()).images.shape
    torch.Size([1000, 1, 42, 42])
    """

    images: Tensor
    labels: Tensor
    pose: dict[str, Tensor]
    theta: Tensor | None


class Words(NamedTuple):
    """How a command calls the pictures of an experiment whose data are no digits.

    >>> from stn_core import find
    >>> words_of(find("house-numbers/64/cnn").data).test
    'photographs of SVHN'
    """

    test: str
    gallery: str
    absent: str  # what is missing where there is no test
    trained: str  # what it was trained on, in a word
    training: str  # where they come from
    drawn: bool = True  # whether a seed makes what is measured


def words_of(data: Data) -> Words:
    """Its own, ``data.words``, or those for digits.

    >>> from stn_core import find
    >>> words_of(find("addition/rts/fcn").data).gallery
    'sums of gallery digits'
    """
    own: Words | None = getattr(data, "words", None)
    return own or Words(
        data.noun.replace("digits", "MNIST test digits"),
        data.noun.replace("digits", "gallery digits"),
        "MNIST's test digits",
        "digits",
        "of MNIST's training set, without the gallery",
    )


class Data(Protocol):
    """Where an experiment's images come from. All of it on the digits' device.

    >>> from stn_core import find
    >>> data: Data = find("addition/rts/fcn").data
    >>> data.image_shape, data.classes, data.noun
    ((2, 42, 42), 19, 'sums of digits')
    """

    @property
    def image_shape(self) -> tuple[int, ...]:
        """(C, H, W) or (C, D, H, W)."""

    @property
    def classes(self) -> int:
        """How many there are."""

    @property
    def noun(self) -> str:
        """What an example is, in the plural."""

    @property
    def truth_family(self) -> Transform | None:
        """The family of Examples.theta."""

    def examples(
        self, digits: Digits, generator: torch.Generator, others: Digits | None = None
    ) -> Examples:
        """One example of each digit, in order.

        others: where clutter is cut from and second digits are taken from, if not there.
        """
        ...

    def posed(self, digits: Digits, poses: int, generator: torch.Generator) -> Tensor:
        """Each digit in so many poses: images (M, poses, C, H, W)."""
        ...


@dataclass(frozen=True, kw_only=True)
class Experiment:
    """One cell of one table of the paper.

    name: the command-line argument, the URL value, the test id, the folder in pretrained/.
    source: where the paper describes it. reported: the paper's figure in the objective's measure,
    None where it gives none. recipes: by default the first.
    Raises ValueError for a curriculum on data without a reach.

    >>> from stn_core import find
    >>> quick = find("distorted/rts/st-cnn-aff").with_recipe(iterations=100)
    >>> quick.recipe.iterations, quick.reported, quick.build(seed=0).transformer.transform
    (100, 0.5, Affine())
    """

    name: str
    source: str
    data: Data
    network: NetworkDescription
    objective: CrossEntropy | SequenceCrossEntropy
    recipes: tuple[Recipe, ...]
    reported: float | None

    def __post_init__(self) -> None:
        if any(r.curriculum for r in self.recipes) and not hasattr(self.data, "reach"):
            raise ValueError(f"{self.name}: a curriculum needs data with a `reach`")

    def data_at(self, reach: float | Tensor) -> Data:
        """What is trained on while the curriculum stands at this reach: the data, if it has none.

        reach: see ``Curriculum.reach``; a number, or one for each example, (B, 1).
        """
        if self.recipe.curriculum is None:
            return self.data
        return dataclasses.replace(cast(Any, self.data), reach=reach)

    @property
    def recipe(self) -> Recipe:
        return self.recipes[0]

    def with_recipe(
        self,
        name: str | None = None,
        *,
        iterations: int | None = None,
        batch_size: int | None = None,
        learning_rate: float | None = None,
    ) -> Experiment:
        """The same experiment, with the recipe of this name (the first one, if None) alone.

        A number that is given stands in place of the recipe's. Raises UnknownName if there is no
        recipe of this name, InputError for a number that cannot be one.
        """
        named = {recipe.name: recipe for recipe in self.recipes}
        recipe = self.recipe if name is None else named.get(name)
        if recipe is None:
            raise UnknownName(f"{self.name} has no recipe {name!r}; it has: {', '.join(named)}")
        numbers = {
            "iterations": iterations,
            "batch_size": batch_size,
            "learning_rate": learning_rate,
        }
        given: dict[str, Any] = {key: n for key, n in numbers.items() if n is not None}
        return dataclasses.replace(self, recipes=(dataclasses.replace(recipe, **given),))

    def build(self, seed: int) -> ClassificationNetwork:
        """A fresh network, on the CPU; the same seed gives the same weights on any machine."""
        generator = torch.Generator().manual_seed(seed)
        return self.network.build(self.data.image_shape, self.data.classes, generator)
