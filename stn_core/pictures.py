"""What experiments are trained on and measured with: digits, or pictures of their own."""

from __future__ import annotations

import threading
from collections.abc import Callable

from stn_core import digits
from stn_core.digits import Progress, Source
from stn_core.experiment import Experiment

Load = Callable[[Experiment], Source]


def has_own(experiment: Experiment) -> bool:
    """Whether it is on pictures that its own data loads, not on MNIST's digits.

    >>> from stn_core import find
    >>> has_own(find("distorted/r/fcn")), has_own(find("birds/64/cnn"))
    (False, True)
    """
    return hasattr(experiment.data, "load")


def load_pictures(experiment: Experiment, progress: Progress | None = None) -> Source:
    """Digits, or the pictures that the experiment's own data loads. Raises DigitsError.

    >>> from stn_core import find
    >>> load_pictures(find("distorted/r/fcn")).gallery.images.shape
    torch.Size([1000, 28, 28])
    """
    own: Callable[[Progress | None], Source] = getattr(experiment.data, "load", digits.load)
    return own(progress)


class Pictures:
    """Loads an experiment's pictures, once for all that share them.

    >>> from stn_core import find
    >>> pictures = Pictures(load_pictures)
    >>> pictures(find("distorted/r/fcn")) is pictures(find("distorted/p/cnn"))
    True
    """

    def __init__(self, load: Load = load_pictures) -> None:
        self._load = load
        self._loaded: dict[object, Source] = {}
        self._lock = threading.Lock()

    def __call__(self, experiment: Experiment) -> Source:
        key = experiment.data if has_own(experiment) else None
        with self._lock:
            if key not in self._loaded:
                self._loaded[key] = self._load(experiment)
            return self._loaded[key]
