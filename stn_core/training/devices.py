"""Where a training runs: which device a name means, and what a device is called."""

from __future__ import annotations

import platform

import torch

from stn_core.errors import InputError, UnknownName


def choose_device(name: str) -> torch.device:
    """``auto``, ``cpu``, ``cuda``, ``cuda:1`` (the second GPU), or ``mps``.

    Raises UnknownName, and InputError if it is not there.

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
    kind, _, place = name.partition(":")
    numbered = kind == "cuda" and place.isdecimal() and place.isascii()
    if kind not in available or (place or ":" in name) and not numbered:
        raise UnknownName(f"a device should be auto, cpu, cuda, cuda:1 or mps, got {name!r}")
    if not available[kind]:
        raise InputError(f"this machine has no {kind} device; use auto or cpu")
    if numbered and int(place) >= torch.cuda.device_count():
        raise InputError(f"this machine has {torch.cuda.device_count()} GPU(s), no {name}")
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
