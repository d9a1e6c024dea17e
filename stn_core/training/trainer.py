"""Training: ``train`` yields Steps, and records them in a run's folder if it is given one.

Everything random comes from the seed: the same seed gives the same weights on the CPU (with the
same number of threads), also if the training was killed and resumed in between. On CUDA batches
are drawn some together, and a resumed training begins with fresh ones.
"""

from __future__ import annotations

import math
import platform
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, nullcontext, suppress
from dataclasses import replace
from functools import cached_property

import numpy as np
import torch
from torch import Tensor

from stn_core import runs
from stn_core.capture import Captured, DeviceRate
from stn_core.checkpoints import (
    TRAINED,
    CheckpointError,
    load_strictly,
    load_tensors,
    save_tensors,
    under,
)
from stn_core.digits import GALLERY_PER_CLASS, Digits, Source
from stn_core.distortions import Elastic
from stn_core.evaluation import EVALUATION_SEED, POSES, pose_left
from stn_core.experiment import Examples, Experiment, Recipe
from stn_core.networks import hidden_matrices, kernels
from stn_core.runs import Run, RunError, Snapshot, Step
from stn_core.trace import Trace
from stn_core.transforms import NonFiniteError

RECORDS = 500  # lines of history in a whole run
CHECKPOINT_SECONDS = 30.0
OPTIMISER = "optimiser."  # before its tensors in a checkpoint
LOOK_SECONDS = 1.0  # between two looks at the control file
PAUSE_SECONDS = 0.1  # between two looks at the control file while paused
PROBE_DIGIT = 7  # which of the gallery's 100 digits of each class is a probe
WATCHED = {3: GALLERY_PER_CLASS, 4: 10}  # gallery digits a class, of images and of volumes
MEAN_CLASSES = (2, 5, 8)  # whose mean V is recorded
PRECISIONS = ("float32", "bfloat16")
PACED_BY_DEVICE = ("cuda",)  # where steps are graphs, in which the host decides nothing
# There, batches that are distorted together: their hundred small kernels then cost a sixteenth.
DRAWN = 16
DRAWN_NUMBERS = 2**25  # at most, of all their images: volumes are fewer


class TrainingError(RuntimeError):
    """A training cannot go on; the message says at which step and in which tensor."""


def choose_device(name: str) -> torch.device:
    """``auto``, ``cpu``, ``cuda`` or ``mps``. Raises ValueError if it is not there."""
    available = {
        "cuda": torch.cuda.is_available(),
        "mps": torch.backends.mps.is_available(),
        "cpu": True,
    }
    if name == "auto":
        return torch.device(next(kind for kind, there in available.items() if there))
    if name not in available:
        raise ValueError(f"a device is auto, cpu, cuda or mps, got {name!r}")
    if not available[name]:
        raise ValueError(f"there is no {name} device on this machine; use auto or cpu")
    return torch.device(name)


def device_name(device: torch.device) -> str:
    """The device in words, for the records."""
    if device.type == "cuda":
        return torch.cuda.get_device_name(device)
    if device.type == "mps":
        return "Apple GPU (MPS)"
    return f"CPU ({platform.machine()}), {torch.get_num_threads()} thread(s)"


