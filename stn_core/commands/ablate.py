"""`ablate`: what departures of co-localisation from the text are worth, one at a time.

python -m stn_core ablate colocalisation/tc/8 --seed 1
"""

from __future__ import annotations

import argparse
import dataclasses

import torch

from stn_core.box_search.encoder import load_encoder_networks
from stn_core.box_search.search import MEASURE, colocalise
from stn_core.commands.options import add_threads, natural
from stn_core.commands.surroundings import load_digits
from stn_core.experiments import find_colocalisation
from stn_core.experiments.colocalisation import ABLATIONS, image_set
from stn_core.training.devices import device_name


def add_parser(commands: argparse._SubParsersAction) -> None:
    """The command's options."""
    parser = commands.add_parser(
        "ablate", help="measure what co-localisation is without some departures from the paper"
    )
    parser.add_argument("name", nargs="+", help="e.g. colocalisation/tc/8")
    parser.add_argument("--seed", type=natural, default=0, help="of the optimisation")
    parser.add_argument("--set-seed", type=natural, default=0, help="of the images")
    parser.add_argument("--iterations", type=int, help="instead of the recipe's")
    add_threads(parser)
    parser.set_defaults(command=run)


def run(options: argparse.Namespace) -> None:
    cells = [find_colocalisation(name) for name in options.name]
    networks = load_encoder_networks()
    source = load_digits()
    of, which, others = source.test, "test", source.train
    if of is None:
        of, which, others = source.gallery, "gallery", source.gallery
    device = device_name(torch.device("cpu"), options.threads)
    for cell in cells:
        images = image_set(cell, of, options.set_seed, others)
        print(
            f"{cell.name}, set {options.set_seed} of {which} digits, seed {options.seed}, "
            f"{device}:\npercent localised, mean overlap, loss and seconds of the search"
        )
        for words, changed in ABLATIONS.items():
            search = dataclasses.replace(cell.recipe, **changed)
            if changed and search == cell.recipe:  # T has one start anyway
                continue
            if options.iterations is not None:
                search = dataclasses.replace(search, iterations=options.iterations)
            result = colocalise(images, networks, search, options.seed, options.threads)
            share, mean = result.measures[MEASURE], result.measures["mean_overlap"]
            line = f"{share:4.0f}  {mean:.2f}  {result.loss:7.2f}  {result.seconds:4.0f}  {words}"
            print(line, flush=True)
