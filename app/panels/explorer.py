"""How a page opens an example of its table: the links and pictures of the results."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from urllib.parse import urlencode

import numpy as np

from app.frame import lecture

Fields = dict[str, str | int]  # of the address


@dataclass(frozen=True, kw_only=True)
class Explorer:
    """What a page gives the results of its table.

    defaults: the page's; column_field: the field of the address that chooses a column, None where
    there is but one; column_value: what the address calls a column; example_fields: those of an
    example, a gallery digit and a seed; label: its true class; picture: of an example of a column,
    uint8 (H, W) or (C, H, W).
    """

    defaults: Mapping[str, str | int]
    column_field: str | None = None
    column_value: Callable[[str], str] = str.upper
    example_fields: Callable[[int, int], Fields]
    label: Callable[[int, int], int]
    picture: Callable[[str, int, int], np.ndarray]

    def column_link(self, column: str, fields: Fields) -> str:
        """An address on this page, that is as large and as bare as this one for a lecture.

        What is a default is left out: an address that names it is shortened at once, and a step
        back from there would lead to it again.
        """
        chosen = {self.column_field: self.column_value(column)} if self.column_field else {}
        fields = {n: v for n, v in {**chosen, **fields}.items() if v != self.defaults.get(n)}
        return lecture.carry(f"?{urlencode(fields)}")

    def example_link(self, column: str, digit: int, seed: int) -> str:
        """The address of an example, as the networks that the page shows at first read it."""
        return self.column_link(column, self.example_fields(digit, seed))
