"""CUB-200-2011 in both layouts: the same photographs, parts and splits; errors that say where."""

from __future__ import annotations

import shutil

import pytest
import torch

from stn_core import digits
from stn_core.birds import source
from stn_core.birds.data import Birds
from stn_core.birds.photographs import BirdsError
from tests.stn_core.birds.tiny_cub import BEAK, BELLY


def test_both_layouts_give_the_same_photographs(cub, written, monkeypatch):
    told = []
    official = source.load(lambda *progress: told.append(progress))
    assert ("test", 9, 9) in told
    monkeypatch.setenv("STN_DATA", str(written / "small"))
    small = source.load()
    for one, other in zip(
        (official.gallery, official.train, official.test),
        (small.gallery, small.train, small.test),
        strict=True,
    ):
        assert all(
            torch.equal(a, b) for a, b in zip(vars(one).values(), vars(other).values(), strict=True)
        )
    assert [len(s) for s in (small.gallery, small.train, small.test)] == [3, 12, 9]
    birds = official.test
    assert birds.labels.tolist() == [0, 1, 2] * 3 and birds.images.dtype == torch.uint8
    assert birds.visible.sum(1).tolist() == [2] * 9
    assert torch.allclose(birds.points[:, BEAK], torch.tensor(-0.5))
    assert birds.points[:, BELLY].abs().max() < 1e-6
    row = birds.images[0, 1, 64].float()  # the gradient, squeezed to 128 pixels
    assert (row - torch.linspace(0, 255, 128)).abs().max() < 5


def test_what_is_decoded_once_is_kept_and_mapped_until_the_files_change(
    written, cub, tmp_path, monkeypatch
):
    mine = tmp_path / "data" / "cub"
    shutil.copytree(cub, mine)
    monkeypatch.setenv("STN_DATA", str(mine.parent))
    first = source.load()
    with monkeypatch.context() as patch:
        patch.setattr(source, "decoded", None)  # nothing is decoded again
        assert torch.equal(source.load().train.images, first.train.images)
    kept = sorted(p.name for p in (digits.cache_folder().parent / "birds").iterdir())
    assert len(kept) == 6 and {name.split("-")[0] for name in kept} == {"gallery", "train", "test"}
    split = mine / "train_test_split.txt"
    split.write_text(split.read_text().replace("5 1\n", "5 0\n"))
    assert len(source.load().test) == len(first.test) + 2  # 5 and 15
    folder = digits.cache_folder().parent / "birds"
    now = sorted(p.name for p in folder.iterdir())
    assert len(now) == 6 and not {*now} & {*kept}  # the former photographs' are gone
    for path in folder.glob("*.npz"):
        path.write_bytes(path.read_bytes()[:100])
    assert len(source.load().test) == len(first.test) + 2  # torn, and made again


@pytest.mark.parametrize(
    ("file", "line", "message"),
    [
        ("images.txt", "x y", "images.txt, line 25: expected int, text, got 'x y'"),
        ("images.txt", "99 no.jpg", "image_class_labels.txt has no line for the image 99, no.jpg"),
        ("image_class_labels.txt", "1 2", "labels.txt, line 25: the image 1 is there twice"),
        ("parts/part_locs.txt", "1 16 0 0 1", "line 361: expected a part from 1 to 15"),
        ("parts/parts.txt", "16 wheel", "parts.txt, line 16: '16 wheel' is not one of CUB's parts"),
    ],
)
def test_error_names_file_and_line(cub, tmp_path, monkeypatch, file, line, message):
    mine = tmp_path / "data" / "cub"
    shutil.copytree(cub, mine, copy_function=shutil.copyfile)
    monkeypatch.setenv("STN_DATA", str(mine.parent))
    with (mine / file).open("a") as opened:
        opened.write(line + "\n")
    with pytest.raises(BirdsError) as caught:
        source.load()
    assert message in str(caught.value)


def test_without_cub_the_error_says_where_it_belongs(monkeypatch, tmp_path):
    monkeypatch.setenv("STN_DATA", str(tmp_path))
    with pytest.raises(BirdsError, match="cub is not a folder; it should hold CUB-200-2011"):
        Birds().load()
    (tmp_path / "cub").mkdir()
    with pytest.raises(BirdsError, match="has neither images.txt nor train.csv in it; it should"):
        Birds().load()


def test_training_crops_are_cut_and_mirrored_and_measuring_draws_nothing(generator):
    row = torch.arange(128, dtype=torch.uint8)
    birds = digits.Digits(row.expand(40, 3, 128, 128), torch.zeros(40).long())
    data = Birds(side=64)
    measured = data.examples(birds, generator).images
    assert torch.equal(measured, data.examples(birds, generator).images)
    torch.testing.assert_close(measured[0, 0, 0] * 255, 2 * torch.arange(64.0) + 0.5)
    cut = data.training_examples(birds, generator).images * 255
    slopes = (cut[:, 0, 32, 40] - cut[:, 0, 32, 20]) / 20
    assert 5 < (slopes < 0).sum() < 35  # mirrored
    assert ((slopes.abs() >= 1.49) & (slopes.abs() <= 2.01)).all()  # 3/4 of the side or more
