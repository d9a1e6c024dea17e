"""What the pages give away: weights that they take back, and what the networks say."""

from __future__ import annotations

import csv
import io
from dataclasses import replace

import numpy as np
import pytest
import torch
from streamlit.testing.v1 import AppTest

from app.data import networks
from app.panels import downloads
from app.panels.verdicts import Verdict
from stn_core import checkpoints, foreign_checkpoints
from tests.app.visiting import MAIN, go_to

NAME = "distorted/rts/st-cnn-aff"


def test_published_weights_are_given_as_they_are():
    loaded = networks.pretrained(NAME)
    path = checkpoints.published_folder(loaded.experiment) / checkpoints.WEIGHTS
    assert downloads.weights(loaded) == path.read_bytes()


def test_weights_of_one_s_own_network_open_again(tmp_path):
    loaded = replace(networks.pretrained(NAME), key="own-1")
    (tmp_path / "weights.safetensors").write_bytes(downloads.weights(loaded))
    state = foreign_checkpoints.load_own(
        loaded.experiment, tmp_path / "weights.safetensors"
    ).state_dict()
    for name, tensor in loaded.network.state_dict().items():
        torch.testing.assert_close(state[name], tensor)


def test_predictions_are_what_the_page_shows():
    loaded = networks.pretrained(NAME)
    odds = np.array([0.1, 0.7, 0.2])
    row = Verdict(loaded=loaded, probabilities=odds, by_hand=True, note="", brightest=1.0)
    found = downloads.predictions([row], truth=2)
    assert found[0]["says"] == 1 and found[0]["true"] == 2 and found[0]["p(1)"] == 0.7
    (read,) = csv.DictReader(io.StringIO(downloads.as_csv(found).removeprefix("\ufeff")))
    assert read["network"] == loaded.title and float(read["p(2)"]) == pytest.approx(0.2)


def test_csv_opens_in_a_spreadsheet_as_it_is():
    rows = [{"θ": 1.25e-9, "n": 3, "name": 'a, "b"'}, {"θ": -float(np.float32(0.1)), "n": None}]
    text = downloads.as_csv([{"name": "", **row} for row in rows])
    assert text.encode().startswith(b"\xef\xbb\xbf")
    first, second = csv.DictReader(io.StringIO(text.removeprefix("\ufeff")))
    assert first == {"name": 'a, "b"', "θ": "0.00000000125", "n": "3"}
    assert second["θ"] == "-0.1"


@pytest.mark.parametrize("page", ["distorted", "addition", "volumes"])
def test_pages_have_them(page):
    app = go_to(AppTest.from_file(MAIN, default_timeout=120), page).run()
    assert not app.exception
    labels = [button.proto.label for button in app.get("download_button")]
    assert "Predictions as CSV" in labels
    assert any(label.startswith("Weights of ST-CNN Aff") or "2×ST-FCN" in label for label in labels)
