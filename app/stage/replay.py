"""Trainings to be replayed by the browser: one playhead for their probes, curves and means."""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np

from app.palette import CORNER
from app.stage.component import line_colours, mount, text_of
from app.stage.large import Reading
from app.stage.transformers import Transformers, describe_transform, learnt_targets
from stn_core.runs.records import RecordedRun


@dataclass(frozen=True, kw_only=True)
class Training:
    """One training. transformers: None without one; mean_classes: whose mean V was recorded;
    outside: what the network reads outside of U, 0 being black; live: it still runs; test_error: in
    per cent, where it was measured; measured_on: how many digits a snapshot's error is of; own: of
    a network that is not ours, see ``Own``; depth: of one with several heads and transformers in
    depth, see ``Depth``; species: of one with many classes, see ``Species``."""

    name: str
    colour: str
    recorded: RecordedRun
    transformers: Transformers | None
    mean_classes: tuple[int | str, ...]
    outside: float = 0.0
    live: bool = False
    test_error: float | None = None
    measured_on: int = 1_000
    own: Own | None = None
    depth: Depth | None = None
    species: Species | None = None


@dataclass(frozen=True, kw_only=True)
class Species:
    """What is otherwise where there are too many classes for a bar each: the true one has it.

    names: of the classes; measured, means: words for what the error and the mean V are of."""

    names: tuple[str, ...]
    measured: str
    means: str


@dataclass(frozen=True, kw_only=True)
class Depth:
    """What is otherwise where θ and the mean V are multiplied out.

    names: of a head's classes, empty for none; measured, means: words for what the error and the
    mean V are of."""

    names: tuple[str, ...]
    measured: str
    means: str


@dataclass(frozen=True, kw_only=True)
class Own:
    """What else is to be known of a training in a loop of its own, of which one transformer is
    shown: V's size, how U is read, and U itself, uint8 (T, probes, C, H, W), where it is what the
    network has made of a probe. A label of −1 is none, a measure that is not finite neither."""

    output_size: tuple[int, int]
    reading: Reading
    frames: np.ndarray | None = None


def replay(trainings: list[Training], *, key: str, token: str) -> None:
    """One or two trainings in step by one playhead; it stays where it is when they grow."""
    mount(
        key=key,
        data={
            "layout": "replay",
            "token": token,
            "called": "-and-".join(file_name(training.name) for training in trainings),
            "runs": [payload(training) for training in trainings],
            "colours": {"corner": CORNER, "series": line_colours()},
        },
        on_report_change=lambda: None,  # so that the session has it
    )


def file_name(title: str) -> str:
    """A title as part of a file's name."""
    return re.sub(r"[^\w.]+", "-", title.replace("×", "x").replace(",", "")).strip("-.")[:100]


def _numbers(values: Iterable[float]) -> list[float | None]:
    """For JSON, which knows no infinity and no NaN."""
    return [value if math.isfinite(value) else None for value in values]


def softmax(logits: np.ndarray) -> np.ndarray:
    """Over the last axis, in float64."""
    odds = np.exp(logits.astype(np.float64) - logits.max(-1, keepdims=True, initial=-np.inf))
    return odds / odds.sum(-1, keepdims=True)


def payload(training: Training) -> dict:
    """A training for the browser."""
    recorded = training.recorded
    snapshots = recorded.snapshots
    images = recorded.probes.astype(np.uint8)  # (probes, C, H, W)
    size = images.shape[2:]
    probabilities = softmax(np.stack([s.logits for s in snapshots]))
    transformers, own, depth = training.transformers, training.own, training.depth
    species = training.species
    thetas = np.stack([s.theta for s in snapshots])
    output_size = own.output_size if own else size
    reading = own.reading if own else Reading()
    return {
        "name": training.name,
        "recording": " ".join(
            str(recorded.description.get(name))
            for name in ("network" if own else "experiment", "seed", "started")
        ),  # so that the browser knows it again
        "colour": training.colour,
        "live": training.live,
        "testError": training.test_error,
        "outside": round(255 * training.outside),
        "channels": images.shape[1],
        "inputSize": list(size),
        "outputSize": list(output_size),
        "reading": {"kernel": reading.kernel, "padding": reading.padding},
        "frames": text_of(own.frames) if own and own.frames is not None else None,
        "logged": "given to the recorder" if own else "training batches",
        "measured": _measured(training),
        "transform": transformers
        and describe_transform(transformers.transform, output_size, outline=bool(depth or species)),
        "transformers": transformers.payload() if transformers else [],
        "probes": [
            {
                "image": text_of(image),
                "label": _label(label),
                "name": f"probe {n + 1}",
                "alt": f"{f'Probe {n + 1}' if own or depth or species else f'A distorted {label}'} "
                "with the sampling grid on it",
            }
            for n, (image, label) in enumerate(zip(images, recorded.labels, strict=True))
        ],
        "classes": _class_names(training, probabilities.shape[-1]),
        "named": species is not None,
        "heads": probabilities.shape[2] if depth else 1,
        "meanWords": depth.means if depth else species and species.means,
        "thetas": text_of((_multiplied_out(thetas) if depth else thetas).astype(np.float32)),
        "probabilities": text_of(probabilities.astype(np.float32)),
        "logs": _logged(recorded) if own else None,
        **_learnt(recorded, output_size),
        **curves(recorded, training.mean_classes, of_colours=depth is not None),
    }


