"""The stage of one transformer in a notebook; the network's answer follows the hand."""

from __future__ import annotations

from typing import Any

import anywidget
import torch
import traitlets

from app.palette import SERIES
from app.panels import answers
from app.stage.bundle import FRONTEND, bundle
from app.stage.large import large_data, reported_in, stage_data
from stn_core.inspecting import Inspected


class Stage(anywidget.AnyWidget):
    """U with the sampling grid, V, handles, θ in numbers, and the class probabilities.

    transformer: its name, by default the first; image: a number, from 0. Raises ValueError for one
    that there is not, or that cannot be drawn.
    """

    _esm = bundle("notebook.js")
    style = traitlets.Unicode((FRONTEND / "stage.css").read_text()).tag(sync=True)
    payload = traitlets.Dict().tag(sync=True)
    report = traitlets.Dict().tag(sync=True)
    answer = traitlets.Unicode().tag(sync=True)

    def __init__(self, network: Inspected, transformer: str | None = None, image: int = 0) -> None:
        name = transformer or network.names[0]
        if name not in network.names or not 0 <= image < len(network.images):
            raise ValueError(
                f"expected a transformer of {', '.join(network.names)} and an image of 0 to "
                f"{len(network.images) - 1}, got {name!r} and {image}"
            )
        self._network, self._name, self._image = network, name, image
        self._own = network.run(network.images[image : image + 1])
        self._seen = self._own.seen[name]
        if why := self._seen.why_not_drawn:
            raise ValueError(f"{name!r} cannot be drawn: {why}")
        self._fitted = self._seen.fitted(0, answers.shown_size(self._seen))
        super().__init__(payload=self._payload(None), answer=self._answer(None))

    @traitlets.observe("report")
    def _follow(self, change: dict[str, Any]) -> None:
        """Run the rest of the network on the grid that the hand has left."""
        report = change["new"]
        count = self._fitted.theta.shape[1]
        done = reported_in(report, self._token, count)
        grids = None
        if done.thetas:
            theta = torch.tensor(done.thetas)
            grids = {self._name: self._seen.moved(self._fitted, theta)}
        self.answer = self._answer(grids)
        self.payload = self._payload(done.serial)

    @property
    def _token(self) -> str:
        return f"{self._name}/{self._image}"

    def _payload(self, echo: int | None) -> dict[str, Any]:
        item, arguments = answers.staged(self._seen, self._fitted, self._image)
        data = stage_data(
            [item], "large", self._token, arguments["transformers"], arguments["output_size"],
            arguments["reading"], None, arguments["captions"],
        )  # fmt: skip
        return data | large_data(answers.FEATURES, echo)

    def _answer(self, grids: dict[str, torch.Tensor] | None) -> str:
        network = self._network
        image = network.images[self._image : self._image + 1]
        now = network.run(image, grids) if grids else None
        return answers.answer(network, self._own, now, network.label(self._image), SERIES)
