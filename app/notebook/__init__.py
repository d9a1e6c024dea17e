"""A network shown from Python: the app in a script's own process, or a stage in a notebook.

It imports from ``panels`` and below; nothing of the app imports it. ``stn_core.watching.warps``
finds ``show`` by this module's name.
"""

from __future__ import annotations

import sys
from typing import Any

from torch import Tensor, nn

from stn_core.inspecting import Inspected
from stn_core.inspecting.images import MAX_IMAGES


def show(
    network: nn.Module, images: Tensor, labels: Tensor | None, classes: tuple[str, ...],
    **options: Any,
) -> Any:  # fmt: skip
    """As ``stn_core.watching.Warps.show``."""
    inspected = Inspected(
        network, images[:MAX_IMAGES].detach().cpu(),
        None if labels is None else labels[:MAX_IMAGES], classes, type(network).__name__,
    )  # fmt: skip
    if in_a_notebook():
        from app.notebook.widget import Stage

        return Stage(inspected, **options)
    from app.notebook.server import serve

    return serve(inspected, **options)


def in_a_notebook() -> bool:
    """Whether what this is called from can draw a widget."""
    ipython = sys.modules.get("IPython")
    shell = ipython.get_ipython() if ipython else None
    # Colab's shell is of a subclass.
    if any(kind.__name__ == "ZMQInteractiveShell" for kind in type(shell).__mro__):
        return True
    marimo = sys.modules.get("marimo")
    return bool(marimo and marimo.running_in_notebook())
