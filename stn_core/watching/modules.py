"""The modules of a network, or of any callable, by name."""

from __future__ import annotations

import functools
import inspect
from collections.abc import Callable
from typing import Any

import torch
from torch import nn

COMPILED = "_orig_mod"  # where ``torch.compile`` keeps the module that it was given


def modules_of(network: nn.Module | Callable[..., Any]) -> dict[str, nn.Module]:
    """Every module of a network by its name, "" for itself, as ``named_modules`` has them.

    Of a callable that is no module: those of what it is bound to, or refers to by a name. What
    ``torch.compile`` made of a module is that module. Raises TypeError for anything else, and
    ValueError for what ``torch.jit`` has compiled, which calls no Python.

    >>> list(modules_of(nn.Sequential(nn.Linear(1, 2))))
    ['', '0']
    >>> body = nn.Linear(1, 2)
    >>> list(modules_of(lambda u: body(u).relu()))
    ['body']
    """
    network = _unwrapped(network)
    if isinstance(network, nn.Module):
        roots = {"": network}
    elif callable(network):
        roots = {n: m for n, m in _held_by(network).items() if isinstance(m, nn.Module)}
    else:
        raise TypeError(f"expected a module or a callable, got {type(network).__name__}")
    memo: set[nn.Module] = set()
    found = {}
    for prefix, root in roots.items():
        for name, module in root.named_modules(memo, prefix):
            if isinstance(module, torch.jit.ScriptModule):
                raise ValueError(
                    f"{name or type(module).__name__!r} was compiled by torch.jit, so its calls "
                    "cannot be seen; watch the module that it was made from"
                )
            if name.rpartition(".")[2] != COMPILED:
                found[name.replace(f"{COMPILED}.", "")] = module
            else:  # in the place of what wraps it
                found[name.rpartition(".")[0].replace(f"{COMPILED}.", "")] = module
    return found


def name_of(network: nn.Module | Callable[..., Any]) -> str:
    """What a call from outside any submodule is named after: a module's class, a function's name.

    >>> name_of(nn.Linear(1, 1)), name_of(torch.relu)
    ('Linear', 'relu')
    """
    network = _unwrapped(network)
    if isinstance(network, nn.Module):
        return type(network).__name__
    return getattr(network, "__name__", type(network).__name__).strip("<>")


def _unwrapped(network: Any) -> Any:
    """The module behind a ``functools.partial``, a method or a compiled module."""
    while True:
        if isinstance(network, functools.partial):
            network = network.func
        elif inspect.ismethod(network) and isinstance(network.__self__, nn.Module):
            network = network.__self__
        elif isinstance(network, nn.Module) and COMPILED in network._modules:
            network = network._modules[COMPILED]
        else:
            return network


def _held_by(function: Callable[..., Any]) -> dict[str, Any]:
    """What a callable that is no module refers to by a name."""
    if inspect.isfunction(function):
        held = inspect.getclosurevars(function)
        return {**held.globals, **held.nonlocals}
    owner = function.__self__ if inspect.ismethod(function) else function
    return dict(getattr(owner, "__dict__", {}))
