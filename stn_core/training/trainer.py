"""A network in training: its optimisers, one step after another, and what came of them."""

from __future__ import annotations

import math
import time
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext

import torch
from torch import Tensor

from stn_core.checkpoints import begin_with
from stn_core.digits import Digits, Source
from stn_core.distortions import Elastic
from stn_core.experiment import Examples, Experiment
from stn_core.experiments import find
from stn_core.muon import KernelMuon
from stn_core.precision import faster_dtype
from stn_core.runs.records import Step
from stn_core.threads import on_threads
from stn_core.trace import Trace
from stn_core.training.cuda_graphs import GraphedSteps, is_graphed
from stn_core.training.recording import TrainingError
from stn_core.transforms import NonFiniteError
from stn_core.weights import hidden_matrices, kernels

PRECISIONS = ("float32", "bfloat16")
BACKBONE = "classifier.backbone."  # before the names of layers that come pre-trained


class Trainer:
    """A network in training: its optimiser, its digits, its generator, and how far it is.

    threads: of the CPU, while it works; torch's own number is left as it is. newton_schulz: in
    which type Muon orthogonalises, by default the faster one on this device.

    >>> from stn_core import find, load_digits
    >>> trainer = Trainer(find("distorted/r/fcn").with_recipe(batch_size=8), load_digits())
    >>> trainer.advance()
    >>> step = trainer.record()
    >>> step.step, list(step.measures), list(step.gradient_norms)
    (1, ['error_percent'], ['classifier'])
    """

    def __init__(
        self,
        experiment: Experiment,
        source: Source,
        *,
        seed: int = 0,
        device: torch.device | str = "cpu",
        precision: str = "float32",
        threads: int = 1,
        newton_schulz: torch.dtype | None = None,
    ) -> None:
        device = torch.device(device)
        if precision not in PRECISIONS:
            raise ValueError(f"a precision should be one of {PRECISIONS}, got {precision!r}")
        self.experiment, self.recipe, self.device = experiment, experiment.recipe, device
        self.precision, self.threads = precision, threads
        self.digits = source.train.to(device)
        network = experiment.build(seed)
        if self.recipe.begin_with is not None:
            begin_with(network, find(self.recipe.begin_with))
        self.network = network.to(device)
        localisation = [p for n, p in network.named_parameters() if n.startswith("transformer.")]
        backbone = [p for n, p in network.named_parameters() if n.startswith(BACKBONE)]
        for parameter in backbone:
            parameter.requires_grad_(self.recipe.backbone_lr_factor > 0)
        classifier = [
            p for n, p in network.named_parameters() if not n.startswith(("transformer.", BACKBONE))
        ]
        self.parts = {"localisation": localisation, "backbone": backbone, "classifier": classifier}
        self.factors = {
            "localisation": self.recipe.localisation_lr_factor,
            "backbone": self.recipe.backbone_lr_factor,
            "classifier": 1.0,
        }
        self.parts = {
            name: part for name, part in self.parts.items() if part and part[0].requires_grad
        }
        self.optimisers = self.recipe.build_optimisers(self._groups())
        self.newton_schulz = newton_schulz or faster_dtype(device)
        for optimiser in self.optimisers:
            if isinstance(optimiser, KernelMuon):
                optimiser.dtype = self.newton_schulz
        self.generator = torch.Generator(device).manual_seed(seed)
        self.peak_rate = self.recipe.learning_rate  # which a run's control file may change
        self.step = 0
        self.seconds = 0.0
        self._loss = torch.zeros((), device=device)
        self._measures: dict[str, Tensor] = {}
        self._since = 0
        # Where steps are graphs, the host decides nothing in them.
        self.graphed = self._graphed() if is_graphed(device) else None

    def _graphed(self) -> GraphedSteps:
        return GraphedSteps(
            self.recipe,
            self.optimisers,
            self.factors,
            image_shape=self.experiment.data.image_shape,
            label_shape=tuple(self.digits.labels.shape[1:]),
            generator=self.generator,
            device=self.device,
        )

    def on_stream(self) -> AbstractContextManager:
        """Everything that a trainer does is done in its order."""
        return nullcontext() if self.graphed is None else self.graphed.on_stream()

    @contextmanager
    def at_work(self) -> Iterator[None]:
        """What it does meanwhile counts as its seconds."""
        started = time.perf_counter()
        with self.on_stream(), on_threads(self.threads):
            yield
        self.seconds += time.perf_counter() - started

    def _groups(self) -> list[dict]:
        """For the optimiser: what belongs to which part, hidden matrices and kernels apart."""
        kinds = dict.fromkeys(hidden_matrices(self.network), "matrix")
        kinds |= dict.fromkeys(kernels(self.network), "kernel")
        groups = [
            {
                "params": [p for p in part if kinds.get(p, "other") == kind],
                "lr": self.recipe.learning_rate,
                "part": name,
                "kind": kind,
            }
            for name, part in self.parts.items()
            for kind in ("matrix", "kernel", "other")
        ]
        return [group for group in groups if group["params"]]

    def learning_rate(self, step: int) -> float:
        """The classifier's rate at a step, counted from 0."""
        return self.peak_rate * self.recipe.schedule.factor(step, self.recipe.iterations)

    def advance(self) -> None:
        """One step. The device is not waited for."""
        started = time.perf_counter()
        with on_threads(self.threads):
            if self.graphed:
                self.graphed.advance(self.peak_rate, self._draw, self._differentiate)
            else:
                self._host_step()
        self.step += 1
        self._since += 1
        self.seconds += time.perf_counter() - started

    def _host_step(self) -> None:
        """A step whose rate and reach the host knows."""
        curriculum, rate = self.recipe.curriculum, self.learning_rate(self.step)
        reach = curriculum.reach(self.step, self.recipe.iterations) if curriculum else 1.0
        examples = self._draw(self.recipe.batch_size, reach)
        self._differentiate(examples.images, examples.labels)
        for optimiser in self.optimisers:
            for group in optimiser.param_groups:
                group["lr"] = rate * self.factors[group["part"]]
            optimiser.step()

    def _draw(self, count: int, reach: float | Tensor) -> Examples:
        """So many digits at random, distorted."""
        index = torch.randint(
            len(self.digits), (count,), generator=self.generator, device=self.device
        )
        images = self.digits.images[index]
        if self.recipe.elastic_pixels:
            images = elastic_digits(images, self.recipe.elastic_pixels, self.generator)
        batch = Digits(images, self.digits.labels[index])
        data = self.experiment.data_at(reach)
        # Their own method, where they differ from what is measured.
        draw = getattr(data, "training_examples", data.examples)
        return draw(batch, self.generator)

    def _differentiate(self, images: Tensor, labels: Tensor) -> None:
        """Find the gradients of a batch's loss."""
        objective = self.experiment.objective
        half = self.precision == "bfloat16"
        with torch.autocast(self.device.type, dtype=torch.bfloat16, enabled=half):
            trace = self.trace(images)
        loss = objective.loss(trace, labels)
        self.network.zero_grad(set_to_none=True)
        loss.backward()
        with torch.no_grad():
            self._loss += loss.detach()
            for name, value in objective.measures(trace, labels).items():
                if name not in self._measures:
                    self._measures[name] = torch.zeros_like(value)
                self._measures[name] += value

    def trace(self, images: Tensor) -> Trace:
        """What the network makes of images. Raises TrainingError for a θ that is not finite."""
        try:
            return self.network.trace(images)
        except NonFiniteError as error:
            raise TrainingError(f"after step {self.step}: {error}") from error

    def record(self) -> Step:
        """The Step since the last record. Raises TrainingError if the loss is not finite."""
        with self.at_work():  # the device is waited for
            loss = self._loss.item() / self._since
            if not math.isfinite(loss):
                raise self.diverged(f"the loss is {loss}")
            measures = {name: v.item() / self._since for name, v in self._measures.items()}
            norms = {
                name: torch.linalg.vector_norm(
                    torch.stack([torch.linalg.vector_norm(p.grad) for p in part])
                ).item()
                for name, part in self.parts.items()
            }
            for total in (self._loss, *self._measures.values()):
                total.zero_()
        self._since = 0
        rate = self.learning_rate(self.step - 1)
        return Step(self.step, loss, measures, rate, norms, self.seconds)

    def resume_at(self, step: int, seconds: float, peak_rate: float) -> None:
        """So far it had come when its weights and its optimisers' states were saved."""
        self.step, self.seconds, self.peak_rate = step, seconds, peak_rate
        if self.graphed:
            self.graphed.resume_at(step)

    def diverged(self, what: str) -> TrainingError:
        """The error that says so, with the first tensor that is not finite."""
        return TrainingError(
            f"step {self.step}: {what}; the first tensor that is not finite is "
            f"{self.first_non_finite() or 'none of the weights'}. Try a smaller learning rate"
        )

    def first_non_finite(self) -> str | None:
        """The name of the first such parameter."""
        for name, parameter in self.network.named_parameters():
            if not torch.isfinite(parameter).all():
                return name
        return None


def elastic_digits(images: Tensor, pixels: float, generator: torch.Generator) -> Tensor:
    """Digits (B, 28, 28), uint8, whose 16 points have moved by so many pixels (std).

    >>> digits = torch.full((2, 28, 28), 255, dtype=torch.uint8)
    >>> moved = elastic_digits(digits, 1.0, torch.Generator())
    >>> moved.shape, moved.dtype
    (torch.Size([2, 28, 28]), torch.uint8)
    """
    elastic = Elastic(min_scale=1, max_scale=1, point_std_pixels=pixels)
    moved = elastic(images, generator).images.squeeze(1)
    return (moved * 255).round().to(torch.uint8)
