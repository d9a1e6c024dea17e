"""`card`: render the cards of the published networks, and describe their layers.

python -m stn_core card
"""

from __future__ import annotations

import argparse

from stn_core import checkpoints
from stn_core.card import write_card
from stn_core.experiments import EXPERIMENTS
from stn_core.layer_tracing import write_layers


def add_parser(commands: argparse._SubParsersAction) -> None:
    """The command's options."""
    parser = commands.add_parser(
        "card", help="render the cards of the published networks, and describe their layers"
    )
    parser.set_defaults(command=run)


def run(options: argparse.Namespace) -> None:
    for experiment in EXPERIMENTS.values():
        if checkpoints.is_published(experiment):
            print(write_card(experiment))
            write_layers(experiment)
