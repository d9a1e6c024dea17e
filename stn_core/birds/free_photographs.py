"""Twelve photographs of birds under free licences, for machines without CUB-200-2011.

They are in the folder ``free``, whose CREDITS.md says whose they are. The birds were cut out by
those who gave them to Tux Paint; what is behind them here is a plain gradient. No network is
trained on them.
"""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple

import torch
from torch import Tensor

from stn_core.birds.photographs import SIDE, BirdsError
from stn_core.birds.species import SPECIES

FOLDER = Path(__file__).parent / "free"
GPL, BY_SA = "GPL 2 or later", "CC BY-SA 2.5"


class FreePhotograph(NamedTuple):
    """One of them: the species' name, whose it is, and its licence.

    >>> PHOTOGRAPHS[0].file, PHOTOGRAPHS[0].label, PHOTOGRAPHS[3].label
    ('horned-lark.jpg', 84, None)
    """

    name: str
    author: str
    licence: str

    @property
    def file(self) -> str:
        return f"{self.name.lower().replace(' ', '-')}.jpg"

    @property
    def label(self) -> int | None:
        """The species among CUB's, 0 to 199; None if it is not one of them."""
        return SPECIES.index(self.name) if self.name in SPECIES else None


PHOTOGRAPHS = (
    FreePhotograph("Horned Lark", "Stas Zytkiewicz (Childsplay)", GPL),
    FreePhotograph("Mallard", "Stas Zytkiewicz (Childsplay)", GPL),
    FreePhotograph("White Pelican", "Erinn Lynch", BY_SA),
    FreePhotograph("Great Blue Heron", "Erinn Lynch", BY_SA),
    FreePhotograph("Common Blackbird", "Stas Zytkiewicz (Childsplay)", GPL),
    FreePhotograph("Common Cuckoo", "Stas Zytkiewicz (Childsplay)", GPL),
    FreePhotograph("Rainbow Lorikeet", "Chris Goerner", GPL),
    FreePhotograph("Adelaide Rosella", "Chris Goerner", GPL),
    FreePhotograph("Silver Gull", "Chris Goerner", GPL),
    FreePhotograph("Australian Magpie", "Chris Goerner", GPL),
    FreePhotograph("Grey Crowned Crane", "Bill Kendrick", GPL),
    FreePhotograph("Rock Pigeon", "Stas Zytkiewicz (Childsplay)", GPL),
)


def read(photograph: FreePhotograph) -> Tensor:
    """Its picture, uint8 (3, 128, 128). Raises BirdsError if it is not there.

    >>> read(PHOTOGRAPHS[0]).shape
    torch.Size([3, 128, 128])
    """
    from stn_core.birds.source import decoded

    path = FOLDER / photograph.file
    try:
        image, _ = decoded(path.read_bytes(), str(path))
    except OSError as error:
        raise BirdsError(f"{path} is missing; reinstall the library") from error
    return torch.from_numpy(image)


def images() -> Tensor:
    """All of them in their order, uint8 (12, 3, 128, 128).

    >>> images().shape
    torch.Size([12, 3, 128, 128])
    """
    found = torch.stack([read(photograph) for photograph in PHOTOGRAPHS])
    assert found.shape[2:] == (SIDE, SIDE)
    return found
