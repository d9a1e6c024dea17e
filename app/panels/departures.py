"""The marks of departures from the paper, and a section's as a table: cards on a narrow screen."""

from __future__ import annotations

import html
import re
from collections.abc import Sequence

from app.data import once
from stn_core.departures import CODE, EMPHASIS, KINDS, Departure, by_section

HEADINGS = ("The paper", "This reproduction", "Why")
STYLE = """<style>
.departures { width: 100%; border-collapse: collapse; font-size: 0.95rem; }
.departures caption { position: absolute; clip-path: inset(50%); height: 1px; width: 1px;
    overflow: hidden; }
.departures th, .departures td { text-align: left; vertical-align: top; padding: 0.5rem 0.75rem;
    border-bottom: 1px solid color-mix(in srgb, currentColor 18%, transparent); }
.departures th { font-weight: 600; }
.departures tbody th { width: 13%; }
.departures td { width: 29%; }
.departures small { display: block; font-weight: 400; opacity: 0.8; overflow-wrap: anywhere; }
@media (max-width: 45rem) {
    .departures thead { display: none; }
    .departures tr, .departures tbody th, .departures td { display: block; width: auto; }
    .departures tbody th, .departures td { border: 0; padding: 0.2rem 0; }
    .departures td::before { content: attr(data-of) ": "; font-weight: 600; }
    .departures tr { padding: 0.6rem 0;
        border-bottom: 1px solid color-mix(in srgb, currentColor 18%, transparent); }
}
</style>"""


def sections() -> dict[str, list[tuple[str, Departure]]]:
    """The paper's sections, each with its departures; read once a server."""
    return once.made_once("departures", by_section)


def table(marks: Sequence[tuple[str, Departure]]) -> str:
    """HTML. marks: the module that makes each, and the departure."""
    head = "".join(f"<th scope='col'>{words}</th>" for words in ("Where", *HEADINGS))
    rows = "".join(_row(module, mark) for module, mark in marks)
    return (
        f"{STYLE}<table class='departures'><caption>Departures from the paper</caption>"
        f"<thead><tr>{head}</tr></thead><tbody>{rows}</tbody></table>"
    )


def _row(module: str, mark: Departure) -> str:
    cells = "".join(
        f"<td data-of='{heading}'>{_text(words)}</td>"
        for heading, words in zip(HEADINGS, (mark.paper, mark.ours, mark.why), strict=True)
    )
    return (
        f"<tr><th scope='row'>{html.escape(mark.where)}<small>{KINDS[mark.kind]}</small>"
        f"<small><code>{html.escape(module.removeprefix('stn_core.'))}</code></small></th>"
        f"{cells}</tr>"
    )


def _text(words: str) -> str:
    """With code and emphasis as they are marked in the text."""
    words = re.sub(CODE, r"<code>\1</code>", html.escape(words, quote=False))
    return re.sub(EMPHASIS, r"<i>\1</i>", words)
