"""The errors that are a user's, or the machine's: each is one line, without a traceback."""

from __future__ import annotations

from stn_core.checkpoints import CheckpointError
from stn_core.digits import DigitsError
from stn_core.errors import InputError, UnknownName
from stn_core.runs.records import RunError
from stn_core.training.recording import TrainingError
from stn_core.transforms import NonFiniteError

EXPECTED_ERRORS = (
    CheckpointError,
    DigitsError,
    InputError,
    NonFiniteError,
    OSError,
    RunError,
    TrainingError,
    UnknownName,
)
