"""The paper's tables as the pages know them: their names, their URL fields and their words."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True)
class Table:
    """One table.

    name: of its experiments, as ``distorted`` in ``distorted/rts/cnn``; number: None of what the
    paper has no table of; title: of its page; field: of its networks' URL fields, as ``sum`` in
    ``sum_a``; None where the page chooses among columns, which name them then (``a_rts``).

    measured: what the errors are of; paper: how the paper's were measured; compared: two networks;
    examples: what they misread; probes: what a replay shows; sized: whether its page shows networks
    of several columns at once, sizes of the image, which are part of their titles.
    """

    name: str
    number: int | None
    title: str
    field: str | None
    measured: str
    paper: str
    compared: tuple[str, str]
    examples: str
    probes: str
    sized: bool = False


_TABLES = (
    Table(
        name="distorted",
        number=1,
        title="Distorted MNIST",
        field=None,
        measured="MNIST's 10,000 test digits, each distorted with fixed seeds",
        paper="The paper's errors are means of three seeds, after 150,000 SGD steps with batch "
        "size 256.",
        compared=("cnn", "st-cnn-aff"),
        examples="gallery digits",
        probes="Ten gallery digits that no network was trained on. Above: U with the grid. Below: "
        "V and the probabilities of the ten classes",
    ),
    Table(
        name="addition",
        number=4,
        title="MNIST addition",
        field="sum",
        measured="10,000 sums, each of an MNIST test digit and another one, distorted with fixed "
        "seeds",
        paper="The paper names no other budget than 150,000 SGD steps with batch size 256.",
        compared=("st-fcn-aff", "2st-fcn-aff"),
        examples="sums of gallery digits",
        probes="Ten pairs of gallery digits that no network was trained on: U with the grids, each "
        "transformer's V (one row per channel), and the probabilities of the 19 sums",
    ),
    Table(
        name="volumes",
        number=None,
        title="Three dimensions",
        field="volume",
        measured="MNIST's 10,000 test digits, each extruded, turned about three axes and moved "
        "with fixed seeds",
        paper="The paper gives no figures for this experiment (App. A.3).",
        compared=("cnn", "st-cnn-aff"),
        examples="gallery digits, seen from the front",
        probes="Ten gallery digits",
    ),
    Table(
        name="house-numbers",
        number=2,
        title="House numbers",
        field="number",
        measured="1,000 photographs of SVHN's test set: an error is a number of which any digit is "
        "wrong",
        paper="The paper trains on about 235,000 photographs, our networks of 64 pixels on 2.6 % "
        "as many, those of 128 pixels on 0.9 %.",
        compared=("cnn", "st-cnn-multi"),
        examples="rendered house numbers",
        probes="Ten rendered house numbers that no network was trained on: the image with all "
        "frames, multiplied out, and what is left of it. Below: how sure each head is",
    ),
    Table(
        name="birds",
        number=3,
        title="Birds",
        field="bird",
        measured="5,794 test photographs of CUB-200-2011",
        paper="The paper's images have 448 or 224 pixels, ours 128 or 64; its networks are "
        "Inception networks, trained as a whole.",
        compared=("cnn", "2st-cnn"),
        examples="photographs of birds",
        probes="Ten photographs of CUB-200-2011 that no network was trained on: the windows of all "
        "transformers, what each reads, and the probability of the true species",
        sized=True,
    ),
)
TABLES = {table.name: table for table in _TABLES}
DISTORTIONS = {  # Table 1's columns, in words (App. A.4)
    "RTS": "rotated by up to ±45°, scaled by 0.7 to 1.2, at a random place in 42 × 42 pixels",
    "TC": "at a random place in 60 × 60 pixels, among six 6 × 6 patches of other digits",
    "R": "rotated by up to ±90°",
    "P": "each corner moved by 5 pixels (std), in a random direction (our reading); scaled by 0.75 "
    "to 1",
    "E": "scaled by 0.75 to 1, bent by a thin plate spline of 16 points, 1.5 pixels (std)",
}
COLOCALISATION = "Co-localisation"  # Table 5, which has classes for rows and no networks
TITLES = {**{name: table.title for name, table in TABLES.items()}, "colocalisation": COLOCALISATION}


def table_of(prefix: str) -> Table:
    """The table of ``distorted/rts/``."""
    return TABLES[prefix.split("/")[0]]


def column_title(prefix: str) -> str:
    """``distorted/rts/`` -> ``RTS``; a table without columns to choose has its own title."""
    name, column = prefix.split("/")[:2]
    table = TABLES.get(name)
    return column.upper() if table and table.field is None else TITLES[name]


def network_field(which: str, prefix: str) -> str:
    """The widget and URL field of a network that is chosen: ``a_rts``, or ``sum_a``."""
    table = table_of(prefix)
    return f"{which}_{prefix.split('/')[1]}" if table.field is None else f"{table.field}_{which}"
