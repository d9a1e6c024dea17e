"""`departures`: what is not as the paper prints it, or not printed, and why.

python -m stn_core departures
"""

from __future__ import annotations

import argparse
import re
import textwrap

from stn_core.departures import CODE, EMPHASIS, KINDS, by_section

WIDTH = 100


def add_parser(commands: argparse._SubParsersAction) -> None:
    """The command's options."""
    parser = commands.add_parser("departures", help="print what is not as in the paper, and why")
    parser.set_defaults(command=run)


def run(options: argparse.Namespace) -> None:
    for section, marks in by_section().items():
        print(section)
        for module, mark in marks:
            print(f"  {KINDS[mark.kind]} ({mark.where}; {module})")
            for word, text in (("paper", mark.paper), ("here", mark.ours), ("why", mark.why)):
                print(
                    textwrap.fill(
                        _plain(text),
                        WIDTH,
                        initial_indent=f"    {word + ':':7}",
                        subsequent_indent=" " * 11,
                    )
                )
        print()


def _plain(words: str) -> str:
    """Without Markdown's marks, which a terminal does not render."""
    return re.sub(EMPHASIS, r"\1", re.sub(CODE, r"\1", words))
