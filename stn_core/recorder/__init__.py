"""The training of a network that is not ours, recorded in its own loop. May import from what is
above it in the order of the library.

- looking: a network at work on fixed images, without a trace in it;
- basis: a family in which all the grids of a training are;
- pacing: when it is looked at;
- recorder: the context manager, and the folder that it writes;
- reading: what is in such a folder, while it grows and afterwards;
- packed: such a folder as one file.
"""

from stn_core.recorder.recorder import Recorder

__all__ = ["Recorder"]
