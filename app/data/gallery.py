"""The gallery's digits, and digits of the visitor's own in their place."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import streamlit as st

from app.data.faults import without_folders

if TYPE_CHECKING:
    from stn_core.digits import Digits


@st.cache_resource(show_spinner="Reading the digits …")
def gallery() -> Digits:
    """The 1,000 gallery digits, class by class."""
    from stn_core import digits

    return digits.gallery()


def digits_problem() -> str:
    """What is wrong with MNIST's files on this machine, in a sentence; empty if nothing is."""
    from stn_core import digits

    given = os.environ.get("STN_DATA", "")
    try:
        folder = digits.local_folder()
        stamps = folder and tuple((folder / name).stat().st_mtime_ns for name in digits.SHA256)
    except (digits.DigitsError, OSError) as error:
        return f"{error}."
    problem = _problem(str(folder), stamps) if folder else ""
    return f"STN_DATA={given}: {problem}" if problem and given else problem


@st.cache_data(max_entries=8, show_spinner=False)
def _problem(folder: str, stamps: tuple[int, ...]) -> str:
    """Looked for once for each time that the files were written."""
    from stn_core import digits

    try:
        digits.check(Path(folder))
    except digits.DigitsError as error:
        return f"{without_folders(error)}."
    return ""


def digits_notice() -> str:
    """Which digits a training on this machine would use, in a sentence."""
    from stn_core import digits

    if digits_problem():
        return "Training is not possible here: *Train* says what is wrong with MNIST's files."
    if digits.local_folder() is not None:
        return "Training here uses all of MNIST: 59,000 training digits, none of them shown here."
    few = "the 4,000 of MNIST's training digits that are installed with the app"
    if os.environ.get("STN_OFFLINE"):
        return f"MNIST is not on this machine, so training here uses {few}."
    return (
        f"MNIST is not on this machine. Training downloads it first (11 MB), or uses {few} if "
        "there is no connection."
    )


@dataclass(frozen=True, kw_only=True)
class Supply:
    """What a training on this machine would use. problem: why it cannot, empty if it can; notice:
    what it is; a sentence each."""

    problem: str
    notice: str


def digits_supply() -> Supply:
    """MNIST's digits."""
    return Supply(problem=digits_problem(), notice=digits_notice())


@dataclass(frozen=True, kw_only=True)
class Drawn:
    """A digit of the visitor's own. pixels: 28 × 28 of them, uint8; label: which digit it is."""

    pixels: bytes
    label: int


def one_digit(digit: int, drawn: Drawn | None = None) -> Digits:
    """A gallery digit, or a drawn one in its stead, alone in a batch of one."""
    import torch

    from stn_core.digits import Digits

    if drawn is not None:
        image = torch.frombuffer(bytearray(drawn.pixels), dtype=torch.uint8).view(1, 28, 28)
        return Digits(image, torch.tensor([drawn.label]))
    digits = gallery()
    return digits[digit : digit + 1]
