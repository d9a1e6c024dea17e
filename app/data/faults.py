"""What may be wrong with a file that a page reads, and how the page says it."""

from __future__ import annotations

import os
import re
from pathlib import Path

import stn_core
from app.data.plain import plain


def pretrained_folder() -> Path:
    """``checkpoints.PRETRAINED``, whose module needs torch."""
    given = os.environ.get("STN_PRETRAINED")
    return Path(given) if given else Path(stn_core.__file__).parents[1] / "pretrained"


def without_folders(message: object) -> str:
    """What is wrong, without where on the server it is: of a path below pretrained/ what follows,
    of another absolute one the last name."""
    words = str(message).replace(f"{pretrained_folder()}/", "pretrained/")
    return re.sub(r"(?<![^\s'\"`(=])/\S*/", "", words)


def reason(error: object) -> str:
    """What an error says, to be shown on a page: without folders, and nothing in it is Markdown."""
    return plain(without_folders(error))
