"""The paper's symbols, each with what it means and where it stands."""

from __future__ import annotations

from app.page import Page

PAGE = Page(
    group="Start",
    position=5,
    menu="Glossary",
    title="Glossary",
    lead="The paper's symbols and the words of this app, with small pictures.",
)
