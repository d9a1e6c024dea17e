"""Train every cell of a table, several at once, on one machine or on several that share a folder.

``planning`` says which trainings there are, ``claims`` which process has which, ``running`` trains
them here, ``engines`` starts that on other machines.
"""

from stn_core.sweep.cells import LOG, CellTraining
from stn_core.sweep.engines import ENGINES, Asked, dispatched
from stn_core.sweep.gathering import gathered
from stn_core.sweep.planning import default_root, plan, shard
from stn_core.sweep.running import sweep

__all__ = [
    "Asked",
    "CellTraining",
    "ENGINES",
    "LOG",
    "default_root",
    "dispatched",
    "gathered",
    "plan",
    "shard",
    "sweep",
]
