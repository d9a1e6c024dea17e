"""What the cells of a table are trained on, each kind of pictures loaded once."""

from __future__ import annotations

import threading
from collections.abc import Callable

from stn_core import digits
from stn_core.digits import Source
from stn_core.experiment import Experiment

Load = Callable[[Experiment], Source]


def load_pictures(experiment: Experiment) -> Source:
    """Digits, or the pictures that the experiment's own data loads. Raises DigitsError.

    >>> from stn_core import find
    >>> load_pictures(find("distorted/r/fcn")).gallery.images.shape
    torch.Size([1000, 28, 28])
    """
    own: Callable[[], Source] = getattr(experiment.data, "load", digits.load)
    return own()


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
        key = experiment.data if hasattr(experiment.data, "load") else None
        with self._lock:
            if key not in self._loaded:
                self._loaded[key] = self._load(experiment)
            return self._loaded[key]
