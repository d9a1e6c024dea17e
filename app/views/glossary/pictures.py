"""Small pictures for the glossary: digits, grids and kernels, drawn from the library as SVG."""

from __future__ import annotations

import base64
from collections.abc import Callable, Sequence
from itertools import pairwise

import cv2
import numpy as np
import streamlit as st
import torch

from app.data import examples
from app.data.families import families
from app.data.gallery import gallery, one_digit
from app.palette import CORNER, GRIDS
from app.panels.theme import colours
from app.panels.transformers import pixels
from stn_core.distortions import TranslationClutter
from stn_core.evaluation import example_generator
from stn_core.sampling import sample
from stn_core.transforms import Affine, Transform

SIDE, GAP = 96, 44  # of a picture, and between two of them
REACH = 1.15  # half widths of an image that are seen: a grid may reach beyond it
LINES, POINTS = 9, 25  # of a grid, each way, and along each line
DIGIT, SEED = 207, 1
GROUND = "#1d2126"  # as behind U and V in stage.css
STYLE = """<style>
text { font: 13px sans-serif; fill: TEXT; text-anchor: middle; }
.line { stroke: TEXT; fill: none; }
</style>"""


def picture(anchor: str) -> None:
    """What there is to see of a term; nothing for one that words say better."""
    if make := PICTURES.get(anchor):
        words, width, content = make()
        style = STYLE.replace("TEXT", colours().text)
        drawn = (
            f"<svg xmlns='http://www.w3.org/2000/svg' width='{width}' height='{SIDE + 20}' "
            f"viewBox='0 0 {width} {SIDE + 20}'>{style}{content}</svg>"
        )
        source = f"data:image/svg+xml;base64,{base64.b64encode(drawn.encode()).decode()}"
        st.html(f"<img class='term' style='max-width:100%' alt='{words}' src='{source}'>")


Drawing = tuple[str, int, str]  # what it shows, its width, and the SVG in it


def _row(words: str, *tiles: tuple[str, str], between: Sequence[str] = ()) -> Drawing:
    """Tiles side by side, each with its name below it. between: on the arrows from each to the
    next; without them they only stand in a row."""
    step = SIDE + (GAP if between else 12)
    content = "".join(
        f"<g transform='translate({n * step} 0)'>{tile}"
        f"<text x='{SIDE / 2}' y='{SIDE + 16}'>{name}</text></g>"
        for n, (tile, name) in enumerate(tiles)
    )
    for n, word in enumerate(between):
        start, end = n * step + SIDE + 6, (n + 1) * step - 6
        content += (
            f"<path class='line' d='M{start} {SIDE / 2}H{end}m-6 -4l6 4l-6 4'/>"
            f"<text x='{(start + end) / 2}' y='{SIDE / 2 - 8}'>{word}</text>"
        )
    return words, len(tiles) * step, content


def _image(image: np.ndarray, over: str = "") -> str:
    """An image as it is on the stage, a margin around it. image: uint8 (H, W)."""
    content = base64.b64encode(cv2.imencode(".png", image)[1]).decode()
    low, size = _place(-1), SIDE / REACH
    return (
        f"<rect fill='{GROUND}' width='{SIDE}' height='{SIDE}' rx='6'/>"
        f"<image x='{low:.1f}' y='{low:.1f}' width='{size:.1f}' height='{size:.1f}' "
        f"style='image-rendering:pixelated' href='data:image/png;base64,{content}'/>{over}"
    )


def _place(value: float) -> float:
    """A normalised coordinate in the tile."""
    return SIDE * (value / REACH + 1) / 2


def _grid(transform: Transform, theta: Sequence[float] | torch.Tensor) -> str:
    """The lines of T_θ(G), with its first corner."""
    theta = torch.as_tensor(theta, dtype=torch.float32).reshape(1, -1)
    along, across = torch.linspace(-1, 1, POINTS), torch.linspace(-1, 1, LINES)
    paths = []
    for fixed in across.tolist():
        line = torch.stack([along, torch.full_like(along, fixed)])
        for points in (line, line.flip(0)):
            x, y = transform.at(theta, points)[0].T.tolist()
            paths.append(
                "M"
                + "L".join(f"{_place(a):.1f} {_place(b):.1f}" for a, b in zip(x, y, strict=True))
            )
    x, y = transform.at(theta, torch.tensor([[-1.0], [-1.0]]))[0, 0].tolist()
    return (
        f"<path d='{''.join(paths)}' fill='none' stroke='{GRIDS[0]}' stroke-width='.8'/>"
        f"<circle cx='{_place(x):.1f}' cy='{_place(y):.1f}' r='3' fill='{CORNER}'/>"
    )


def _digit() -> np.ndarray:
    """The digit of the pictures of RTS: uint8 (42, 42)."""
    return pixels(examples.example("distorted/rts/cnn", DIGIT, SEED).images)[0]


def _read(theta: torch.Tensor) -> np.ndarray:
    """V of the digit: uint8 (42, 42)."""
    image = torch.from_numpy(_digit()).float()[None, None] / 255
    return pixels(sample(image, Affine().grid(theta, image.shape[2:])))[0]


def _ideal() -> torch.Tensor:
    """θ that undoes the digit's distortion, (1, 6)."""
    return examples.example("distorted/rts/cnn", DIGIT, SEED).theta


