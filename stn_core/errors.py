"""What somebody who uses the library can get wrong, as far as no other module has an error for it.

The command line turns these into one line. They are ValueErrors, but a ValueError alone is a fault
of the program, and shows where it happened.
"""

from __future__ import annotations


class UnknownName(ValueError):
    """Nothing has this name; the message lists what there is.

    >>> from stn_core import find
    >>> try:
    ...     find("distorted/rts/st-cnn-afine")
    ... except UnknownName as error:
    ...     print(str(error).split(";")[0])
    no experiment is called 'distorted/rts/st-cnn-afine'
    """


class InputError(ValueError):
    """A number, an option or a file that cannot be used; the message says what can.

    >>> from stn_core.objectives import Triplet
    >>> try:
    ...     Triplet(margin=-1)
    ... except InputError as error:
    ...     print(error)
    margin should be a number of at least 0, got -1
    """


def printable(text: object, most: int = 300) -> str:
    """Text from outside, a file's or a visitor's, for a message of one line: what no screen shows,
    as an escape; no longer than so many characters.

    >>> printable("weight\\n\\x1b[31m")
    'weight\\\\n\\\\x1b[31m'
    """
    text = str(text)
    shown = text[: most - 1] + "…" if len(text) > most else text
    return "".join(c if c.isprintable() else ascii(c)[1:-1] for c in shown)
