"""What stands around every page: the tour and the paper above, help for a lecture below."""

from __future__ import annotations

import html
import re
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

import streamlit as st

from app.frame import lecture, predict, tour
from app.frame.symbols import SYMBOLS
from app.page import Page, Paper
from app.stage.bare import bare

if TYPE_CHECKING:
    from app.frame.question import Question

STYLE = """<style>
.paper { font-size: .85rem; margin: -1.2rem 0 -1.7rem; }
.paper summary { cursor: pointer; list-style: none; }
.paper a { color: inherit; text-decoration-color: #8888; }
.paper .ours::after { content: " ▸"; }
.paper[open] .ours::after { content: " ▾"; }
@media (max-width: 640px) {  /* columns stand one above the other: no wide gaps between them */
  [data-testid='stHorizontalBlock'], [data-testid='stVerticalBlock'] { gap: .75rem; }
  /* the picture first, then what chooses it, then the rest */
  :has(> .st-key-choosing) { order: 1; }
  :has(> .st-key-choosing) ~ * { order: 2; }
  :has(> .st-key-choosing) ~ :has(.st-key-figure) { order: 0; }
}
</style>"""
PAPER = "https://arxiv.org/abs/1506.02025"


def above(page: Page) -> None:
    """The tour's stop, if there is one; what the page is in the paper; its title and lead."""
    tour.above()
    if page.paper:
        _in_the_paper(page.paper)
    st.title(page.title, anchor=False)
    lead = page.lead if isinstance(page.lead, str) else page.lead()
    st.markdown(lead, unsafe_allow_html=True)


def _in_the_paper(paper: Paper) -> None:
    """Sections, figures and equations; the symbols; what is ours."""
    symbols = " &nbsp;".join(
        f"<a href='{html.escape(lecture.carry(f'glossary#{name}'))}' target='_self' "
        f"title='{html.escape(SYMBOLS[name].words.replace('**', ''), quote=True)}'>"
        f"{SYMBOLS[name].sign}</a>"
        for name in paper.symbols
    )
    with st.container(key="paper"):
        st.html(
            f"{STYLE}<details class='paper'><summary><b>In <a href='{PAPER}'>the paper</a>:</b> "
            f"{html.escape(paper.where)} &nbsp; <b>Symbols:</b> {symbols} &nbsp; "
            f"<b class='ours'>Ours</b></summary>{_emphasised(paper.ours)}</details>"
        )


def _emphasised(words: str) -> str:
    """Markdown's *words* in HTML."""
    return re.sub(r"\*(.+?)\*", r"<i>\1</i>", html.escape(words))


def below(name: str, page: Page, questions: Callable[[str], Sequence[Question]]) -> None:
    """Questions to predict; lecture mode, the tour, the glossary, a fresh start.

    name: the page's folder in views/; questions: gives those of a page by its name.
    """
    bare()
    if page.has_questions:
        predict.ask(name, questions)
    with st.container(key="footer", horizontal=True, vertical_alignment="center", gap="medium"):
        with st.popover(
            "For a lecture", width="content", help="Large type, and what is to be hidden"
        ):
            lecture.choose(page.keys)
        ways = {"Guided tour": "tour", "Glossary": "glossary", "Start this page afresh": "?"}
        links = " · ".join(tour.anchor(words, where) for words, where in ways.items())
        st.markdown(links, unsafe_allow_html=True, width="content")