def _transformer() -> Drawing:
    """U with the grid, and V."""
    u = _image(_digit(), _grid(Affine(), _ideal()))
    return _row(
        "The image U with the sampling grid on it, and the output V: the digit upright and large",
        (u, "U"), (_image(_read(_ideal())), "V"), between=("read",),
    )  # fmt: skip


def _regular() -> Drawing:
    black = np.zeros((42, 42), np.uint8)
    grid = _grid(Affine(), Affine().identity())
    return _row("A regular grid, from −1 to 1 along both axes", (_image(black, grid), "G"))


def _points() -> Drawing:
    """A point of V, and where it is read in U."""
    target = torch.tensor([[0.5], [-0.5]])
    source = Affine().at(_ideal(), target)[0, 0].tolist()
    dots = [
        f"<circle cx='{_place(x):.1f}' cy='{_place(y):.1f}' r='4' fill='{GRIDS[1]}'/>"
        for x, y in (source, target[:, 0].tolist())
    ]
    return _row(
        "A point of the regular grid on V, and the point of U where it is read",
        (_image(_read(_ideal()), _grid(Affine(), Affine().identity()) + dots[1]), "target, in V"),
        (_image(_digit(), _grid(Affine(), _ideal()) + dots[0]), "source, in U"),
        between=("T<tspan dy='4' font-size='9'>θ</tspan>",),
    )


def _kernels() -> Drawing:
    """The weight of a pixel over the distance of a point from it."""
    return _row(
        "Weight of a pixel against the distance from it. Integer: 1 within half a pixel. Bilinear: "
        "a triangle that falls to 0 at one pixel",
        (_plot([(-1.5, 0), (-0.5, 0), (-0.5, 1), (0.5, 1), (0.5, 0), (1.5, 0)]), "integer"),
        (_plot([(-1.5, 0), (-1, 0), (0, 1), (1, 0), (1.5, 0)]), "bilinear"),
    )


def _plot(points: Sequence[tuple[float, float]]) -> str:
    """A curve over the distance in pixels, with its axis."""
    floor = SIDE - 20
    line = "L".join(f"{SIDE * (x / 3 + 0.5):.1f} {floor - 60 * y:.1f}" for x, y in points)
    ticks = "".join(
        f"<path class='line' d='M{SIDE * (x / 3 + 0.5):.1f} {floor}v4'/>"
        f"<text x='{SIDE * (x / 3 + 0.5):.1f}' y='{SIDE - 3}'>{x}</text>".replace("-1<", "−1<")
        for x in (-1, 0, 1)
    )
    return (
        f"<path class='line' d='M0 {floor}H{SIDE}' stroke-width='.6'/>{ticks}"
        f"<path d='M{line}' fill='none' stroke='{colours().primary}' stroke-width='2.5'/>"
    )


def _boxes(words: str, *names: str) -> Drawing:
    """Parts of a network, one after the other."""
    box = (
        f"<rect class='line' x='1' y='{SIDE / 2 - 22}' width='{SIDE - 2}' height='44' rx='6'/>"
        f"<text x='{SIDE / 2}' y='{SIDE / 2 + 5}'>"
    )
    tiles = [(f"{box}{name}</text>", "") for name in names]
    return _row(words, *tiles, between=[""] * len(list(pairwise(names))))


def _family(name: str) -> Drawing:
    """The grid of a family at the θ with which the page on the transformer begins."""
    family = families()[name]
    size = _digit().shape
    return _row(
        f"A grid of this family on an image: {name}",
        (_image(_digit(), _grid(family.make(size), family.start)), ""),
    )


def _distorted(column: str) -> Drawing:
    shown = [
        pixels(examples.example(f"distorted/{column}/cnn", d, SEED).images)[0]
        for d in (DIGIT, 512, 803)
    ]
    return _row(
        f"Three digits with the distortion {column.upper()}", *((_image(i), "") for i in shown)
    )


def _translated(patches: int) -> Drawing:
    """As co-localisation has them."""
    made = TranslationClutter(canvas=84, patches=patches)
    shown = [
        pixels(made(one_digit(d).images, example_generator(d, SEED), gallery().images).images)[0]
        for d in (DIGIT, 512, 803)
    ]
    return _row("Three digits at random places", *((_image(i), "") for i in shown))


PICTURES: dict[str, Callable[[], Drawing]] = {
    "T": _transformer,
    "G": _regular,
    "xs": _points,
    "k": _kernels,
    "FCN": lambda: _boxes("A fully connected network", "image U", "FCN", "class"),
    "CNN": lambda: _boxes("A convolutional network", "image U", "CNN", "class"),
    "ST": lambda: _boxes(
        "An image, a spatial transformer, its output, a network, a class",
        "image U", "transformer", "output V", "CNN", "class",
    ),
    "attention": lambda: _family("Attention"),
    "Aff": lambda: _family("Affine"),
    "Proj": lambda: _family("Projective"),
    "TPS": lambda: _family("Thin plate spline"),
    **{c.upper(): lambda c=c: _distorted(c) for c in ("r", "rts", "p", "e", "tc")},
    "T-distortion": lambda: _translated(0),
}  # fmt: skip
