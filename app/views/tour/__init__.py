"""The guided tour: its stops, how far one has come, and the closing questions."""

from __future__ import annotations

from app.page import Page

PAGE = Page(
    position=9,
    menu="Tour",
    title="Guided tour",
    lead=(
        "Eleven stops, a minute each: every one opens a page, says what to do, and waits for it. "
        "You need to know what a convolutional network is, and nothing else. The address keeps "
        "how far you have come: it can be a bookmark."
    ),
    needs_torch=False,
)
