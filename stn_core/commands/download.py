"""`download`: SVHN's photographs of house numbers, from their public address.

python -m stn_core download svhn --parts train test
"""

from __future__ import annotations

import argparse
import os
from pathlib import Path

from stn_core.commands.surroundings import bars
from stn_core.errors import InputError
from stn_core.house_numbers.download import PARTS, download, is_other, size


def add_parser(commands: argparse._SubParsersAction) -> None:
    """The command's options."""
    parser = commands.add_parser("download", help="download SVHN, after you have said yes")
    parser.add_argument("data", choices=["svhn"])
    parser.add_argument("--parts", nargs="+", choices=list(PARTS), default=["train", "test"])
    parser.add_argument("--to", type=Path, help="the folder (default: STN_DATA), svhn/ in it")
    parser.add_argument("--yes", action="store_true", help="do not ask")
    parser.set_defaults(command=run)


def run(options: argparse.Namespace) -> None:
    given = options.to or os.environ.get("STN_DATA")
    if not given:
        raise InputError("name a folder: --to FOLDER, or set STN_DATA, which training reads")
    folder = Path(given) / "svhn"
    for part in options.parts:
        print(f"{part}.tar.gz: {size(part) / 1e6:,.0f} MB")
    print(f"For non-commercial use. They go into {folder}.")
    others = " and ".join(f"{part}.tar.gz" for part in options.parts if is_other(part, folder))
    if others:
        print(f"What is there now as {others} is not SVHN's, and will be replaced.")
    if not options.yes and not _agreed(
        f"Download, and replace {others}?" if others else "Download?"
    ):
        print("nothing was downloaded")
        return
    with bars(unit="B", unit_scale=True) as progress:
        for part in options.parts:
            download(part, folder, progress)
    print(f"STN_DATA={given} has them now")


def _agreed(question: str) -> bool:
    try:
        answer = input(f"{question} [y/N] ")
    except EOFError:  # a job, or a closed pipe
        print("\nnobody can answer here; --yes downloads without asking")
        return False
    return answer.strip().lower() in ("y", "yes")
