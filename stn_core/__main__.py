"""The command line: train, colocalise, ablate, sweep, evaluate, publish, results, bench, ..."""

from __future__ import annotations

import argparse
import os
import sys

# Before torch is imported: threads that wait leave their core to others instead of spinning.
os.environ.setdefault("OMP_WAIT_POLICY", "passive")

from stn_core import __version__  # noqa: E402
from stn_core.commands import (  # noqa: E402
    ablate,
    bench,
    card,
    colocalise,
    convert,
    departures,
    download,
    evaluate,
    history,
    inspect,
    invariance,
    note,
    publish,
    record,
    results,
    sweep,
    train,
)
from stn_core.commands import list as listing  # noqa: E402
from stn_core.commands.expected import EXPECTED_ERRORS  # noqa: E402

COMMANDS = (  # in the order of the help
    train,
    download,
    evaluate,
    inspect,
    colocalise,
    ablate,
    publish,
    convert,
    record,
    note,
    history,
    sweep,
    results,
    departures,
    invariance,
    bench,
    card,
    listing,
)


def main(arguments: list[str] | None = None) -> int:
    """Run one command; an expected error is one line on stderr and exit status 1.

    >>> main(["evaluate", "distorted/r/nothing"])
    1
    """
    options = parser().parse_args(arguments)
    try:
        options.command(options)
    except EXPECTED_ERRORS as error:
        print(f"stn_core: {error}", file=sys.stderr)
        return 1
    return 0


def parser() -> argparse.ArgumentParser:
    """Every command and its options.

    >>> parser().parse_args(["train", "distorted/rts/st-cnn-aff", "--seed", "1"]).seed
    1
    """
    top = argparse.ArgumentParser(prog="python -m stn_core", description=__doc__)
    top.add_argument("--version", action="version", version=f"stn_core {__version__}")
    commands = top.add_subparsers(required=True, metavar="COMMAND")
    for command in COMMANDS:
        command.add_parser(commands)
    return top


if __name__ == "__main__":
    sys.exit(main())
