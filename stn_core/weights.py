"""A network's weights: how many there are, which are what, and how they start (App. A.4)."""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import Tensor, nn

from stn_core.departures import SILENT, Departure
from stn_core.localisation import Localisation

HE_GAIN = 6**0.5  # He et al. (2015), for a uniform distribution
TOLERANCE = 0.05  # of the number of parameters that a width is solved for


def count_parameters(network: nn.Module) -> int:
    """The number of learnable parameters.

    >>> count_parameters(nn.Linear(3, 2))
    8
    """
    return sum(p.numel() for p in network.parameters())


def hidden_matrices(network: nn.Module) -> set[Tensor]:
    """The weights of all fully connected layers but those whose output is θ or the logits.

    >>> from stn_core.networks import FCN
    >>> len(hidden_matrices(FCN().build((1, 28, 28), 10, torch.Generator())))
    2
    """
    last: set[nn.Module] = {m.regression for m in network.modules() if isinstance(m, Localisation)}
    last.add(network.get_submodule("classifier.classification"))
    linear = (m for m in network.modules() if isinstance(m, nn.Linear))
    return {module.weight for module in linear if module not in last}


def kernels(network: nn.Module) -> set[Tensor]:
    """The weights of all convolutions.

    >>> from stn_core.networks import CNN
    >>> len(kernels(CNN().build((1, 28, 28), 10, torch.Generator())))
    2
    """
    return {m.weight for m in network.modules() if isinstance(m, nn.Conv2d | nn.Conv3d)}


def solve_width(assemble: Callable[[int], nn.Module], parameters: int) -> int:
    """The classifier's width (units or filters) that comes nearest to a number of parameters.

    >>> solve_width(lambda width: nn.Linear(width, 100), 10_000)
    99
    """

    def count(width: int) -> int:
        with torch.device("meta"):
            return count_parameters(assemble(width))

    low, high = 1, 2
    while count(high) < parameters:
        low, high = high, 2 * high
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (middle, high) if count(middle) < parameters else (low, middle)
    width = min((low, high), key=lambda w: abs(count(w) - parameters))
    if abs(count(width) - parameters) > TOLERANCE * parameters:
        raise ValueError(
            f"no width gives this network {parameters:,} parameters within 5 %; the nearest, "
            f"{width}, gives {count(width):,}"
        )
    return width


def initialise(
    network: nn.Module,
    generator: torch.Generator,
    *,
    identity_start: bool = True,
    gain: float = 1.0,
) -> None:
    """Draw the weights: uniform in ±gain/sqrt(fan-in), by default torch's own, from one generator.

    gain: HE_GAIN keeps what goes through rectified layers as large as it was, in a deep network.
    The regression layers keep the identity (App. A.4), unless they are to be drawn as well.

    >>> layer = nn.Linear(4, 2)
    >>> initialise(layer, torch.Generator().manual_seed(0))
    >>> bool((layer.weight.abs() <= 0.5).all())
    True
    """
    regressions = {m.regression for m in network.modules() if isinstance(m, Localisation)}
    if not identity_start:
        regressions = set()
    for module in network.modules():
        if isinstance(module, nn.Linear | nn.Conv2d | nn.Conv3d) and module not in regressions:
            bound = module.weight[0].numel() ** -0.5
            nn.init.uniform_(module.weight, -gain * bound, gain * bound, generator=generator)
            assert module.bias is not None
            nn.init.uniform_(module.bias, -bound, bound, generator=generator)


DEPARTURES = (
    Departure(
        kind=SILENT,
        where="App. A.4",
        paper="Weights start at random; the distribution is not given.",
        ours="Uniform in ±1/√(fan-in), torch's own default. For house numbers He's, uniform in "
        f"±√({HE_GAIN**2:.0f}/fan-in), for the localiser of co-localisation He's, normal.",
        why="The default is the most common reading. He's keeps what goes through many rectified "
        "layers as large as it was; with it the localiser's boxes depend on the image sooner. "
        "Regression layers start at the identity, as A.4 says.",
    ),
    Departure(
        kind=SILENT,
        where="App. A.4, training",
        paper="A momentum is not named.",
        ours="The recipe *paper* has none.",
        why="0.9, a guess, was tried on RTS, with half of the paper's steps: it takes the errors "
        "of the FCN and the ST-FCN Aff from 3.6 and 2.8 times the paper's to 1.7 times.",
    ),
)
