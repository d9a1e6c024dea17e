"""The encoder's networks, and a few images of a set."""

from __future__ import annotations

from dataclasses import replace

import pytest

from stn_core.box_search.encoder import load_encoder_networks
from stn_core.experiments.colocalisation import image_set
from tests.stn_core.box_search.short import CELL


@pytest.fixture(scope="session")
def networks():
    return load_encoder_networks()


@pytest.fixture
def few(source):
    digits = source.gallery
    whole = image_set(CELL, digits, 0, digits)
    return replace(whole, images=whole.images[:12], boxes=whole.boxes[:12])