class Trainer:
    """A network in training: its optimiser, its digits, its generator, and how far it is."""

    def __init__(
        self,
        experiment: Experiment,
        source: Source,
        *,
        seed: int,
        device: torch.device,
        precision: str = "float32",
    ) -> None:
        if precision not in PRECISIONS:
            raise ValueError(f"a precision is one of {PRECISIONS}, got {precision!r}")
        self.experiment, self.recipe, self.device = experiment, experiment.recipe, device
        self.precision = precision
        self.digits = source.train.to(device)
        generator = torch.Generator().manual_seed(EVALUATION_SEED)
        self.gallery = source.gallery
        self.watched = watched_digits(experiment, source.gallery)
        self.watched_examples = experiment.data.examples(self.watched, generator)
        self.network = network = experiment.build(seed).to(device)
        localisation = [p for n, p in network.named_parameters() if n.startswith("transformer.")]
        classifier = [p for n, p in network.named_parameters() if not n.startswith("transformer.")]
        self.parts = {"localisation": localisation, "classifier": classifier}
        self.factors = {"localisation": self.recipe.localisation_lr_factor, "classifier": 1.0}
        self.parts = {name: part for name, part in self.parts.items() if part}
        self.optimisers = self.recipe.optimiser.build(self._groups())
        self.generator = torch.Generator(device).manual_seed(seed)
        self.peak_rate = self.recipe.learning_rate  # which a run's control file may change
        self.step = 0
        self.seconds = 0.0
        self._loss = torch.zeros((), device=device)
        self._measures: dict[str, Tensor] = {}
        self._since = 0
        self._stream: torch.cuda.Stream | None = None
        self._paced_by_device = device.type in PACED_BY_DEVICE
        if self._paced_by_device:
            self._prepare_pace()

    def _prepare_pace(self) -> None:
        """Steps are graphs, on a stream of their own, so that several trainers share a GPU."""
        recipe, device = self.recipe, self.device
        steps = range(recipe.iterations)
        factors = [recipe.schedule.factor(step, len(steps)) for step in steps]
        self._rate = DeviceRate(self.optimisers, torch.tensor(factors, device=device), self.factors)
        if recipe.curriculum:
            reaches = [recipe.curriculum.reach(step, len(steps)) for step in steps]
            self._reaches = torch.tensor(reaches, device=device)
        shape = (recipe.batch_size, *self.experiment.data.image_shape)
        count = max(1, min(DRAWN, DRAWN_NUMBERS // math.prod(shape)))
        self._drawn_images = torch.zeros(count, *shape, device=device)
        self._drawn_labels = torch.zeros(count, shape[0], dtype=torch.int64, device=device)
        self._next = torch.zeros(1, dtype=torch.int64, device=device)
        self._left = 0  # of them
        if device.type == "cuda":
            self._stream = torch.cuda.Stream(device)
            self._stream.wait_stream(torch.cuda.current_stream(device))
        self._draw_captured = Captured(self._stream, 1, self.generator)
        self._step_captured = Captured(self._stream)

    def _on_stream(self) -> AbstractContextManager:
        """Everything that a trainer does is done in its order."""
        return nullcontext() if self._stream is None else torch.cuda.stream(self._stream)

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
        if self._paced_by_device:
            with self._on_stream():
                self._rate.set_peak(self.peak_rate)
            if not self._left:
                self._draw_captured(self._device_draw)
                self._left = len(self._drawn_images)
            self._step_captured(self._device_step)
            self._left -= 1
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

    def _device_draw(self) -> None:
        """The batches of the next steps."""
        count, size = self._drawn_labels.shape
        reach: float | Tensor = 1.0
        if self.recipe.curriculum:
            steps = self._rate.at + torch.arange(count, device=self.device)
            steps = steps.clamp(max=len(self._reaches) - 1)
            reach = self._reaches[steps].repeat_interleave(size).unsqueeze(1)
        examples = self._draw(count * size, reach)
        self._drawn_images.copy_(examples.images.unflatten(0, (count, size)))
        self._drawn_labels.copy_(examples.labels.unflatten(0, (count, size)))
        self._next.zero_()

    def _device_step(self) -> None:
        """A step whose rate and batch the device knows: the host decides nothing in it."""
        images, labels = self._drawn_images[self._next], self._drawn_labels[self._next]
        self._next += 1
        self._differentiate(images.squeeze(0), labels.squeeze(0))
        self._rate.step()

    def _draw(self, count: int, reach: float | Tensor) -> Examples:
        """So many digits at random, distorted."""
        index = torch.randint(
            len(self.digits), (count,), generator=self.generator, device=self.device
        )
        images = self.digits.images[index]
        if self.recipe.elastic_pixels:
            images = written_otherwise(images, self.recipe.elastic_pixels, self.generator)
        batch = Digits(images, self.digits.labels[index])
        return self.experiment.data_at(reach).examples(batch, self.generator)

    def _differentiate(self, images: Tensor, labels: Tensor) -> None:
        """Find the gradients of a batch's loss."""
        objective = self.experiment.objective
        half = self.precision == "bfloat16"
        with torch.autocast(self.device.type, dtype=torch.bfloat16, enabled=half):
            trace = self._trace(images)
        loss = objective.loss(trace, labels)
        self.network.zero_grad(set_to_none=True)
        loss.backward()
        with torch.no_grad():
            self._loss += loss.detach()
            for name, value in objective.measures(trace, labels).items():
                if name not in self._measures:
                    self._measures[name] = torch.zeros_like(value)
                self._measures[name] += value

    def _trace(self, images: Tensor) -> Trace:
        try:
            return self.network.trace(images)
        except NonFiniteError as error:
            raise TrainingError(f"after step {self.step}: {error}") from error

    def record(self) -> Step:
        """The Step since the last record. Raises TrainingError if the loss is not finite."""
        started = time.perf_counter()
        with self._on_stream():
            loss = self._loss.item() / self._since
            if not math.isfinite(loss):
                raise self._diverged(f"the loss is {loss}")
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
        self.seconds += time.perf_counter() - started  # the device was waited for
        rate = self.learning_rate(self.step - 1)
        return Step(self.step, loss, measures, rate, norms, self.seconds)

    def _diverged(self, what: str) -> TrainingError:
        return TrainingError(
            f"step {self.step}: {what}; the first tensor that is not finite is "
            f"{self._first_non_finite() or 'none of the weights'}. A smaller learning rate may help"
        )

    def _first_non_finite(self) -> str | None:
        for name, parameter in self.network.named_parameters():
            if not torch.isfinite(parameter).all():
                return name
        return None

    # -- what the network makes of fixed digits

    @cached_property
    def probe_images(self) -> tuple[np.ndarray, np.ndarray]:
        """One gallery digit of each class, distorted: uint8 (10, C, H, W) and labels (10,)."""
        shown = probe_examples(self.experiment, self.gallery)
        return (shown.images * 255).round().to(torch.uint8).numpy(), shown.labels.numpy()

    @cached_property
    def posed_images(self) -> Tensor:
        """The probes' digits, each in POSES poses: (10, POSES, C, H, W)."""
        return posed_probes(self.experiment, self.gallery).to(self.device)

    def snapshot(self) -> Snapshot:
        """Look at the probes and at the watched digits as the network stands.

        Raises TrainingError if what it says is not finite.
        """
        started = time.perf_counter()
        with self._on_stream(), torch.no_grad():
            found = self._look()
        self.seconds += time.perf_counter() - started
        if not np.isfinite(found.logits).all():
            raise self._diverged("the logits are not finite")
        return found

    def _look(self) -> Snapshot:
        images = torch.from_numpy(self.probe_images[0]).to(self.device).float() / 255
        trace = self._trace(images)
        theta = [warp.theta for warp in trace.warps]
        theta = torch.stack(theta, 1) if theta else images.new_zeros(len(images), 0, 0)
        examples = self.watched_examples
        total, means = 0.0, []
        count = WATCHED[len(self.experiment.data.image_shape)]
        for start in range(0, len(self.watched), count):  # class by class
            chosen = slice(start, start + count)
            part = self._trace(examples.images[chosen].to(self.device))
            labels = examples.labels[chosen].to(self.device)
            measures = self.experiment.objective.measures(part, labels)
            total += measures[self.experiment.objective.measure].item() * len(labels)
            if part.warps and start // count in MEAN_CLASSES:
                seen = part.classifier_input.unflatten(1, (len(part.warps), -1))
                means.append(seen[:, :, 0].mean(0))
        mean = torch.stack(means) if means else images.new_zeros(0, 0, 0, 0)
        posed = self._trace(self.posed_images.flatten(0, 1)) if trace.warps else trace
        lifted = self.network.subtracted  # so that all is measured and shown with 0 as black
        seen = [w.output.sum(2) if w.output.ndim == 5 else w.output for w in posed.warps]
        left = [pose_left((images + lifted).unflatten(0, (-1, POSES))) for images in seen]
        mean = mean + lifted
        return Snapshot(
            self.step,
            theta.float().cpu().numpy(),
            trace.logits.float().cpu().numpy(),
            (mean * 255).round().clamp(0, 255).to(torch.uint8).cpu().numpy(),
            total / len(self.watched),
            np.stack(left) if left else np.zeros((0, 0)),
        )

    # -- going on later

    def save(self, run: Run) -> None:
        """Write everything that is needed to go on; the old checkpoint stays until it is whole."""
        with self._on_stream():
            self._save(run)

    def _save(self, run: Run) -> None:
        if name := self._first_non_finite():
            raise TrainingError(f"step {self.step}: {name} is not finite")
        tensors = {f"{TRAINED}{n}": t for n, t in self.network.state_dict().items()}
        names = {parameter: name for name, parameter in self.network.named_parameters()}
        for optimiser in self.optimisers:
            for parameter, state in optimiser.state.items():
                for key, value in state.items():
                    if value is not None:
                        tensors[f"{OPTIMISER}{names[parameter]}.{key}"] = value
        tensors["generator"] = self.generator.get_state()
        save_tensors(
            run.checkpoint,
            tensors,
            {
                "experiment": self.experiment.name,
                "step": self.step,
                "seconds": self.seconds,
                "peak_rate": self.peak_rate,
                "device": self.device.type,
            },
        )

    def load(self, run: Run) -> None:
        """Go on from the run's checkpoint. Raises CheckpointError if it does not fit."""
        with self._on_stream():
            self._load(run)

    def _load(self, run: Run) -> None:
        tensors, header = load_tensors(run.checkpoint)
        if header.get("experiment") != self.experiment.name:
            raise CheckpointError(
                f"{run.checkpoint} is of {header.get('experiment')!r}, "
                f"expected {self.experiment.name!r}"
            )
        load_strictly(self.network, under(TRAINED, tensors), str(run.checkpoint))
        states = self._optimiser_states(under(OPTIMISER, tensors), str(run.checkpoint))
        for optimiser in self.optimisers:
            own = [p for group in optimiser.param_groups for p in group["params"]]
            optimiser.load_state_dict(
                {
                    "state": {i: states[p] for i, p in enumerate(own) if p in states},
                    "param_groups": optimiser.state_dict()["param_groups"],
                }
            )
        if header["device"] == self.device.type:
            self.generator.set_state(tensors["generator"])
        else:  # another device's random stream: go on with a fresh one
            self.generator.manual_seed(header["step"])
        self.step, self.seconds = header["step"], header["seconds"]
        self.peak_rate = header.get("peak_rate", self.recipe.learning_rate)
        if self._paced_by_device:
            self._rate.attach()
            self._rate.at.fill_(self.step)

    def _optimiser_states(
        self, tensors: dict[str, Tensor], where: str
    ) -> dict[Tensor, dict[str, Tensor]]:
        """What an optimiser remembers of each parameter. Raises CheckpointError."""
        named = dict(self.network.named_parameters())
        # Older checkpoints number the parameters: all of one part, then all of the next.
        numbered = [parameter for part in self.parts.values() for parameter in part]
        named |= {str(number): parameter for number, parameter in enumerate(numbered)}
        states: dict[Tensor, dict[str, Tensor]] = {}
        for name, tensor in tensors.items():
            owner, key = name.rsplit(".", 1)
            parameter = named.get(owner)
            if parameter is None or tensor.ndim and tensor.numel() != parameter.numel():
                raise CheckpointError(f"{where}: its optimiser's {name} is of another network")
            if tensor.shape == parameter.shape:  # fused optimisers want one layout of both
                tensor = torch.empty_like(parameter).copy_(tensor)
            states.setdefault(parameter, {})[key] = tensor
        return states


def written_otherwise(images: Tensor, pixels: float, generator: torch.Generator) -> Tensor:
    """Digits (B, 28, 28), uint8, whose 16 points have moved by so many pixels (std)."""
    elastic = Elastic(min_scale=1, max_scale=1, point_std_pixels=pixels)
    moved = elastic(images, generator).images.squeeze(1)
    return (moved * 255).round().to(torch.uint8)


def watched_digits(experiment: Experiment, gallery: Digits) -> Digits:
    """Of the gallery's hundred of each class, the first ones: those looked at while training."""
    by_class = torch.arange(len(gallery)).unflatten(0, (-1, GALLERY_PER_CLASS))
    chosen = by_class[:, : WATCHED[len(experiment.data.image_shape)]].flatten()
    return Digits(gallery.images[chosen], gallery.labels[chosen])


def probe_digits(gallery: Digits) -> Digits:
    """One of each class, from 0 to 9."""
    chosen = torch.arange(10) * GALLERY_PER_CLASS + PROBE_DIGIT
    return Digits(gallery.images[chosen], gallery.labels[chosen])


def posed_probes(experiment: Experiment, gallery: Digits) -> Tensor:
    """The probes' digits, each in POSES poses: (10, POSES, C, H, W), float32."""
    generator = torch.Generator().manual_seed(EVALUATION_SEED)
    return experiment.data.posed(probe_digits(gallery), POSES, generator)


def probe_examples(experiment: Experiment, gallery: Digits) -> Examples:
    """The probes of an experiment: images (10, C, H, W), float32, and labels (10,)."""
    generator = torch.Generator().manual_seed(EVALUATION_SEED)
    return experiment.data.examples(probe_digits(gallery), generator)


def describe(
    experiment: Experiment, source: Source, *, seed: int, device: torch.device, precision: str
) -> dict:
    """What a run was asked to do, for its run.json."""
    return {
        "experiment": experiment.name,
        "recipe": experiment.recipe.to_json(),
        "seed": seed,
        "device": device_name(device),
        "device_type": device.type,
        "precision": precision,
        "digits": source.description,
        "train_digits": len(source.train),
        "torch": torch.__version__,
        "started": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime()),
    }


def train(
    experiment: Experiment,
    source: Source,
    *,
    seed: int = 0,
    device: torch.device | str = "cpu",
    precision: str = "float32",
    run: Run | None = None,
    resume: bool = False,
    patience: int | None = None,
) -> Iterator[Step]:
    """Train by the experiment's recipe, yielding a Step about 500 times.

    run: where it is recorded, and whose control file is obeyed between steps; resume: go on from
    the run's checkpoint, with the run's own recipe, seed, precision and patience; patience: stop
    when the error on the watched digits has not been smaller for so many steps, counted anew when
    the run is resumed or its rate is changed.
    Raises TrainingError, RunError, CheckpointError; the last good checkpoint stays.
    """

    def trainer() -> Trainer:
        return Trainer(
            experiment, source, seed=seed, device=torch.device(device), precision=precision
        )

    if run is None:
        yield from _steps(trainer())
    elif resume:
        description = run.description()
        recipe = Recipe.from_json(description["recipe"])
        experiment = replace(experiment, recipes=(recipe,))
        seed, precision = description["seed"], description["precision"]
        with run.owned():
            run.reset_control()  # before anything that takes time: a stop meanwhile is obeyed
            yield from _recorded(trainer, run, description.get("patience"), resume)
    else:
        made = trainer()
        description = describe(
            experiment, source, seed=seed, device=made.device, precision=precision
        )
        run.create({**description, "patience": patience})
        with run.owned():
            yield from _recorded(lambda: made, run, patience, resume)


def _steps(trainer: Trainer) -> Iterator[Step]:
    interval = max(1, trainer.recipe.iterations // RECORDS)
    while trainer.step < trainer.recipe.iterations:
        trainer.advance()
        if trainer.step % interval == 0 or trainer.step == trainer.recipe.iterations:
            yield trainer.record()


def after_pause(run: Run, step: int) -> str:
    """What the run is asked to do, once it is no longer asked to pause."""
    run.set_status("paused", step)
    while (command := run.command()) == "pause":
        time.sleep(PAUSE_SECONDS)
    run.set_status("running", step)
    return command


def _recorded(
    make: Callable[[], Trainer], run: Run, patience: int | None, resume: bool
) -> Iterator[Step]:
    """The steps of a run that is owned; whatever ends them is told in its status."""
    trainer, step = None, run.status().step
    try:
        trainer = make()
        run.set_status("running", step)
        _check_digits(trainer, run)
        if resume and run.checkpoint.is_file():
            trainer.load(run)
            if trainer.step < trainer.recipe.iterations:
                run.goes_on_with(device_name(trainer.device))
        run.mend_history()
        run.write_probes(*trainer.probe_images)
        yield from _recorded_steps(trainer, run, patience)
    except Exception as error:
        with suppress(OSError):  # the disk may be what is full
            reached = trainer.step if trainer else 0
            run.set_status("failed", reached or step, str(error))
        raise


def _check_digits(trainer: Trainer, run: Run) -> None:
    """A run goes on with as many digits as it was begun on. Raises RunError."""
    here = len(trainer.digits)
    begun = run.description().get("train_digits", here)
    if begun != here:
        advice = "name the folder of MNIST's files in STN_DATA" if here < begun else "begin anew"
        raise RunError(f"this run was begun on {begun:,} digits, and {here:,} are here: {advice}")


def _recorded_steps(trainer: Trainer, run: Run, patience: int | None) -> Iterator[Step]:
    iterations = trainer.recipe.iterations
    interval = max(1, iterations // RECORDS)
    snapshots = set(runs.snapshot_steps(iterations))
    saved_at = looked_at = time.monotonic()
    patient_from = trainer.step
    given_up = ""  # why, once it has stopped improving
    run.set_status("running", trainer.step)
    if trainer.step == 0:
        run.write_snapshot(trainer.snapshot())
    while trainer.step < iterations:
        trainer.advance()
        if trainer.step in snapshots:
            run.write_snapshot(trainer.snapshot())
            best = min(run.snapshots(), key=lambda snapshot: snapshot.measure).step
            if patience and trainer.step - max(best, patient_from) >= patience:
                given_up = f"no better than at step {best:,}"
        last = trainer.step == iterations
        asked = False
        if time.monotonic() - looked_at > LOOK_SECONDS:
            asked, looked_at = run.command() != "run", time.monotonic()
        if trainer.step % interval and not last and not asked:
            continue
        # A killed run has its checkpoint from here, and so repeats whole intervals.
        step = trainer.record()
        run.append(step)
        run.set_status("running", trainer.step)
        command = "stop" if given_up else run.command()
        if last or command != "run" or time.monotonic() - saved_at > CHECKPOINT_SECONDS:
            trainer.save(run)
            saved_at = time.monotonic()
        yield step
        if command == "pause" and not last:
            command = after_pause(run, trainer.step)
        if (rate := run.asked_rate()) and rate != trainer.peak_rate:
            trainer.peak_rate = rate
            patient_from = trainer.step
            trainer.save(run)  # a resumed run goes on with it
        if command == "stop" and not last:
            run.set_status("stopped", trainer.step, given_up)
            return
    run.set_status("finished", iterations)
