"""Where the published networks are. Importing this needs no torch."""

from __future__ import annotations

import os
from pathlib import Path


def pretrained_folder() -> Path:
    """The project's own ``pretrained/``, which an installed package has not; or the copy that
    ``STN_PRETRAINED`` names.

    >>> from unittest.mock import patch
    >>> with patch.dict(os.environ, STN_PRETRAINED="copy"):
    ...     print(pretrained_folder())
    copy
    """
    given = os.environ.get("STN_PRETRAINED")
    return Path(given) if given else Path(__file__).resolve().parents[1] / "pretrained"
