"""Spatial Transformer Networks (Jaderberg, Simonyan, Zisserman, Kavukcuoglu, 2015).

The paper, without a user interface. The data flow, which is also the order of the modules:
digits -> distortion -> batch -> localisation -> theta -> grid -> sampler -> classifier.

What a network of one's own needs comes from here; all the rest from its module:

- the module of Fig. 2: ``SpatialTransformer``, ``ParallelTransformers``; ``Localisation`` with its
  bodies ``FullyConnectedBody`` and ``ConvolutionalBody``;
- the families T_θ: ``Attention``, ``Affine``, ``Projective``, ``PiecewiseAffine``,
  ``ThinPlateSpline``, ``LearnedBasis``, ``Affine3D``; ``lattice`` for control points;
- reading an image: ``sample`` with ``bilinear_kernel``, ``integer_kernel``, ``bicubic_kernel``,
  ``tent_kernel``;
- looking inside: ``watch`` gives a ``Warp`` for each use, or a ``GridSample`` in a network that
  calls ``F.grid_sample`` itself, and can ``show()`` them; ``save_warps`` a file that the app draws,
  ``Recorder`` a folder of a training that the app replays;
- the paper's experiments: ``find`` one by its name, ``load_pretrained`` its network,
  ``load_digits`` for it, ``train`` and ``evaluate``;
- errors: ``ShapeError``, ``DtypeError``, ``NonFiniteError``, ``CheckpointError``.

>>> import torch
>>> from stn_core import Affine, sample
>>> grid = Affine().grid(Affine().identity()[None], (4, 4))
>>> sample(torch.ones(1, 1, 8, 8), grid).shape
torch.Size([1, 1, 4, 4])

torch is imported with the first of these names, not with the package.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from stn_core.checkpoints import CheckpointError, load_pretrained
    from stn_core.digits import load as load_digits
    from stn_core.evaluation import evaluate
    from stn_core.experiments import find
    from stn_core.localisation import ConvolutionalBody, FullyConnectedBody, Localisation
    from stn_core.recorder import Recorder
    from stn_core.sampling import (
        bicubic_kernel,
        bilinear_kernel,
        integer_kernel,
        sample,
        tent_kernel,
    )
    from stn_core.spatial_transformer import ParallelTransformers, SpatialTransformer
    from stn_core.trace import Warp
    from stn_core.training.network import train
    from stn_core.transforms import (
        Affine,
        Affine3D,
        Attention,
        DtypeError,
        LearnedBasis,
        NonFiniteError,
        PiecewiseAffine,
        Projective,
        ShapeError,
        ThinPlateSpline,
        lattice,
    )
    from stn_core.watched import save_warps
    from stn_core.watching import GridSample, watch

__version__ = "0.1.0"

# In which module each name is; with another name there, "module:name".
_MODULES = {
    "Affine": "transforms",
    "Affine3D": "transforms",
    "Attention": "transforms",
    "CheckpointError": "checkpoints",
    "ConvolutionalBody": "localisation",
    "DtypeError": "transforms",
    "FullyConnectedBody": "localisation",
    "GridSample": "watching",
    "LearnedBasis": "transforms",
    "Localisation": "localisation",
    "NonFiniteError": "transforms",
    "ParallelTransformers": "spatial_transformer",
    "PiecewiseAffine": "transforms",
    "Projective": "transforms",
    "Recorder": "recorder",
    "ShapeError": "transforms",
    "SpatialTransformer": "spatial_transformer",
    "ThinPlateSpline": "transforms",
    "Warp": "trace",
    "bicubic_kernel": "sampling",
    "bilinear_kernel": "sampling",
    "evaluate": "evaluation",
    "find": "experiments",
    "integer_kernel": "sampling",
    "lattice": "transforms",
    "load_digits": "digits:load",
    "load_pretrained": "checkpoints",
    "sample": "sampling",
    "save_warps": "watched",
    "tent_kernel": "sampling",
    "train": "training.network",
    "watch": "watching",
}

__all__ = [
    "Affine",
    "Affine3D",
    "Attention",
    "CheckpointError",
    "ConvolutionalBody",
    "DtypeError",
    "FullyConnectedBody",
    "GridSample",
    "LearnedBasis",
    "Localisation",
    "NonFiniteError",
    "ParallelTransformers",
    "PiecewiseAffine",
    "Projective",
    "Recorder",
    "ShapeError",
    "SpatialTransformer",
    "ThinPlateSpline",
    "Warp",
    "bicubic_kernel",
    "bilinear_kernel",
    "evaluate",
    "find",
    "integer_kernel",
    "lattice",
    "load_digits",
    "load_pretrained",
    "sample",
    "save_warps",
    "tent_kernel",
    "train",
    "watch",
]


def __getattr__(name: str) -> Any:
    """Import a name when it is first used (PEP 562)."""
    if name not in _MODULES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    module, _, there = _MODULES[name].partition(":")
    return getattr(importlib.import_module(f"{__name__}.{module}"), there or name)


def __dir__() -> list[str]:
    return sorted([*globals(), *__all__])
