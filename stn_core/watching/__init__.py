"""What the transformers of any network did: its ``SpatialTransformer``s, and whatever else in it
calls ``F.grid_sample``. May import from what is above it in the order of the library.

- modules: the modules of a network, or of a callable, and their names;
- conventions: a call of ``F.grid_sample`` in our convention;
- fitting: a family and a θ for a grid of which only its points are known;
- grid_sample: one such call, as it is recorded;
- calls: who called, and in which forward pass;
- warps: what it gives;
- watch: the context manager.
"""

from stn_core.watching.grid_sample import GridSample
from stn_core.watching.modules import modules_of
from stn_core.watching.warps import Warps
from stn_core.watching.watch import watch

__all__ = ["GridSample", "Warps", "modules_of", "watch"]
