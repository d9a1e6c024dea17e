"""What may be wrong with a file that a page reads, and how the page says it."""

from __future__ import annotations

import re

from app.data.plain import plain
from stn_core.pretrained import pretrained_folder


def without_folders(message: object) -> str:
    """What is wrong, without where on the server it is: of a path below pretrained/ what follows,
    of another absolute one the last name."""
    words = str(message).replace(f"{pretrained_folder()}/", "pretrained/")
    return re.sub(r"(?<![^\s'\"`(=])/\S*/", "", words)


def reason(error: object) -> str:
    """What an error says, to be shown on a page: without folders, and nothing in it is Markdown."""
    return plain(without_folders(error))
