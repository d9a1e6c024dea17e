"""Everything that a trainer needs to go on later, in one file."""

from __future__ import annotations

from pathlib import Path

import torch
from torch import Tensor, nn

from stn_core.checkpoints import (
    TRAINED,
    CheckpointError,
    load_strictly,
    load_tensors,
    save_tensors,
    under,
)
from stn_core.tensor_files import check_header
from stn_core.training.recording import TrainingError
from stn_core.training.trainer import Trainer

OPTIMISER = "optimiser."  # before its tensors in a checkpoint
HEADER = {"step": int, "seconds": float, "device": str}  # without which no training goes on


def save(trainer: Trainer, path: Path) -> None:
    """Write all of it; the old checkpoint stays until it is whole.

    Raises TrainingError if a weight is not finite.

    >>> import tempfile
    >>> from stn_core import find, load_digits
    >>> trainer = Trainer(find("distorted/r/fcn").with_recipe(batch_size=8), load_digits())
    >>> path = Path(tempfile.mkdtemp(), "checkpoint.safetensors")

    >>> trainer.advance()
    >>> save(trainer, path)
    >>> load_tensors(path)[1]["step"]
    1
    """
    with trainer.on_stream():
        if name := trainer.first_non_finite():
            raise TrainingError(f"step {trainer.step}: {name} is not finite")
        names: dict[Tensor, str] = {
            parameter: name for name, parameter in trainer.network.named_parameters()
        }
        states = {
            f"{OPTIMISER}{names[parameter]}.{key}": value
            for optimiser in trainer.optimisers
            for parameter, state in optimiser.state.items()
            for key, value in state.items()
            if value is not None
        }
        write(
            path,
            trainer.network,
            states,
            trainer.generator,
            experiment=trainer.experiment.name,
            step=trainer.step,
            seconds=trainer.seconds,
            peak_rate=trainer.peak_rate,
            device=trainer.device.type,
        )


def write(
    path: Path,
    network: nn.Module,
    states: dict[str, Tensor],
    generator: torch.Generator,
    **header: str | int | float,
) -> None:
    """Write a network, what its optimisers remember, and the state of the random stream.

    header: the experiment, the step, the seconds, the peak rate and the device, which ``load``
    asks for.

    >>> import tempfile
    >>> path = Path(tempfile.mkdtemp(), "checkpoint.safetensors")
    >>> write(path, nn.Linear(1, 1), {}, torch.Generator(), step=3)
    >>> saved_step(path)
    3
    """
    tensors = {f"{TRAINED}{name}": t for name, t in network.state_dict().items()}
    save_tensors(path, {**tensors, **states, "generator": generator.get_state()}, header)


def saved_step(path: Path) -> int:
    """Of how many steps a checkpoint is; 0 if there is none that can be read.

    >>> saved_step(Path("nowhere.safetensors"))
    0
    """
    try:
        header = load_tensors(path)[1]
        check_header(header, {"step": int}, str(path))
        return header["step"]
    except CheckpointError:
        return 0


def load(trainer: Trainer, path: Path) -> None:
    """Let a fresh trainer go on from there. Raises CheckpointError if it does not fit.

    >>> import tempfile
    >>> from stn_core import find, load_digits
    >>> trainer = Trainer(find("distorted/r/fcn").with_recipe(batch_size=8), load_digits())
    >>> path = Path(tempfile.mkdtemp(), "checkpoint.safetensors")

    >>> trainer.advance()
    >>> save(trainer, path)
    >>> other = Trainer(trainer.experiment, load_digits(), seed=1)
    >>> load(other, path)
    >>> other.step
    1
    """
    tensors, header = load_tensors(path)
    if header.get("experiment") != trainer.experiment.name:
        raise CheckpointError(
            f"{path} belongs to {header.get('experiment')!r}, expected {trainer.experiment.name!r}"
        )
    check_header(header, HEADER, str(path))
    if "generator" not in tensors:
        raise CheckpointError(f"{path} has no generator state, so it is not a training checkpoint")
    with trainer.on_stream():
        load_strictly(trainer.network, under(TRAINED, tensors), str(path))
        states = _optimiser_states(trainer, under(OPTIMISER, tensors), path)
        for optimiser in trainer.optimisers:
            own = [p for group in optimiser.param_groups for p in group["params"]]
            optimiser.load_state_dict(
                {
                    "state": {i: states[p] for i, p in enumerate(own) if p in states},
                    "param_groups": optimiser.state_dict()["param_groups"],
                }
            )
        if header["device"] == trainer.device.type:
            trainer.generator.set_state(tensors["generator"])
        else:  # another device's random stream: go on with a fresh one
            trainer.generator.manual_seed(header["step"])
        rate = header.get("peak_rate", trainer.recipe.learning_rate)
        trainer.resume_at(header["step"], header["seconds"], rate)


def _optimiser_states(
    trainer: Trainer, tensors: dict[str, Tensor], path: Path
) -> dict[Tensor, dict[str, Tensor]]:
    """What an optimiser remembers of each parameter. Raises CheckpointError."""
    named = dict(trainer.network.named_parameters())
    # Older checkpoints number the parameters: all of one part, then all of the next.
    numbered = [parameter for part in trainer.parts.values() for parameter in part]
    named |= {str(number): parameter for number, parameter in enumerate(numbered)}
    states: dict[Tensor, dict[str, Tensor]] = {}
    for name, tensor in tensors.items():
        owner, key = name.rsplit(".", 1)
        parameter = named.get(owner)
        if parameter is None or tensor.ndim and tensor.numel() != parameter.numel():
            raise CheckpointError(f"{path}: its optimiser's {name} belongs to another network")
        if tensor.shape == parameter.shape:  # fused optimisers want one layout of both
            tensor = torch.empty_like(parameter).copy_(tensor)
        states.setdefault(parameter, {})[key] = tensor
    return states
