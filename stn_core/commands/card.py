"""`card`: render the cards of the published networks and the tables of `pretrained/README.md`, and
describe the networks' layers.

python -m stn_core card
"""

from __future__ import annotations

import argparse

from stn_core import checkpoints, report
from stn_core.card import write_card
from stn_core.experiments import EXPERIMENTS
from stn_core.layer_tracing import write_layers


def add_parser(commands: argparse._SubParsersAction) -> None:
    """The command's options."""
    parser = commands.add_parser(
        "card", help="render the cards and tables of pretrained/, and the layers of its networks"
    )
    parser.set_defaults(command=run)


def run(options: argparse.Namespace) -> None:
    for experiment in EXPERIMENTS.values():
        if checkpoints.is_published(experiment):
            print(write_card(experiment))
            write_layers(experiment)
    tables = checkpoints.PRETRAINED / checkpoints.CARD
    if tables.is_file():
        text = report.refreshed(tables.read_text(encoding="utf-8"))
        checkpoints.write_atomically(tables, text.encode())
        print(tables)
