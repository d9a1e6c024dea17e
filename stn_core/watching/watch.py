"""``watch``: every warp of a network while it is used."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, ExitStack, contextmanager, nullcontext
from dataclasses import replace
from functools import partial
from typing import Any

import torch
from torch import Tensor, nn

from stn_core.spatial_transformer import Recording, SpatialTransformer
from stn_core.watching.calls import Calls, check_replacement, numbered
from stn_core.watching.grid_sample import GridSample
from stn_core.watching.modules import modules_of, name_of
from stn_core.watching.warps import Warps

REPLICATE = "_replicate_for_data_parallel"  # a module's method


@contextmanager
def watch(
    network: nn.Module | Callable[..., Any], grids: Mapping[str, Tensor] | None = None
) -> Iterator[Warps]:
    """Every warp in any network, while it is used: of its ``SpatialTransformer``s, and of whatever
    else in it calls ``F.grid_sample``.

    Gives by name the warps of the forward passes, in order; of several forward passes, several; as
    a dict that the app can ``show``.
    For a ``SpatialTransformer`` (its name in the network, "" where the network is one itself) they
    are ``Warp``s; for others, ``GridSample``s, with the same input, theta, grid and output, in our
    convention. These are named after the module that calls ``F.grid_sample``, or after the
    network's class where no submodule does. If it does so again in the same forward pass, that is
    another warp: "stn", "stn (2)". They are copies, in float32 at least, and hold no gradients.

    network: a module, or a callable, whose calls are all taken for those of one forward pass. Of an
    ``nn.DataParallel`` give this the DataParallel, or what it is in: each warp then has all images.
    What ``torch.compile`` has made runs uncompiled meanwhile.
    grids: by the name of a warp, a grid (B, H', W', 2) or (B, D', H', W', 3) in our convention: the
    network reads there, and the rest of it runs on what is read. The second use of a
    ``SpatialTransformer`` while it is watched has the name "stn (2)" here.
    Raises TypeError for what cannot be called, ValueError for what ``torch.jit`` has compiled and
    for grids of an ``nn.DataParallel``, and ShapeError or NonFiniteError, in the network's call,
    for a grid that cannot be put in.

    >>> from stn_core import Affine, FullyConnectedBody, Localisation
    >>> localisation = Localisation(FullyConnectedBody((1, 9, 9)), Affine().identity())
    >>> network = nn.Sequential(SpatialTransformer(localisation, Affine()), nn.Flatten())
    >>> with watch(network) as warps:
    ...     output = network(torch.rand(2, 1, 9, 9))
    >>> warps["0"][0].theta.tolist()[0]
    [1.0, 0.0, 0.0, 0.0, 1.0, 0.0]
    >>> with watch(network, {"0": warps["0"][0].grid + 2}) as warps:  # beside the image
    ...     network(torch.rand(2, 1, 9, 9)).abs().max().item()
    0.0
    """
    modules = modules_of(network)
    if grids and any(isinstance(module, nn.DataParallel) for module in modules.values()):
        raise ValueError("a DataParallel cannot be given grids; watch the module that is in it")
    calls = Calls(name_of(network), single="" not in modules, grids=grids)
    with ExitStack() as stack:
        recordings = stack.enter_context(_recorded(modules, calls.warps, grids or {}))
        for prefix, module in modules.items():
            if isinstance(module, nn.DataParallel):
                inside = [r for n, r in recordings.items() if n.startswith(prefix and f"{prefix}.")]
                stack.enter_context(_joined_after(module, inside, calls))
        # These after a DataParallel's, so that its calls are joined inside of its own call.
        for hook in calls.rest(modules) + calls.follow(modules):
            stack.callback(hook.remove)
        if "" in modules:
            stack.callback(modules[""].register_forward_pre_hook(calls.warps.note).remove)
            calls.warps.network = modules[""]
        stack.enter_context(_uncompiled())
        stack.enter_context(calls)
        yield calls.warps


def _grid_of(grids: Mapping[str, Tensor], name: str, use: int, grid: Tensor) -> Tensor:
    """Where a transformer reads in its first, second, ... use, which by itself reads at a grid."""
    name = numbered(name, use)
    if name not in grids:
        return grid
    check_replacement(name, grids[name], grid.shape)
    return grids[name].to(grid)


def _put_last(warps: dict[str, list], name: str) -> None:
    warps[name] = warps.pop(name)


@contextmanager
def _recorded(
    modules: dict[str, nn.Module], warps: dict[str, list], grids: Mapping[str, Tensor]
) -> Iterator[dict[str, Recording]]:
    """Have every ``SpatialTransformer`` record its warps itself: there in the order of first use,
    those that are not used before them."""
    found = {n: m for n, m in modules.items() if isinstance(m, SpatialTransformer)}
    recordings = {}
    for name, transformer in found.items():
        at = partial(_grid_of, grids, name) if grids else None
        recordings[name] = Recording(on_first=partial(_put_last, warps, name), at=at)
        warps[name] = recordings[name].warps
        transformer._watched_by.append(recordings[name])
    try:
        yield recordings
    finally:
        for name, transformer in found.items():
            transformer._watched_by = [
                other for other in transformer._watched_by if other is not recordings[name]
            ]


def _uncompiled() -> AbstractContextManager:
    """What ``torch.compile`` has made runs as it was written: else nothing of it would be seen."""
    if "torch._dynamo" not in sys.modules:  # nothing has been compiled; importing it takes seconds
        return nullcontext()
    return torch.compiler.set_stance("force_eager")


@contextmanager
def _joined_after(
    parallel: nn.DataParallel, recordings: list[Recording], calls: Calls
) -> Iterator[None]:
    """Have a DataParallel's forward passes recorded as those of one network."""
    module = parallel.module
    shares: list[list[tuple[str, GridSample]]] = []
    plain = module.__dict__.get(REPLICATE)  # another watcher's

    def replicate() -> nn.Module:
        replica = plain() if plain else getattr(type(module), REPLICATE)(module)
        replica.__dict__.pop(REPLICATE, None)
        shares.append([])
        replica.__dict__[calls.share_name] = shares[-1]
        return replica

    def before(*_: Any) -> None:
        shares.clear()
        for recording in recordings:
            recording.expect_replicas()

    def after(*_: Any) -> None:
        for recording in recordings:
            recording.join_replicas()
        for name, call in _joined([share for share in shares if share]):
            calls.record(name, call)
        shares.clear()

    module.__dict__[REPLICATE] = replicate
    hooks = (
        parallel.register_forward_pre_hook(before),
        parallel.register_forward_hook(after, always_call=True),
    )
    try:
        yield
    finally:
        for hook in hooks:
            hook.remove()
        module.__dict__.pop(REPLICATE)
        module.__dict__.update({REPLICATE: plain} if plain else {})


def _joined(shares: list[list[tuple[str, GridSample]]]) -> Iterator[tuple[str, GridSample]]:
    """Of each call that all replicas made, one of all images; else the calls as they are."""
    if len({tuple(name for name, _ in share) for share in shares}) > 1:
        yield from (named for share in shares for named in share)
        return
    for uses in zip(*shares, strict=True):
        name, parts = uses[0][0], [part for _, part in uses]
        tensors = {f: _together([getattr(p, f) for p in parts]) for f in GridSample.TENSORS}
        made = [
            grids[0]._replace(theta=_together([grid.theta for grid in grids]))
            for grids in zip(*(reversed(part.affine_grids) for part in parts), strict=False)
        ]
        yield name, replace(parts[0], **tensors, affine_grids=tuple(reversed(made)))


def _together(tensors: list[Tensor]) -> Tensor:
    """The images of all replicas, on the first one's device."""
    return torch.cat([tensor.to(tensors[0].device) for tensor in tensors])
