"""A training step as a CUDA graph: one launch in place of some hundred, and no waiting.

The paper's networks are small: on a GPU a step's kernels take less time than it takes to launch
them one by one. A graph holds nothing that the host decides anew at each step, so the learning
rate is on the device as well, all of it in a table, and so are the batches of some steps.
"""

from __future__ import annotations

import contextlib
import math
import threading
from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext

import torch
from torch import Tensor

from stn_core.experiment import Examples
from stn_core.recipes import Recipe

GRAPHED_DEVICES = ("cuda",)  # where steps are graphs
# There, batches that are distorted together: their hundred small kernels then cost a sixteenth.
BATCHES_DRAWN = 16
MAX_DRAWN_NUMBERS = 2**25  # of all their images: of volumes, fewer are drawn
_CAPTURING = threading.Lock()


class DeviceRate:
    """Optimisers whose rate at each step is read from a table on their parameters' device.

    factors: the share of the peak rate at each step, (iterations,); parts: what the rate of each
    group's part is multiplied by. A group's rate is a tensor of one number from now on.

    >>> weight = torch.nn.Parameter(torch.ones(1))
    >>> sgd = torch.optim.SGD([{"params": [weight], "lr": 1.0, "part": "classifier"}])

    >>> rate = DeviceRate([sgd], torch.tensor([1.0, 0.5]), parts={"classifier": 1.0})
    >>> weight.grad = torch.ones(1)
    >>> rate.step()
    >>> rate.step()
    >>> weight.item()  # 1 - 1.0 - 0.5
    -0.5
    """

    def __init__(
        self, optimisers: list[torch.optim.Optimizer], factors: Tensor, parts: dict[str, float]
    ) -> None:
        self.optimisers, self.factors, self.parts = optimisers, factors, parts
        self.at = torch.zeros(1, dtype=torch.int64, device=factors.device)  # steps done
        self.peak, self._peak = torch.ones((), device=factors.device), 1.0
        self.rates = {part: torch.zeros((), device=factors.device) for part in parts}
        self.attach()

    def attach(self) -> None:
        """Give the groups their rates; again after ``load_state_dict``, which copies them."""
        for optimiser in self.optimisers:
            for group in optimiser.param_groups:
                group["lr"] = self.rates[group["part"]]
                if self.factors.is_cuda and "fused" in group:  # the others read it on the host
                    group |= {"fused": True, "foreach": False}
                if self.factors.is_cuda and "capturable" in group:
                    group["capturable"] = True

    def set_peak(self, rate: float) -> None:
        """The peak rate from the next step on."""
        if rate != self._peak:
            self.peak.fill_(rate)
            self._peak = rate

    @torch.no_grad()
    def step(self) -> None:
        """One step of every optimiser, from the gradients that are there."""
        rate = (self.peak * self.factors[self.at]).squeeze(0)
        for part, factor in self.parts.items():
            torch.mul(rate, factor, out=self.rates[part])
        for optimiser in self.optimisers:
            optimiser.step()
        self.at += 1


class Captured:
    """Work that is done eagerly a few times, then captured, and replayed from then on.

    stream: where all of it is done. Without one (there are no graphs but on CUDA) it stays eager;
    eager: how many times first, in which it allocates what the graph then finds in its place;
    generator: the only one that it draws from.

    >>> captured = Captured(stream=None)
    >>> captured(lambda: print("done"))
    done
    """

    def __init__(
        self,
        stream: torch.cuda.Stream | None,
        eager: int = 3,
        generator: torch.Generator | None = None,
    ) -> None:
        self.stream, self.eager, self.generator = stream, eager, generator
        self.graph: torch.cuda.CUDAGraph | None = None

    def __call__(self, work: Callable[[], None]) -> None:
        """Do the work, the same each time: it reads and writes tensors that stay where they are.

        It is not kept, since it is mostly its keeper's own: in a cycle, both would keep the GPU's
        memory.
        """
        if self.stream is None:
            work()
            return
        with torch.cuda.stream(self.stream):
            if self.graph is None and self.eager:
                self.eager -= 1
                work()
            else:
                self.graph = self.graph or self._captured(work, self.stream)
                self.graph.replay()

    def _captured(
        self, work: Callable[[], None], stream: torch.cuda.Stream
    ) -> torch.cuda.CUDAGraph:
        graph = torch.cuda.CUDAGraph()
        if self.generator is not None:
            graph.register_generator_state(self.generator)
        stream.synchronize()
        # Other threads may go on with networks of their own meanwhile, each on its stream.
        with _CAPTURING:
            graph.capture_begin(capture_error_mode="thread_local")
            try:
                work()
            except BaseException:
                with contextlib.suppress(RuntimeError):  # it has been broken off
                    graph.capture_end()
                raise
            graph.capture_end()
        return graph


