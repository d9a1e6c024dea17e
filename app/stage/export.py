"""Stages as a page of their own: one HTML file that needs neither a server nor a network.

It is opened from a disk, or in a frame of slides. Everything is in it: the stage's modules and
style, what the component was sent, and the networks that run in it. A file with several stages
shows one at a time; Page Down and Page Up walk through them.
"""

from __future__ import annotations

import base64
import html
import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from typing import Any

from app.stage.bundle import FRONTEND, script
from app.stage.networks import SentNetwork

# Nothing is fetched. A training starts a worker from a Blob; pictures are drawn or are data.
POLICY = (
    "default-src 'none'; script-src 'unsafe-inline'; worker-src blob:; "
    "style-src 'unsafe-inline'; font-src data:; img-src data: blob:"
)
FONT = "vendor/sans.woff2"
PAPER = (
    "From Spatial Transformer Networks (M. Jaderberg, K. Simonyan, A. Zisserman, K. Kavukcuoglu, "
    "2015, arXiv:1506.02025)"
)
LICENCES = (
    "Digits: MNIST (Y. LeCun, C. Cortes, C. Burges), CC BY-SA 3.0. Letters: Source Sans 3, "
    "© Adobe, SIL Open Font License 1.1. GIF encoder: gifenc, © M. DesLauriers, MIT License."
)
END = re.compile(r"<(?=/script|!--|script)", re.IGNORECASE)
PAGE = """<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="{policy}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>{title}</title>
<style>{style}</style>
</head>
<body>
<noscript>This page needs JavaScript.</noscript>
{networks}
<script type="application/json" id="content">{content}</script>
<script>{code}
const page = entry.default();</script>
</body>
</html>
"""


@dataclass(frozen=True, kw_only=True)
class Stage:
    """What is seen at a time.

    title, note, source: plain words: above it, one line on it, and where it is in the paper;
    parts: the data of its layouts, as ``component.mount`` is given them, the figure first; states:
    what a hand has done, by the layouts' tokens, as a link has it; networks: that the parts name;
    theme: "light" or "dark", in which its curves were coloured.
    """

    title: str
    note: str
    source: str = ""
    parts: Sequence[Mapping[str, Any]]
    states: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    networks: Sequence[SentNetwork] = ()
    theme: str = "light"

    def payload(self) -> dict[str, Any]:
        """For the page."""
        return {
            "title": self.title,
            "note": self.note,
            "source": self.source,
            "parts": list(self.parts),
            "states": dict(self.states),
            "theme": self.theme,
        }


def page(title: str, stages: Sequence[Stage], *, theme: str | None = None) -> str:
    """The file, as text. title: of the window; theme: "light" or "dark", in which it opens; None
    for that of whoever opens it.

    Raises ValueError without a stage.
    """
    if not stages:
        raise ValueError("expected at least one stage for the page, got none")
    networks = {one.id: one for stage in stages for one in stage.networks}
    content = {
        "stages": [stage.payload() for stage in stages],
        "theme": theme,
        "paper": PAPER,
        "licences": LICENCES,
    }
    return PAGE.format(
        policy=POLICY,
        title=html.escape(title),
        style=_style(),
        networks="\n".join(map(_network, networks.values())),
        content=in_html(json.dumps(content, separators=(",", ":"))),
        code=_code(),
    )


def size(parts: Sequence[Mapping[str, Any]], networks: Sequence[SentNetwork] = ()) -> int:
    """About how many bytes the file of these has."""
    data = sum(len(json.dumps(part, separators=(",", ":"))) for part in parts)
    sent = sum(len(one.content) for one in networks)
    return len(_style()) + len(_code()) + data + sent * 4 // 3  # in base64


def in_html(script: str) -> str:
    """JavaScript, or JSON, that ends no script of HTML: what could end or nest one is in strings
    and regular expressions alone, where a < may be written as an escape.

    >>> print(in_html('"</script>" + "<!--" + (1 < 2)'))
    "\\u003c/script>" + "\\u003c!--" + (1 < 2)
    """
    return END.sub(r"\\u003c", script)


def _network(network: SentNetwork) -> str:
    content = base64.b64encode(network.content).decode()
    return f'<script type="application/octet-stream">{content}</script>'


@cache
def _code() -> str:
    return in_html(script("page.js"))


@cache
def _style() -> str:
    """The stage's style and the page's, with the letters of the app."""
    letters = base64.b64encode((FRONTEND / FONT).read_bytes()).decode()
    font = (
        "@font-face { font-family: 'Source Sans'; font-weight: 400 700; "
        f"src: url(data:font/woff2;base64,{letters}) format('woff2'); }}"
    )
    return "\n".join([font, *((FRONTEND / name).read_text() for name in ("stage.css", "page.css"))])
