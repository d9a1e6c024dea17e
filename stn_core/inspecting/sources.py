"""Code, weights, images and class names that a command line names, as a network to look at.

The one way in is a :class:`Source`: the command ``inspect`` makes it and hands it to the server
that it starts, in an environment variable. Whoever sets the environment of a process decides anyway
what it runs, and no visitor of a server can: nothing that a browser sends comes to be a Source.
"""

from __future__ import annotations

import dataclasses
import importlib
import importlib.util
import json
import os
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType
from typing import Any

from torch import nn

from stn_core.errors import InputError, printable
from stn_core.inspecting.images import Images, as_images, read_images
from stn_core.inspecting.network import Inspected
from stn_core.inspecting.weights import load_weights

VARIABLE = "STN_INSPECT"


@dataclass(frozen=True, kw_only=True)
class Source:
    """What is to be looked at. network: "module:name" of a function without arguments that gives a
    module, or of a module; images: a folder, an ``.npz`` file, or "module:name"; weights, classes:
    files; channels: 1 or 3, to which a folder's pictures are brought; folder: where modules and
    files are searched first.

    >>> source = Source(network="mymodule:build", images="digits.npz")
    >>> Source.from_text(source.text) == source
    True
    """

    network: str
    images: str
    weights: str | None = None
    classes: str | None = None
    channels: int | None = None
    folder: str = "."

    @property
    def text(self) -> str:
        """For the environment of the server."""
        return json.dumps(dataclasses.asdict(self))

    @classmethod
    def from_text(cls, text: str) -> Source:
        """Back from ``text``."""
        return cls(**json.loads(text))

    @classmethod
    def from_environment(cls) -> Source | None:
        """What this process was started with; None if nothing."""
        text = os.environ.get(VARIABLE)
        return cls.from_text(text) if text else None


def load(source: Source) -> Inspected:
    """The network of a source, with its images, in evaluation mode.

    Imports and calls the code that it names. Raises InputError, which says what was expected, for
    whatever is missing, raises or does not fit.

    >>> try:
    ...     load(Source(network="nowhere:build", images="digits.npz", folder="/tmp"))
    ... except InputError as error:
    ...     print(error)
    there is no module 'nowhere' in /tmp, nor is one installed
    """
    folder = Path(source.folder).resolve()
    network = _network(source.network, folder)
    if source.weights is not None:
        load_weights(network, folder / source.weights, source.weights)
    images = _images(source, folder)
    classes = _classes(folder / source.classes) if source.classes else ()
    return Inspected(
        network, images.images, images.labels, classes, source.network, images.left_out
    )


def _network(name: str, folder: Path) -> nn.Module:
    found = _named(name, folder)
    network = found
    if not isinstance(found, nn.Module):
        if not callable(found):
            raise InputError(
                f"{name!r} is no function but of {type(found).__name__}; expected a function "
                "without arguments that returns a torch.nn.Module"
            )
        network = _called(name, found)
    if not isinstance(network, nn.Module):
        raise InputError(f"{name!r} returned {type(network).__name__}; expected a torch.nn.Module")
    return network.module if isinstance(network, nn.DataParallel) else network


def _images(source: Source, folder: Path) -> Images:
    path = folder / source.images
    if path.exists() or ":" not in source.images:
        return read_images(path, source.channels)
    found = _named(source.images, folder)
    return as_images(_called(source.images, found) if callable(found) else found, source.images)


def _classes(path: Path) -> tuple[str, ...]:
    try:
        names = tuple(line.strip() for line in path.read_text().splitlines() if line.strip())
    except (OSError, UnicodeDecodeError) as error:
        raise InputError(f"the class names cannot be read: {error}") from error
    if not names:
        raise InputError(f"{path} has no class names; expected one a line")
    return names


def _called(name: str, function: Callable[[], Any]) -> Any:
    try:
        return function()
    except Exception as error:  # other people's code
        raise InputError(f"{name!r} raised {_said(error)}") from error


def _named(name: str, folder: Path) -> Any:
    """What "module:name" is; the module may be a file, as "networks/mine.py:build"."""
    where, _, attribute = name.rpartition(":")
    if not where or not attribute:
        raise InputError(f"expected module:name, as mymodule:build, got {name!r}")
    module = _module(where, folder)
    found: Any = module
    for part in attribute.split("."):
        if not hasattr(found, part):
            there = [n for n, v in vars(module).items() if callable(v) and not n.startswith("_")]
            listed = ", ".join(there[:10]) or "nothing that can be called"
            raise InputError(f"{where!r} has no {attribute!r}; it has {listed}")
        found = getattr(found, part)
    return found


def _module(where: str, folder: Path) -> ModuleType:
    if str(folder) not in sys.path:
        sys.path.insert(0, str(folder))
    try:
        if where.endswith(".py"):
            return _from_file(folder / where)
        return importlib.import_module(where)
    except ModuleNotFoundError as error:
        if error.name and (where == error.name or where.startswith(f"{error.name}.")):
            raise InputError(
                f"there is no module {where!r} in {folder}, nor is one installed"
            ) from error
        raise InputError(f"{where!r} cannot be imported: {_said(error)}") from error
    except (Exception, SystemExit) as error:  # other people's code
        raise InputError(f"{where!r} cannot be imported: {_said(error)}") from error


def _from_file(path: Path) -> ModuleType:
    if not path.is_file():
        raise InputError(f"there is no file {path}")
    if str(path.parent) not in sys.path:  # so that it finds those beside it
        sys.path.insert(0, str(path.parent))
    # Never in the place of a module that is there: an app.py, say, in that of this app.
    name = path.stem if path.stem not in sys.modules else f"{path.stem} of {path.parent}"
    spec = importlib.util.spec_from_file_location(name, path)
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module
    spec.loader.exec_module(module)
    return module


def _said(error: BaseException) -> str:
    return f"{type(error).__name__}: {printable(error)}"
