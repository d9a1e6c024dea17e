"""The guided tour: its stops, how far one has come, and the closing questions."""

from __future__ import annotations

from app.page import Page

PAGE = Page(
    group="Start",
    position=2,
    menu="Tour",
    title="Guided tour",
    lead=(
        "Eleven stops, a minute each. Every stop opens a page and gives you one thing to do. "
        "You need to know what a convolutional network is, and nothing else. Bookmark this page "
        "to save your progress."
    ),
    needs_torch=False,
)