def _measured(training: Training) -> str:
    """What a snapshot's error is of."""
    if other := training.depth or training.species:
        return other.measured
    return "the probes" if training.own else f"{training.measured_on:,} held-out digits"


def _class_names(training: Training, count: int) -> list[str]:
    """Numbers, where they have no other names."""
    other = training.depth or training.species
    return list(other.names) if other else list(map(str, range(count)))


def _label(label: np.ndarray) -> int | list[int] | None:
    """The true class of a probe, or one for each head; None of one that has no label."""
    if label.ndim:
        return label.tolist()
    return int(label) if label >= 0 else None


def _multiplied_out(thetas: np.ndarray) -> np.ndarray:
    """Affine θ of transformers in depth, (T, probes, N, 6), each after all before it."""
    import torch

    from stn_core.house_numbers.composition import multiplied_out

    return torch.stack(multiplied_out(torch.from_numpy(thetas).unbind(2)), 2).numpy()


def _learnt(recorded: RecordedRun, output_size: Sequence[int]) -> dict[str, str]:
    """B of every snapshot, where it is learnt."""
    if not all(s.target.size for s in recorded.snapshots):
        return {}
    # All transformers are drawn by one B: where it is learnt, there is one.
    targets = np.stack([s.target[0] for s in recorded.snapshots])  # (T, K, H'W')
    return learnt_targets(targets.reshape(*targets.shape[:2], *output_size))


def _logged(recorded: RecordedRun) -> list[str]:
    """Which curves there are besides the loss: a loop of its own need not measure anything else."""
    errors = [s.measure for s in recorded.snapshots]
    errors += [h.measures.get("error_percent", math.nan) for h in recorded.history]
    logged = {"error": errors, "rate": [h.learning_rate for h in recorded.history]}
    return [name for name, values in logged.items() if any(map(math.isfinite, values))]


def curves(
    recorded: RecordedRun, mean_classes: Sequence[int | str], *, of_colours: bool = False
) -> dict:
    """What is the same of images and volumes: the history, and what a snapshot says of a class.

    of_colours: whether channels are colours, of which the mean is shown."""
    snapshots, history = recorded.snapshots, recorded.history
    means = np.stack([s.mean_output for s in snapshots])  # (T, classes shown, N, H, W)
    steps = [s.step for s in snapshots]
    if len(history) > 1:
        seconds = np.interp(
            steps, [0, *(h.step for h in history)], [0, *(h.seconds for h in history)]
        )
    else:
        seconds = np.zeros(len(steps))
    return {
        "steps": steps,
        "seconds": seconds.tolist(),
        "measures": _numbers(s.measure for s in snapshots),
        "meanClasses": [str(c) for c in mean_classes] if means.size else [],
        "meanSize": list(means.shape[-2:]) if means.size else [0, 0],
        "means": text_of(means.astype(np.uint8)),
        "poseLeft": [
            (100 * (s.pose_left.mean(1, keepdims=True) if of_colours else s.pose_left)).tolist()
            for s in snapshots
        ]
        if all(s.pose_left.size for s in snapshots)
        else None,
        "history": {
            "step": [h.step for h in history],
            "seconds": [h.seconds for h in history],
            "loss": _numbers(h.loss for h in history),
            "error": _numbers(h.measures.get("error_percent", math.nan) for h in history),
            "rate": _numbers(h.learning_rate for h in history),
            "classifier": _numbers(h.gradient_norms.get("classifier", 0.0) for h in history),
            "localisation": _numbers(h.gradient_norms["localisation"] for h in history)
            if history and "localisation" in history[0].gradient_norms
            else None,
        },
    }
