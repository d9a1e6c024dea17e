"""Who called ``F.grid_sample``, and in which forward pass."""

from __future__ import annotations

import threading
from collections import Counter, deque
from collections.abc import Callable, Mapping
from functools import partial
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor, nn
from torch.overrides import TorchFunctionMode, _get_current_function_mode
from torch.utils.hooks import RemovableHandle

from stn_core.spatial_transformer import is_sampling
from stn_core.transforms.grids import ShapeError, check_finite, is_traced
from stn_core.watching.conventions import MODES, PADDING_MODES, Reading, our_grid, their_grid
from stn_core.watching.grid_sample import AffineGrid, GridSample
from stn_core.watching.warps import Warps

MAX_AFFINE_GRIDS = 64  # the last ones: whose grid may still be used
MIN_PARTS = 3  # modules in a part of a network for which it is worth while to look away


class _Thread(threading.local):
    """What is going on in one thread: the modules that are being called, the innermost last."""

    def __init__(self) -> None:
        self.stack: list[tuple[str, list | None, bool]] = []
        self.share: list[tuple[str, GridSample]] | None = None
        self.counts: Counter[str] = Counter()
        self.affine_grids: deque[AffineGrid] = deque(maxlen=MAX_AFFINE_GRIDS)
        self.sees = False
        self.paused: list[bool] = []


class Calls(TorchFunctionMode):
    """Every call of ``F.grid_sample``, named after the module that makes it.

    outside: the name of a call from outside any module; single: whether all calls are of one
    forward pass, instead of the outermost module's; grids: in our convention, by the names of the
    calls that are to read at them. Calls of a ``SpatialTransformer`` that is watched are left out.

    >>> with Calls("here") as calls:
    ...     grid = torch.zeros(1, 3, 3, 2)
    ...     output = F.grid_sample(torch.rand(1, 1, 2, 2), grid, align_corners=False)
    >>> {name: [call.output.shape for call in found] for name, found in calls.warps.items()}
    {'here': [torch.Size([1, 1, 3, 3])]}
    """

    def __init__(
        self, outside: str, single: bool = False, grids: Mapping[str, Tensor] | None = None
    ) -> None:
        super().__init__()
        self.outside, self.single, self.grids = outside, single, grids or {}
        # The attribute of a DataParallel's replica that says where its calls go.
        self.share_name = f"_watched_share_{id(self)}"
        self.warps = Warps()
        self._thread = _Thread()

    def __enter__(self) -> Calls:
        self._thread.sees = True
        super().__enter__()
        return self

    def __exit__(self, *error: Any) -> None:
        self._thread.sees = False
        super().__exit__(*error)

    def __torch_function__(
        self, func: Callable, types: Any, args: tuple = (), kwargs: dict | None = None
    ) -> Any:
        if self.grids and func in _SAMPLERS and not is_sampling():
            args, kwargs = self._at_another_grid(func, args, kwargs or {})
        output = func(*args, **(kwargs or {}))
        if func in _SEEN and not is_sampling() and not is_traced(output):
            # Outside inference mode, so that what is kept can be used like any other tensor.
            with torch.inference_mode(False), torch.no_grad():
                _SEEN[func](self, output, *args, **(kwargs or {}))
        return output

    def _at_another_grid(self, func: Callable, args: tuple, kwargs: dict) -> tuple[tuple, dict]:
        """The arguments of a call of ``F.grid_sample`` with the grid that it is to read at."""
        given = dict(zip(_SAMPLERS[func], args, strict=False)) | kwargs
        grid = self.grids.get(self._next_name())
        if grid is not None:
            image, called = given["input"], given["grid"]
            check_replacement(self._next_name(), grid, called.shape)
            theirs = their_grid(image, grid, bool(given.get("align_corners")))
            given["grid"] = theirs.to(called.device, called.dtype)
        return (), given

    def _next_name(self) -> str:
        """What ``record`` will name the next call."""
        thread = self._thread
        name = thread.stack[-1][0] if thread.stack else self.outside
        begins = not thread.stack and not self.single
        return numbered(name, 1 if begins else thread.counts[name] + 1)

    def sampled(self, output: Tensor, image: Tensor, grid: Tensor, reading: Reading) -> None:
        """Record a call of ``F.grid_sample``."""
        thread = self._thread
        may_be = (made for made in thread.affine_grids if made.shape == grid.shape[:-1])
        call = GridSample(
            _copy(image), our_grid(image, grid.detach(), reading), _copy(output), reading,
            tuple(may_be),
        )  # fmt: skip
        self.record(thread.stack[-1][0] if thread.stack else self.outside, call)

    def made_grid(self, theta: Tensor, size: tuple[int, ...], align_corners: bool) -> None:
        """Remember a call of ``F.affine_grid``."""
        kind = theta.device.type
        autocast = torch.get_autocast_dtype(kind) if torch.is_autocast_enabled(kind) else None
        made = AffineGrid(theta.detach().clone(), tuple(size), align_corners, autocast)
        self._thread.affine_grids.append(made)

    def record(self, name: str, call: GridSample) -> None:
        """A call under its module's name, numbered if it is not the first of a forward pass."""
        thread = self._thread
        if thread.share is not None:
            thread.share.append((name, call))
            return
        if not thread.stack and not self.single:
            thread.counts.clear()
        thread.counts[name] += 1
        self.warps.setdefault(numbered(name, thread.counts[name]), []).append(call)

    def follow(self, modules: dict[str, nn.Module]) -> list[RemovableHandle]:
        """Know which of these modules is being called. Returns what ends that."""
        hooks = []
        first = _first(modules)
        for name, module in modules.items():
            if name in first or not _is_torch_s_own(module):
                enter = partial(self._enter, name or self.outside)
                hooks += [
                    module.register_forward_pre_hook(enter, prepend=True),
                    module.register_forward_hook(self._leave, always_call=True),
                ]
        return hooks

    def rest(self, modules: dict[str, nn.Module]) -> list[RemovableHandle]:
        """See nothing in the parts of a network that are all torch's own: each call that a mode
        sees takes some microseconds more. Returns what ends that."""
        hooks: list[RemovableHandle] = []
        above: tuple[str, ...] = ()
        for name, module in modules.items():
            parts = list(module.modules())
            if name.startswith(above) or name in _first(modules) or len(parts) < MIN_PARTS:
                continue
            if all(map(_is_as_torch_has_it, parts)):
                above += (f"{name}.",)
                hooks += [
                    module.register_forward_pre_hook(self._pause),
                    module.register_forward_hook(self._resume, always_call=True),
                ]
        return hooks

    def _pause(self, *_: Any) -> None:
        on_top = self._thread.sees and _get_current_function_mode() is self
        self._thread.paused.append(on_top)
        if on_top:
            super().__exit__(None, None, None)

    def _resume(self, *_: Any) -> None:
        if self._thread.paused and self._thread.paused.pop():
            super().__enter__()

    def _enter(self, name: str, module: nn.Module, _inputs: Any) -> None:
        thread = self._thread
        if not thread.stack and not self.single:
            thread.counts.clear()
            thread.affine_grids.clear()
        begins = not thread.sees  # a thread of its own: a replica's
        thread.stack.append((name, thread.share, begins))
        thread.share = module.__dict__.get(self.share_name, thread.share)
        if begins:
            self.__enter__()

    def _leave(self, *_: Any) -> None:
        thread = self._thread
        if thread.stack:  # a hook of somebody else's can have failed before ours
            _name, thread.share, began = thread.stack.pop()
            if began:
                self.__exit__(None, None, None)


