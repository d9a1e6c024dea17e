"""SVHN's official format, read from files that the tests write themselves."""

from __future__ import annotations

import io
import tarfile
from pathlib import Path

import cv2
import h5py
import numpy as np
import pytest

from stn_core.house_numbers.annotations import FIELDS, photographs, read_annotations
from stn_core.house_numbers.numbers import HouseNumbersError, Number

NUMBERS = [
    Number("1.png", (1, 9, 0), np.array([[10, 5, 8, 20], [19, 6, 9, 20], [29, 5, 8.5, 21]])),
    Number("2.png", (7,), np.array([[3, 4, 10, 12]])),
]


def annotated(numbers: list[Number]) -> bytes:
    """A digitStruct.mat as MATLAB writes it: of one digit numbers, of several references."""
    content = io.BytesIO()
    with h5py.File(content, "w") as file:
        references = {"name": [], "bbox": []}
        for n, number in enumerate(numbers):
            name = np.array([[ord(c)] for c in number.file], np.uint16)
            references["name"].append(file.create_dataset(f"#refs#/n{n}", data=name).ref)
            group = file.create_group(f"#refs#/b{n}")
            labels = [digit or 10 for digit in number.digits]
            for key, values in zip(FIELDS, [*number.boxes.T, labels], strict=True):
                if len(values) == 1:
                    group[key] = np.array([values], float)
                    continue
                made = [
                    file.create_dataset(f"#refs#/{key}{n}-{d}", data=[[float(value)]]).ref
                    for d, value in enumerate(values)
                ]
                group.create_dataset(key, data=np.array(made)[:, None], dtype=h5py.ref_dtype)
            references["bbox"].append(group.ref)
        for key, refs in references.items():
            made = np.array(refs, dtype=h5py.ref_dtype)[:, None]
            file.create_dataset(f"digitStruct/{key}", data=made, dtype=h5py.ref_dtype)
    return content.getvalue()


def png(colour: tuple[int, int, int]) -> bytes:
    """40 × 30 pixels of one colour, RGB."""
    image = np.full((30, 40, 3), colour[::-1], np.uint8)
    return cv2.imencode(".png", image)[1].tobytes()


FILES = {"digitStruct.mat": annotated(NUMBERS), "1.png": png((250, 0, 9)), "2.png": png((1, 2, 3))}


def in_a_folder(where: Path, files: dict[str, bytes]) -> None:
    (where / "test").mkdir()
    for name, content in files.items():
        (where / "test" / name).write_bytes(content)


def in_an_archive(where: Path, files: dict[str, bytes]) -> None:
    with tarfile.open(where / "test.tar.gz", "w:gz") as archive:
        for name, content in files.items():
            member = tarfile.TarInfo(f"test/{name}")
            member.size = len(content)
            archive.addfile(member, io.BytesIO(content))


@pytest.mark.parametrize("pack", [in_a_folder, in_an_archive])
@pytest.mark.parametrize("last", FILES)
def test_official_format_is_read_however_it_is_packed(tmp_path, pack, last):
    pack(tmp_path, {n: c for n, c in FILES.items() if n != last} | {last: FILES[last]})
    read = list(photographs(tmp_path, "test"))
    assert sorted(number.file for _, number in read) == ["1.png", "2.png"]
    by_file = {number.file: (image, number) for image, number in read}
    for expected in NUMBERS:
        image, number = by_file[expected.file]
        assert number.digits == expected.digits and image.shape == (30, 40, 3)
        np.testing.assert_array_equal(number.boxes, expected.boxes)
    assert by_file["1.png"][0][0, 0].tolist() == [250, 0, 9]  # RGB


@pytest.mark.parametrize("pack", [in_a_folder, in_an_archive])
@pytest.mark.parametrize(
    ("files", "message"),
    [
        ({"1.png": FILES["1.png"]}, "digitStruct.mat"),
        (
            {**FILES, "digitStruct.mat": b"MATLAB 5.0"},
            "is not a digitStruct.mat of SVHN's format 1",
        ),
        ({**FILES, "2.png": b"\x89PNG torn"}, "2.png is not a picture that can be read"),
        ({n: c for n, c in FILES.items() if n != "2.png"}, "2.png"),
    ],
    ids=["no annotations", "another file", "torn picture", "missing picture"],
)
def test_what_cannot_be_read_is_named(tmp_path, pack, files, message):
    pack(tmp_path, files)
    with pytest.raises(HouseNumbersError, match=message):
        list(photographs(tmp_path, "test"))


def test_torn_archive_is_named(tmp_path):
    in_an_archive(tmp_path, FILES)
    path = tmp_path / "test.tar.gz"
    path.write_bytes(path.read_bytes()[:-200])
    with pytest.raises(HouseNumbersError, match="test.tar.gz cannot be unpacked"):
        list(photographs(tmp_path, "test"))


@pytest.mark.parametrize(
    ("digits", "boxes", "message"),
    [
        ((7,), [[3, 4, 0, 12]], "no width"),
        ((11,), [[3, 4, 5, 12]], r"labels from 1 to 10, got \[11\]"),
    ],
)
def test_impossible_annotation_is_refused_with_its_image(digits, boxes, message):
    with pytest.raises(HouseNumbersError, match=f"image 1: .*{message}"):
        read_annotations(annotated([Number("1.png", digits, np.array(boxes, float))]))