def is_graphed(device: torch.device) -> bool:
    """Whether a trainer's steps are graphs there.

    >>> is_graphed(torch.device("cpu"))
    False
    """
    return device.type in GRAPHED_DEVICES


class GraphedSteps:
    """A trainer's steps as graphs, on a stream of their own, so that several share a GPU.

    What a step does is given at each one, and not kept: see ``Captured``.

    >>> from stn_core import find
    >>> weight = torch.nn.Parameter(torch.ones(1))
    >>> sgd = torch.optim.SGD([{"params": [weight], "part": "classifier"}])
    >>> steps = GraphedSteps(
    ...     find("distorted/r/fcn").recipe, [sgd], {"classifier": 1.0},
    ...     image_shape=(1, 28, 28), generator=torch.Generator(), device=torch.device("cpu"),
    ... )
    >>> steps.images.shape  # the batches that are drawn together
    torch.Size([16, 256, 1, 28, 28])
    """

    def __init__(
        self,
        recipe: Recipe,
        optimisers: list[torch.optim.Optimizer],
        parts: dict[str, float],
        *,
        image_shape: tuple[int, ...],
        label_shape: tuple[int, ...] = (),
        generator: torch.Generator,
        device: torch.device,
    ) -> None:
        self.device = device
        steps = range(recipe.iterations)
        factors = [recipe.schedule.factor(step, len(steps)) for step in steps]
        self.rate = DeviceRate(optimisers, torch.tensor(factors, device=device), parts)
        self.reaches: Tensor | None = None
        if recipe.curriculum:
            reaches = [recipe.curriculum.reach(step, len(steps)) for step in steps]
            self.reaches = torch.tensor(reaches, device=device)
        shape = (recipe.batch_size, *image_shape)
        count = max(1, min(BATCHES_DRAWN, MAX_DRAWN_NUMBERS // math.prod(shape)))
        self.images = torch.zeros(count, *shape, device=device)
        self.labels = torch.zeros(count, shape[0], *label_shape, dtype=torch.int64, device=device)
        self._next = torch.zeros(1, dtype=torch.int64, device=device)
        self._left = 0  # of the batches
        self.stream: torch.cuda.Stream | None = None
        if device.type == "cuda":
            self.stream = torch.cuda.Stream(device)
            self.stream.wait_stream(torch.cuda.current_stream(device))
        self.draw_captured = Captured(self.stream, 1, generator)
        self.step_captured = Captured(self.stream)

    def on_stream(self) -> AbstractContextManager:
        return nullcontext() if self.stream is None else torch.cuda.stream(self.stream)

    def advance(
        self,
        peak_rate: float,
        draw: Callable[[int, float | Tensor], Examples],
        differentiate: Callable[[Tensor, Tensor], None],
    ) -> None:
        """One step. draw: so many examples of a curriculum's reach; differentiate: find the
        gradients of a batch."""
        with self.on_stream():
            self.rate.set_peak(peak_rate)
        if not self._left:
            self.draw_captured(lambda: self._draw(draw))
            self._left = len(self.images)
        self.step_captured(lambda: self._step(differentiate))
        self._left -= 1

    def resume_at(self, step: int) -> None:
        """Go on from there; the optimisers' states have been loaded."""
        self.rate.attach()
        self.rate.at.fill_(step)

    def _draw(self, draw: Callable[[int, float | Tensor], Examples]) -> None:
        """The batches of the next steps."""
        count, size = self.labels.shape[:2]
        reach: float | Tensor = 1.0
        if self.reaches is not None:
            steps = self.rate.at + torch.arange(count, device=self.device)
            steps = steps.clamp(max=len(self.reaches) - 1)
            reach = self.reaches[steps].repeat_interleave(size).unsqueeze(1)
        examples = draw(count * size, reach)
        self.images.copy_(examples.images.unflatten(0, (count, size)))
        self.labels.copy_(examples.labels.unflatten(0, (count, size)))
        self._next.zero_()

    def _step(self, differentiate: Callable[[Tensor, Tensor], None]) -> None:
        """A step whose rate and batch the device knows: the host decides nothing in it."""
        images, labels = self.images[self._next], self.labels[self._next]
        self._next += 1
        differentiate(images.squeeze(0), labels.squeeze(0))
        self.rate.step()
