"""What ``watch`` gives: the warps by name, and the network and images to show them with."""

from __future__ import annotations

import importlib
from collections.abc import Sequence
from typing import Any

from torch import Tensor, nn

SHOWING = "app.notebook"  # the app's module that shows a network, found by its name: see ``show``


class Warps(dict[str, list]):
    """By the name of a transformer its warps, in order.

    network: the module that was watched, None of another callable; images: what it was called with
    last, None before or if that was no tensor.

    >>> Warps(stn=[])
    {'stn': []}
    """

    network: nn.Module | None = None
    images: Tensor | None = None

    def note(self, _network: nn.Module, inputs: tuple) -> None:
        """Remember with which images the network is called."""
        self.images = inputs[0] if inputs and isinstance(inputs[0], Tensor) else None

    def show(
        self, labels: Tensor | None = None, classes: Sequence[str] = (), **options: Any
    ) -> Any:
        """Show the watched network, live, on the images that it was called with last.

        From a script: starts the app's page *Your network* in this process, with this very network
        in it, says where it is, and returns when that is ended with Ctrl-C. In Jupyter and marimo:
        gives a widget, the stage of one transformer. The rest of the network runs on the grid that
        is moved there. The network is put into evaluation mode on the CPU.

        labels: (N,) true classes; classes: their names; options: from a script ``address``,
        ``port`` and ``browser`` (whether to open one); in a notebook ``transformer``, a name, and
        ``image``, a number.
        Raises ImportError without the app, which this library does not need for anything else;
        ValueError for a function, of which the images are not known, and for a network that was not
        called (``save_warps`` writes what a function did into a file for that page); InputError for
        a network that cannot be run again, and from a script for a second ``show`` in one process.

        >>> Warps().show()
        Traceback (most recent call last):
        ValueError: there is no network to show: watch a module, and call it with a batch of images
        """
        if self.network is None or self.images is None:
            raise ValueError(
                "there is no network to show: watch a module, and call it with a batch of images"
            )
        try:
            showing = importlib.import_module(SHOWING)
        except ModuleNotFoundError as error:
            raise ImportError(
                f"`show` needs the app (requirements.txt of the project): {error}"
            ) from error
        return showing.show(self.network, self.images, labels, tuple(classes), **options)
