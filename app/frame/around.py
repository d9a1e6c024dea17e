"""What stands around every page: the tour's stop and the title above; the paper, and help for a
lecture, below."""

from __future__ import annotations

import html
import re
from collections.abc import Mapping

import streamlit as st

from app.frame import lecture, tour
from app.frame.symbols import SYMBOLS
from app.page import Page, Paper
from app.palette import DARK, LIGHT
from app.stage.bare import bare

# Streamlit's own, where too little of it stands out from its ground to be read.
PRIMARY = f"light-dark({LIGHT.primary}, {DARK.primary})"
READABLE = f"""<style>
[data-testid='stCaptionContainer'] {{ opacity: .8; }}
[data-testid='stBaseButton-primary'],
[data-testid='stBaseButton-primary']:hover {{ color: light-dark(#fff, {DARK.background}); }}
[data-testid='stButtonGroup'] [aria-checked='true'] {{
  color: light-dark(#005f95, {DARK.primary}) !important;
}}
[data-testid='stHeader'] :focus-visible {{ outline: 2px solid {PRIMARY}; outline-offset: 1px; }}
[data-testid='stButtonGroup'] :has(> button) {{ flex-wrap: wrap; }}
.js-plotly-plot, .js-plotly-plot * {{ touch-action: pan-y; }}
.js-plotly-plot .modebar-container {{ visibility: hidden; }}  /* Export presses it */
[data-testid='stSlider'] [data-rac] {{ touch-action: pan-y !important; }}
@media (pointer: coarse) {{  /* targets for a finger: 40 pixels */
  .paper a, .paper summary, .st-key-footer a {{
    display: inline-block; min-width: 2.5rem; line-height: 2.5rem; text-align: center;
  }}
  [data-testid^='stNumberInputStep'], [data-testid='stButtonGroup'] button {{
    min-width: 2.5rem; min-height: 2.5rem;
  }}
}}
[data-testid='stCode'] code .token:is(.keyword, .parameter) {{
  color: light-dark(#0b5cad, #7cc0f5);
}}
[data-testid='stCode'] code .token.string {{ color: light-dark(#0b6b2b, #5fd38a); }}
[data-testid='stCode'] code .token:is(.number, .boolean) {{ color: light-dark(#0b6660, #59d0c4); }}
[data-testid='stCode'] code .token.comment {{ color: light-dark(#59616b, #a3adb8); }}
</style>"""
STYLE = """<style>
[data-testid='stMain'] h1 { padding: 0; }
[data-testid='stMainBlockContainer'] { padding-top: 4.25rem; }  /* its header has 3.75 */
/* It says itself what it waits for; while it is closed it shares its row with others. */
.st-key-predict [data-testid='stSpinner'] { display: none; }
.st-key-predict [data-stale='true'] { opacity: 1 !important; }
:has(> .st-key-predict) { min-width: 15rem; }
[data-testid='stHorizontalBlock']:has(> * > .st-key-predict) { row-gap: 0.3rem; }
:has(> .st-key-predict[data-open]) { min-width: min(44rem, 100%); }
:has(> .st-key-networks) { display: none; }  /* sent to be run, not to be seen */
.paper { font-size: .85rem; }
.paper details, .paper summary { display: inline; }
.paper summary { cursor: pointer; list-style: none; font-weight: 600; }
.paper a { color: inherit; text-decoration-color: #8888; }
.paper summary::after { content: " ▸"; }
.paper [open] summary::after { content: " ▾"; }
@media (max-width: 640px) {  /* columns stand one above the other: no wide gaps between them */
  [data-testid='stHorizontalBlock'], [data-testid='stVerticalBlock'] { gap: .75rem; }
  [data-testid='stHeading'] [data-testid='stMarkdownContainer'] { margin-bottom: -.75rem; }
  .katex-display { font-size: .95em; }
  /* the picture first, then what chooses it */
  [data-testid='stColumn']:has(> [data-testid='stVerticalBlock'] .st-key-choosing) { order: 1; }
}
@media (max-height: 800px) and (min-width: 641px) {  /* a projector: the stage is all on it */
  [data-testid='stMainBlockContainer'] > [data-testid='stVerticalBlock'] { gap: .6rem; }
  [data-testid='stMainBlockContainer'] > [data-testid='stVerticalBlock'] > div >
    [data-testid='stHeading'] [data-testid='stMarkdownContainer'] { margin-bottom: -.6rem; }
}
</style>"""
PAPER = "https://arxiv.org/abs/1506.02025"


def above(page: Page) -> None:
    """The tour's stop, if there is one; the page's title and lead."""
    st.html(STYLE + READABLE)
    tour.above()
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
            f"<div class='paper'><b>In <a href='{PAPER}'>the paper</a>:</b> "
            f"{html.escape(paper.where)} &nbsp; <b>Symbols:</b> {symbols} &nbsp; "
            f"<details><summary>Ours</summary><div>{_emphasised(paper.ours)}</div></details></div>"
        )


def _emphasised(words: str) -> str:
    """Markdown's *words* in HTML."""
    return re.sub(r"\*(.+?)\*", r"<i>\1</i>", html.escape(words))


def below(name: str, pages: Mapping[str, Page], fields: Mapping[str, str]) -> None:
    """What the page is in the paper; lecture mode, the playlist and ways to go on.

    name: of the page, in pages; fields: of the address with which the script has begun.
    """
    page = pages[name]
    bare(name, {other: record.menu for other, record in pages.items()}, fields)
    with st.container(key="footer", horizontal=True, vertical_alignment="center", gap="medium"):
        with st.popover(
            "For a lecture", width="content", help="Presentation settings: large type, hidden parts"
        ):
            lecture.choose(page.keys)
        ways = {"Guided tour": "tour", "Glossary": "glossary", "Reset this page": "?"}
        links = " · ".join(tour.anchor(words, where) for words, where in ways.items())
        st.markdown(links, unsafe_allow_html=True, width="content")
    if page.paper:
        _in_the_paper(page.paper)
