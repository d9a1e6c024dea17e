"""A little SVHN in the official layout: renderings with their annotations, in folders."""

from __future__ import annotations

from pathlib import Path

import cv2

from stn_core.house_numbers.numbers import Number
from stn_core.house_numbers.rendering import render
from tests.stn_core.house_numbers.test_annotations import annotated

COUNTS = {"train": 12, "test": 8, "extra": 4}


def write(folder: Path) -> None:
    """All three parts."""
    for start, (part, count) in enumerate(COUNTS.items()):
        (folder / part).mkdir(parents=True)
        numbers = []
        for n in range(count):
            image, number = render(100_000 * (start + 1) + n)
            numbers.append(Number(f"{n + 1}.png", number.digits, number.boxes))
            cv2.imwrite(str(folder / part / numbers[-1].file), image[..., ::-1])
        (folder / part / "digitStruct.mat").write_bytes(annotated(numbers))
