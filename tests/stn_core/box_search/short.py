"""A cell of Table 5, and a search of three steps."""

from __future__ import annotations

from dataclasses import replace

from stn_core.experiments.colocalisation import COLOCALISATIONS, QUICK_SEARCH

CELL = COLOCALISATIONS["colocalisation/t/1"]
SHORT = replace(QUICK_SEARCH, iterations=3, starts=2, batch_size=6, patches=2)
