"""Any network at work on images of one's own: its transformers, and the rest of it on another grid.

May import from what is above it in the order of the library.

- outputs: class probabilities from whatever a network returns;
- network: a network, its images, and what a forward pass of it shows;
- frames: where the grids of several transformers lie on the network's input;
- poses: the input turned, scaled and shifted, and what the network makes of that;
- images, weights, sources: images, a checkpoint and code that a command line names;
- server: the app with such a network in it.
"""

from stn_core.inspecting.network import Inspected, Pass, Seen
from stn_core.inspecting.sources import Source, load

__all__ = ["Inspected", "Pass", "Seen", "Source", "load"]
