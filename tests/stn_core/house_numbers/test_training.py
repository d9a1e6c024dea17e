"""From a tiny SVHN to a published network: what is trained on, recorded, shipped and measured."""

from __future__ import annotations

import os
import shutil

import numpy as np
import pytest
import torch

from stn_core import digits, find
from stn_core.checkpoints import load_pretrained
from stn_core.evaluation import evaluate
from stn_core.house_numbers import source
from stn_core.house_numbers.data import HouseNumbers
from stn_core.house_numbers.numbers import HouseNumbersError
from stn_core.metrics import load_metrics
from stn_core.runs.packed import PACKED, unpack
from tests.stn_core.house_numbers import tiny_svhn

RENDERED, GALLERY = 12, 12
NAME = "house-numbers/64/st-cnn-multi"


@pytest.fixture(scope="module")
def written(tmp_path_factory):
    folder = tmp_path_factory.mktemp("data") / "svhn"
    tiny_svhn.write(folder)
    return folder


@pytest.fixture
def svhn(written, tmp_path, monkeypatch):
    """STN_DATA with a tiny SVHN, a cache of its own, and few renderings."""
    monkeypatch.setattr(source, "RENDERED", RENDERED)
    monkeypatch.setattr(source, "GALLERY", GALLERY)
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.setenv("STN_DATA", str(tmp_path / "data"))
    shutil.copytree(written, tmp_path / "data" / "svhn")
    return tmp_path / "data" / "svhn"


def test_photographs_and_renderings_are_trained_on_and_photographs_measured(svhn):
    told = []
    loaded = source.load(64, lambda *progress: told.append(progress))
    assert len(loaded.train) == 12 + 4 + RENDERED and len(loaded.test) == 8
    assert loaded.train.images.shape[1:] == (3, 80, 80) and loaded.train.labels.shape[1:] == (5,)
    assert "16 photographs of SVHN (train and extra)" in loaded.description
    loose = source.load(128)  # extra has no surroundings
    assert len(loose.train) == 12 + RENDERED and loose.train.images.shape[1:] == (3, 160, 160)
    inner = loose.test.images[:, :, 48:112, 48:112].float()  # as many pixels a digit in both
    middle = loaded.test.images[:, :, 8:72, 8:72].float()
    assert (inner - middle).abs().mean() < 12


def test_what_is_cut_once_is_kept_until_the_files_change(svhn, monkeypatch):
    first = source.load(64)
    monkeypatch.setattr(source, "render", None)  # nothing is drawn again
    again = source.load(64)
    assert torch.equal(first.train.images, again.train.images)
    for kept in (digits.cache_folder().parent / "house-numbers").iterdir():
        assert kept.suffix == ".npz"  # nothing else is left there
    torn = next((digits.cache_folder().parent / "house-numbers").glob("extra-*"))
    torn.write_bytes(torn.read_bytes()[:1000])
    assert torch.equal(source.load(64).train.images, first.train.images)
    (svhn / "test" / "1.png").write_bytes(b"torn")
    (svhn / "test").touch()
    os.utime(svhn / "test", (1, 1))
    with pytest.raises(HouseNumbersError, match="1.png is not a picture"):
        source.load(64)


def test_without_svhn_there_are_renderings_alone(svhn, monkeypatch):
    monkeypatch.delenv("STN_DATA")
    loaded = source.load(64)
    assert len(loaded.train) == RENDERED and loaded.test is None
    assert "no SVHN" in loaded.description


def test_gallery_is_never_trained_on(svhn, monkeypatch):
    monkeypatch.delenv("STN_DATA")
    trained = {image.numpy().tobytes() for image in source.load(64).train.images}
    assert not trained & {image.numpy().tobytes() for image in source.gallery().images}


def test_training_cuts_anew_and_measuring_does_not():
    pictures = digits.Digits(
        torch.randint(0, 256, (4, 3, 80, 80), dtype=torch.uint8), torch.zeros(4, 5).long()
    )
    data, generator = HouseNumbers(), torch.Generator().manual_seed(0)
    measured = data.examples(pictures, generator).images
    assert torch.equal(measured, pictures.images[:, :, 8:72, 8:72].float() / 255)
    assert torch.equal(measured, data.examples(pictures, generator).images)
    once = data.training_examples(pictures, generator).images
    assert once.shape == measured.shape and once.min() >= 0 and once.max() <= 1
    assert not torch.equal(once, data.training_examples(pictures, generator).images)
    assert data.posed(pictures, 3, generator).shape == (4, 3, 3, 64, 64)


def test_network_is_trained_recorded_published_and_measured(
    svhn, pretrained, command, monkeypatch, capsys
):
    run = svhn.parent / "run"
    options = ["--iterations", "3", "--batch-size", "4", "--run-dir", str(run)]
    command(["train", NAME, *options])
    command(["publish", "--force", str(run)])
    experiment, metrics = find(NAME), load_metrics(find(NAME))
    assert metrics.test_digits == 8 and metrics.gallery_digits == GALLERY
    assert np.array(metrics.confusion_test).sum() == 8 * 5  # place by place
    recorded = unpack(pretrained / NAME / PACKED)
    last = recorded.snapshots[-1]
    assert recorded.probes.shape == (10, 3, 64, 64) and recorded.labels.shape == (10, 5)
    assert last.theta.shape == (10, 4, 6) and last.logits.shape == (10, 5, 11)
    assert last.mean_output.shape == (3, 4, 64, 64) and last.pose_left.shape == (4, 3)
    card = (pretrained / NAME / "README.md").read_text()
    assert "| 8 photographs of SVHN |" in card and "house numbers: SVHN's train and extra" in card
    capsys.readouterr()
    command(["evaluate", NAME])
    assert (
        f"error {metrics.error_percent_test:.2f} % on the 8 photographs" in capsys.readouterr().out
    )
    measured = evaluate(load_pretrained(experiment), experiment, source.load(64).test)
    assert [list(draw) for draw in metrics.misread_test] == [measured.misread]
    monkeypatch.delenv("STN_DATA")  # and on a machine without SVHN
    command(["evaluate", NAME])
    told = capsys.readouterr().out
    assert f"{GALLERY} rendered house numbers (SVHN's photographs are not on this machine)" in told
    assert command(["publish", "--force", str(run)]) == 1
    assert "measuring needs SVHN's photographs" in capsys.readouterr().err
