"""The guided tour: its stops, how far one has come, and the closing questions."""

from __future__ import annotations

from app.page import Page

PAGE = Page(
    group="Start",
    position=4,
    menu="Tour",
    title="Guided tour",
    lead=(
        "Nine stops, a minute each, after the story on the first page: other grids and kernels, "
        "several transformers, no labels, three dimensions. Every stop gives you one thing to do. "
        "Bookmark this page to save your progress."
    ),
    needs_torch=False,
)
