"""Colours, light and dark, safe for colour-blind viewers (Okabe and Ito; Tol)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True)
class Palette:
    """One theme. The first five are Streamlit's own and stand in .streamlit/config.toml too."""

    primary: str
    background: str
    surface: str
    text: str
    border: str
    networks: tuple[str, str]  # the two networks that are compared
    heat: str  # the most of what is counted, in a map with text on it
    plain: tuple[str, str]  # two without a transformer, where they are drawn beside those with one


LIGHT = Palette(
    primary="#0072b2",
    background="#ffffff",
    surface="#f1f4f7",
    text="#16202a",
    border="#d3dbe2",
    networks=("#0072b2", "#d55e00"),
    heat="#d86d19",
    plain=("#b8608f", "#009e73"),
)
DARK = Palette(
    primary="#56b4e9",
    background="#0e141a",
    surface="#18212a",
    text="#e8eef3",
    border="#33414e",
    networks=("#56b4e9", "#ee7733"),
    heat="#8e512f",
    plain=("#dd99c0", "#2cc295"),
)

# Lines of a chart that are told apart by colour and, where they are few, by dash.
SERIES = ("#0072b2", "#d55e00", "#009e73", "#cc79a7", "#e69f00", "#56b4e9", "#8c8c8c")
DARK_SERIES = ("#56b4e9", "#ee7733", "#2cc295", "#dd99c0", "#e69f00", "#8fb8de", "#a8a8a8")

# On the images, which are white on black in both themes.
GRIDS = ("#56b4e9", "#ee7733")  # T_θ(G) of the first and of the second network, or transformer
# Of transformers in depth, from the first on; and of the crop that the first one is given.
DEPTHS, CROP = ("#56b4e9", "#ee7733", "#2cc295", "#dd99c0"), "#ffffff"
CORNER = "#f0e442"  # the mark on the grid's first corner
BOX, TRUE_BOX = "#ee7733", "#56b4e9"  # what co-localisation finds, and the digit's own frame
# A loss as a landscape, from low to high (cividis), and what should be brighter or darker in V.
LANDSCAPE = ("#00224e", "#35456c", "#666970", "#948e77", "#c8b866", "#fee838")
BRIGHTER, DARKER = "#e69f00", "#56b4e9"


def palette(theme: str | None) -> Palette:
    """The palette of Streamlit's theme type, ``"light"`` or ``"dark"``."""
    return DARK if theme == "dark" else LIGHT


def series(theme: str | None) -> tuple[str, ...]:
    """The colours of a chart's lines in Streamlit's theme type."""
    return DARK_SERIES if theme == "dark" else SERIES


def network_colours(names: Sequence[str], palette: Palette) -> list[str]:
    """A colour for each network, by its kind: the same on every page. names: of experiments, as
    ``distorted/rts/st-cnn-aff``; of two networks of a kind the second takes a free colour."""
    with_transformer, without = palette.networks, palette.plain
    by_kind = {
        "2st-fcn": with_transformer[0],
        "2st-cnn": with_transformer[0],
        "4st-cnn": with_transformer[1],
        "st-cnn": with_transformer[0],
        "st-fcn": with_transformer[1],
        "3d-cnn": with_transformer[1],
        "fcn": without[0],
        "cnn": without[1],
    }
    colours: list[str] = []
    for name in names:
        short = name.rsplit("/", 1)[-1]
        own = next((by_kind[kind] for kind in by_kind if short.startswith(kind)), without[0])
        free = [own, *with_transformer, *without]
        colours.append(next(colour for colour in free if colour not in colours))
    return colours
