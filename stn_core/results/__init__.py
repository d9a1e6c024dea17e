"""The paper's tables as rows, our figures beside the paper's, from the published metrics alone.

``report`` prints them; the app draws them.
"""

from stn_core.results.budgets import (
    Budget,
    TriedBudget,
    TriedNetwork,
    budget_words,
    budgets,
    tried,
)
from stn_core.results.colocalised import (
    NOT_RUN,
    ColumnMean,
    SearchBudget,
    colocalised,
    column_mean,
    search_budgets,
    share_of_sets,
    unreadable,
)
from stn_core.results.differences import (
    Difference,
    ShippedSeed,
    difference,
    differences,
    shipped_seeds,
)
from stn_core.results.parts import NetworkParts, parts, references
from stn_core.results.tables import (
    NOT_READABLE,
    NOT_TRAINED,
    Cell,
    Facing,
    MisreadByAll,
    cells,
    examples,
    facing,
    measured_once,
    misread_by_all,
    rows_and_columns,
    seeds_measured_once,
    tables,
)

__all__ = [
    "Budget",
    "Cell",
    "ColumnMean",
    "Difference",
    "Facing",
    "MisreadByAll",
    "NOT_READABLE",
    "NOT_RUN",
    "NOT_TRAINED",
    "NetworkParts",
    "SearchBudget",
    "ShippedSeed",
    "TriedBudget",
    "TriedNetwork",
    "budget_words",
    "budgets",
    "cells",
    "colocalised",
    "column_mean",
    "difference",
    "differences",
    "examples",
    "facing",
    "measured_once",
    "misread_by_all",
    "parts",
    "references",
    "rows_and_columns",
    "search_budgets",
    "seeds_measured_once",
    "share_of_sets",
    "shipped_seeds",
    "tables",
    "tried",
    "unreadable",
]
