"""What is not as the paper prints it, from the marks in the library's code."""

from __future__ import annotations

from app.page import Page

EVERY = "Everything"

PAGE = Page(
    group="Questions",
    position=15,
    menu="Faithful?",
    title="Faithful?",
    lead="Where this reproduction differs from the paper, what the paper leaves open, and why each "
    "choice was made.",
    defaults={"kind": EVERY},
)
