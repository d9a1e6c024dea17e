"""Which photographs are used, what is kept of them, and what is said of damaged files."""

from __future__ import annotations

import gzip
import os
import shutil
import sys
import zlib
from pathlib import Path

import numpy as np
import pytest

from stn_core import digits
from stn_core.house_numbers import source
from stn_core.house_numbers.data import HouseNumbers
from stn_core.house_numbers.numbers import MEASURED, HouseNumbersError, Number
from tests.stn_core.house_numbers.test_annotations import (
    annotated,
    in_a_folder,
    in_an_archive,
    png,
)

RENDERED = 2


@pytest.fixture
def svhn(tmp_path, monkeypatch) -> Path:
    """STN_DATA with an empty svhn/, a cache of its own, and few renderings."""
    monkeypatch.setattr(source, "RENDERED", RENDERED)
    monkeypatch.setattr(source, "GALLERY", RENDERED)
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.setenv("STN_DATA", str(tmp_path / "data"))
    (tmp_path / "data" / "svhn").mkdir(parents=True)
    return tmp_path / "data" / "svhn"


def write(svhn: Path, part: str, *numbers: tuple[str, tuple[int, ...]]) -> None:
    """A part of pictures that differ, each with a name and the digits that are written there."""
    shutil.rmtree(svhn / part, ignore_errors=True)
    (svhn / part).mkdir()
    made = [
        Number(name, digits, np.array([[3 + 4 * d, 4, 4, 12] for d in range(len(digits))]))
        for name, digits in numbers
    ]
    for n, number in enumerate(made):
        (svhn / part / number.file).write_bytes(png((n, 100, 200)))
    (svhn / part / "digitStruct.mat").write_bytes(annotated(made))


def cached(pattern: str) -> list[Path]:
    return sorted((digits.cache_folder().parent / "house-numbers").glob(pattern))


def test_number_of_six_digits_is_left_out_and_said(svhn):
    write(svhn, "train", ("1.png", (1, 2)), ("2.png", (1, 3, 5, 4, 5, 8)), ("3.png", (7,)))
    write(svhn, "test", ("1.png", (4,)))
    for _ in range(2):  # cut, and kept
        loaded = source.load(64)
        assert loaded.train.labels[:2].tolist() == [[1, 2, 10, 10, 10], [7, 10, 10, 10, 10]]
        assert len(loaded.train) == 2 + RENDERED
        assert loaded.description.startswith("2 photographs of SVHN (train) and 2 renderings")
        assert "; 1 of more than 5 digits left out" in loaded.description
    write(svhn, "train", ("1.png", (1, 2)))
    os.utime(svhn / "train", (1, 1))
    assert "left out" not in source.load(64).description


@pytest.mark.parametrize("numbers", [(), [("1.png", (1, 3, 5, 4, 5, 8))]])
def test_part_without_a_number_to_use_is_an_error(svhn, numbers):
    write(svhn, "train", *numbers)
    write(svhn, "test", ("1.png", (4,)))
    with pytest.raises(HouseNumbersError, match="SVHN's train has no photograph to use"):
        source.load(64)


def test_only_the_first_thousand_of_test_are_measured_on(svhn):
    """The next are in our extra: networks have learnt from them."""
    names = ("2.png", f"{MEASURED + 1}.png", f"{MEASURED}.png", "5033.png")
    write(svhn, "test", *((name, (n,)) for n, name in enumerate(names)))
    write(svhn, "train", *((name, (n,)) for n, name in enumerate(names)))
    loaded = source.load(64)
    assert MEASURED == 1000 and loaded.test.labels[:, 0].tolist() == [0, 2]
    assert loaded.train.labels[:4, 0].tolist() == [0, 1, 2, 3]  # which is the cut of test alone
    assert "measured on 2 photographs of SVHN (of test, up to 1000.png)" in loaded.description
    assert len(source.photographs_to_test_on(64)) == 2


@pytest.mark.parametrize("part", ["train", "extra"])
def test_parts_without_test_are_an_error_that_says_what_to_do(svhn, part):
    write(svhn, part, ("1.png", (4,)))
    assert source.parts() == (part,) and source.folder() is None
    expected = f"holds SVHN's {part}, but neither .* --parts test"
    with pytest.raises(HouseNumbersError, match=expected):
        source.load(64)
    assert source.photographs_to_test_on(64) is None


def test_test_alone_is_measured_on_after_training_on_renderings(svhn):
    write(svhn, "test", ("1.png", (4,)))
    loaded = source.load(64)
    assert len(loaded.train) == RENDERED and len(loaded.test) == 1
    assert loaded.description.startswith("2 renderings; measured on 1 photographs of SVHN")


def test_empty_folder_is_no_svhn(svhn):
    assert source.parts() == () and source.problem() == ""
    assert source.load(64).test is None


NUMBERS = [Number(f"{n}.png", (n,), np.array([[3, 4, 10, 12]])) for n in (1, 2)]
ANNOTATIONS = annotated(NUMBERS)


def test_damaged_archive_is_named(svhn):
    """Whole up to the middle of a picture, and then what no deflate stream has."""
    picture = np.random.default_rng(0).bytes(500_000)
    in_an_archive(svhn, {"digitStruct.mat": ANNOTATIONS, "1.png": picture, "2.png": b""})
    path = svhn / "test.tar.gz"
    packed = gzip.decompress(path.read_bytes())
    packer = zlib.compressobj(wbits=31)
    whole = packer.compress(packed[: packed.index(picture) + len(picture) // 2])
    path.write_bytes(whole + packer.flush(zlib.Z_FULL_FLUSH) + bytes([255] * 100))
    with pytest.raises(HouseNumbersError, match=r"svhn: test is damaged \(Error -3"):
        source.load(64)


@pytest.mark.parametrize("pack", [in_a_folder, in_an_archive])
def test_empty_picture_is_named(svhn, pack):
    pack(svhn, {"digitStruct.mat": ANNOTATIONS, "1.png": png((1, 2, 3)), "2.png": b""})
    with pytest.raises(HouseNumbersError, match=r"of test, the one after 1.png, cannot be decoded"):
        source.load(64)


def test_package_that_is_not_installed_is_named(svhn, monkeypatch):
    in_a_folder(svhn, {"digitStruct.mat": ANNOTATIONS})
    monkeypatch.setitem(sys.modules, "h5py", None)
    for read in (source.photographs_to_test_on, HouseNumbers().load):
        with pytest.raises(HouseNumbersError, match="not installed: .*h5py.* pip install h5py"):
            read()


def test_what_other_files_or_code_made_is_not_kept(svhn, monkeypatch):
    write(svhn, "train", ("1.png", (1,)))
    write(svhn, "test", ("1.png", (4,)))
    source.load(64)
    source.load(128)
    assert len(cached("*.npz")) == 2 * 4  # gallery, renderings, train and test
    train, rendered = cached("train-64-*"), cached("rendered-64-*")
    others = set(cached("*.npz")) - {*train, *rendered}
    with np.load(train[0]) as read_by_another:  # a training that starts now
        os.utime(svhn / "train", (1, 1))
        source.load(64)
        assert read_by_another["labels"].tolist() == [[1, 10, 10, 10, 10]]
    assert len(cached("train-64-*")) == 1 and cached("train-64-*") != train
    assert cached("rendered-64-*") == rendered
    monkeypatch.setattr(source, "_code", lambda: "another0")
    source._kept("rendered-64", lambda: source._rendered(0, 2), 64, 2, None)
    assert [path.name for path in cached("rendered-64-*")] == ["rendered-64-another0.npz"]
    assert others <= set(cached("*.npz"))  # of another side, or another part
