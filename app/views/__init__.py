"""The pages, a folder each: its record (``PAGE``), ``page.py``, and what only this page uses.

Only ``main`` imports from here; a page imports from any other room, and no page from another.
"""

from __future__ import annotations

import importlib
import pkgutil

from app.page import Page


def pages() -> dict[str, Page]:
    """The pages by their folders' names, in the order of the navigation."""
    names = [module.name for module in pkgutil.iter_modules(__path__) if module.ispkg]
    records = {name: importlib.import_module(f"{__name__}.{name}").PAGE for name in names}
    return dict(sorted(records.items(), key=lambda item: item[1].position))