def numbered(name: str, number: int) -> str:
    """The name of the warp that a module makes as its first, second, ... of a forward pass.

    >>> numbered("stn", 1), numbered("stn", 2)
    ('stn', 'stn (2)')
    """
    return f"{name} ({number})" if number > 1 else name


def check_replacement(name: str, grid: Tensor, shape: tuple[int, ...]) -> None:
    """Raise ShapeError for a grid that cannot be read at in place of one of this shape, and
    NonFiniteError.

    >>> try:
    ...     check_replacement("stn", torch.zeros(1, 4, 4, 2), (1, 8, 8, 2))
    ... except ShapeError as error:
    ...     print(error)
    the grid for 'stn' is (1, 4, 4, 2); the network reads at one of (1, 8, 8, 2)
    """
    if tuple(grid.shape) != tuple(shape):
        raise ShapeError(
            f"the grid for {name!r} is {tuple(grid.shape)}; the network reads at one of "
            f"{tuple(shape)}"
        )
    check_finite(f"the grid for {name!r}", grid)


def _first(modules: dict[str, nn.Module]) -> set[str]:
    """With whose call a forward pass begins: the network's, and those of a DataParallel's replicas,
    in their threads."""
    parallel = (name for name, module in modules.items() if isinstance(module, nn.DataParallel))
    return {"", *(f"{name}.module".lstrip(".") for name in parallel)}


def _is_torch_s_own(module: nn.Module) -> bool:
    """One of torch's layers and containers, which never call ``F.grid_sample`` themselves."""
    return type(module).__module__.startswith("torch.nn.modules.")


def _is_as_torch_has_it(module: nn.Module) -> bool:
    """Whether nobody else's code runs in a module's call."""
    changed = module._forward_hooks or module._forward_pre_hooks or "forward" in module.__dict__
    return _is_torch_s_own(module) and not changed


def _copy(tensor: Tensor) -> Tensor:
    """As it is now, whatever is done to it in place: in float32 at least."""
    return tensor.detach().to(torch.promote_types(tensor.dtype, torch.float32), copy=True)


def _grid_sample(
    calls: Calls,
    output: Tensor,
    input: Tensor,
    grid: Tensor,
    mode: str = "bilinear",
    padding_mode: str = "zeros",
    align_corners: bool | None = None,
) -> None:
    calls.sampled(output, input, grid, Reading(mode, padding_mode, bool(align_corners)))


def _grid_sampler(
    calls: Calls,
    output: Tensor,
    input: Tensor,
    grid: Tensor,
    interpolation_mode: int,
    padding_mode: int,
    align_corners: bool,
) -> None:
    mode, padding = MODES[interpolation_mode], PADDING_MODES[padding_mode]
    calls.sampled(output, input, grid, Reading(mode, padding, align_corners))


def _affine_grid(
    calls: Calls, _: Tensor, theta: Tensor, size: list[int], align_corners: bool | None = None
) -> None:
    calls.made_grid(theta, tuple(size), bool(align_corners))


_SEEN: dict[Callable, Callable] = {
    F.grid_sample: _grid_sample,
    torch.grid_sampler: _grid_sampler,
    F.affine_grid: _affine_grid,
    torch.affine_grid_generator: _affine_grid,
}

# Of what reads at a grid: the names of its arguments, in their order.
_SAMPLERS: dict[Callable, tuple[str, ...]] = {
    F.grid_sample: ("input", "grid", "mode", "padding_mode", "align_corners"),
    torch.grid_sampler: ("input", "grid", "interpolation_mode", "padding_mode", "align_corners"),
}
