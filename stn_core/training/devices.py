"""Where a training runs: which device a name means, and what a device is called."""

from __future__ import annotations

import platform

import torch

from stn_core.errors import InputError, UnknownName


def choose_device(name: str) -> torch.device:
    """``auto``, ``cpu``, ``cuda`` or ``mps``. Raises UnknownName, InputError if it is not there.

    >>> choose_device("cpu")
    device(type='cpu')
    """
    available = {
        "cuda": torch.cuda.is_available(),
        "mps": torch.backends.mps.is_available(),
        "cpu": True,
    }
    if name == "auto":
        return torch.device(next(kind for kind, there in available.items() if there))
    if name not in available:
        raise UnknownName(f"a device should be auto, cpu, cuda or mps, got {name!r}")
    if not available[name]:
        raise InputError(f"this machine has no {name} device; use auto or cpu")
    return torch.device(name)


def device_name(device: torch.device, threads: int = 1) -> str:
    """The device in words, for the records.

    >>> device_name(torch.device("cpu"))[:5]
    'CPU ('
    """
    if device.type == "cuda":
        return torch.cuda.get_device_name(device)
    if device.type == "mps":
        return "Apple GPU (MPS)"
    return f"CPU ({platform.machine()}), {threads} thread(s)"
