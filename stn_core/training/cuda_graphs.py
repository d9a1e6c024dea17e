"""A training step as a CUDA graph: one launch in place of some hundred, and no waiting.

The paper's networks are small: on a GPU a step's kernels take less time than it takes to launch
them one by one. A graph holds nothing that the host decides anew at each step, so the learning
rate is on the device as well, all of it in a table.
"""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Callable

import torch
from torch import Tensor

_CAPTURING = threading.Lock()


class DeviceRate:
    """Optimisers whose rate at each step is read from a table on their parameters' device.

    factors: the share of the peak rate at each step, (iterations,); parts: what the rate of each
    group's part is multiplied by. A group's rate is a tensor of one number from now on.
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
                self.graph = self.graph or self._captured(work)
                self.graph.replay()

    def _captured(self, work: Callable[[], None]) -> torch.cuda.CUDAGraph:
        graph = torch.cuda.CUDAGraph()
        if self.generator is not None:
            graph.register_generator_state(self.generator)
        self.stream.synchronize()
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
