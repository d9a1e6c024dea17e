"""What may be wrong with a file that a page reads, and how the page says it."""

from __future__ import annotations

import re


def without_folders(message: object) -> str:
    """What is wrong, without where on the server it is: of an absolute path the last name."""
    return re.sub(r"(?<![^\s'\"`(=])/\S*/", "", str(message))
