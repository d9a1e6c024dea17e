"""Text from outside the app, to be shown as it is: of links, files, folders and their errors."""

from __future__ import annotations

import re

# What marks Markdown, HTML and LaTeX; an underscore between letters does not.
MARKS = re.compile(r"[\\`*{}\[\]<>#$!|~&]|(?<![^\W_])_|_(?![^\W_])")
JOINER = "\N{WORD JOINER}"  # of no width: what it is put into is no address and no directive
# A colon, but not that of a time of day.
JOINED = re.compile(r"((?<!\d):(?=\S)|:(?=[^\s\d])|@|www(?=\.))", re.IGNORECASE)


def plain(text: object) -> str:
    """The text in one line, for Markdown, for HTML and for a chart's title: nothing in it is a
    link, a picture, a formula, a colour, an icon or a tag. Every text from outside goes through it,
    but where a widget shows text alone (the options of a selectbox)."""
    shown = MARKS.sub(lambda mark: f"&#{ord(mark[0])};", " ".join(str(text).split()))
    return JOINED.sub(rf"\1{JOINER}", shown)


def in_quotes(shown: str) -> str:
    """What ``plain`` gives, for an HTML attribute: no quotation mark or apostrophe ends it."""
    return shown.replace('"', "&#34;").replace("'", "&#39;")
