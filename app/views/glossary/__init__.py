"""The paper's symbols, each with what it means and where it stands."""

from __future__ import annotations

from app.page import Page

PAGE = Page(
    group="Start",
    position=3,
    menu="Glossary",
    title="Glossary",
    lead="The paper's symbols, as this app uses them.",
    needs_torch=False,
)
