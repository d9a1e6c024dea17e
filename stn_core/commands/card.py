"""`card`: render the cards of the published networks."""

from __future__ import annotations

import argparse

from stn_core import checkpoints
from stn_core.card import write_card
from stn_core.experiments import EXPERIMENTS


def add_parser(commands: argparse._SubParsersAction) -> None:
    """The command's options."""
    parser = commands.add_parser("card", help="render the cards of the published networks")
    parser.set_defaults(command=run)


def run(options: argparse.Namespace) -> None:
    for experiment in EXPERIMENTS.values():
        if checkpoints.is_published(experiment):
            print(write_card(experiment))
