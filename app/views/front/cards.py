"""The figures and tables of the paper as cards: small pictures and numbers of ours."""

from __future__ import annotations

import base64
import html
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

import cv2
import numpy as np
import torch

from app.data import boxes, networks, recordings, volumes
from app.data.families import PRESETS
from app.data.faults import reason
from app.data.pictures import test_card
from app.frame import lecture
from app.palette import BOX, GRIDS, LIGHT
from app.tables import TABLES, Table
from stn_core import results
from stn_core.sampling import sample
from stn_core.transforms import Affine, Attention, Transform

FIG4_SET = "colocalisation/tc/8"
FIG5_NETWORK, FIG5_PROBE = "volumes/extruded/st-cnn-rigid", 5
FIG1_NETWORK, FIG1_PROBE = "distorted/rts/st-cnn-aff", 8
PIXELS, MARGIN = 208, 0.08  # of a picture, and how much of it is around the image
EDGE, LINE = round(PIXELS * MARGIN), 3
FRACTION_BITS = 4  # of a pixel's place
GROUND = "#1d2126"  # as behind U and V in stage.css
STYLE = """<style>
.cards { display: grid; gap: 1rem; grid-template-columns: repeat(auto-fill, minmax(17rem, 1fr)); }
.cards a { display: block; padding: .8rem 1rem; border: 1px solid var(--st-border-color, #8886);
  border-radius: .6rem; color: inherit !important; text-decoration: none !important; }
.cards a:hover, .cards a:focus-visible { outline: 2px solid PRIMARY; }
.cards b.name { display: block; }
.cards .pictures { display: flex; gap: .4rem; margin: .5rem 0; }
.cards img { width: 32%; max-width: 6.5rem; border-radius: .3rem; }
.cards table { margin: .4rem 0; font-variant-numeric: tabular-nums; border: 0; }
.cards td { padding: .05rem .8rem .05rem 0; border: 0; }
.cards p { margin: 0; font-size: .9rem; }
</style>""".replace("PRIMARY", LIGHT.primary)


@dataclass(frozen=True, kw_only=True)
class TableCard:
    """A table's card. networks: whose errors are on it, of a column, or with their own if that is
    empty; words: what they are of; field: of the address of a page, by which that shows its
    results."""

    table: Table
    networks: tuple[str, ...]
    words: str
    page: str
    field: str
    column: str = "rts"


TABLE_CARDS = (
    TableCard(
        table=TABLES["distorted"],
        networks=("fcn", "cnn", "st-fcn-aff", "st-cnn-aff"),
        words="On rotated, scaled and moved digits (RTS); also R, P, E and TC. <b>Ours</b> and the "
        "paper's.",
        page="distorted",
        field="view",
    ),
    TableCard(
        table=TABLES["house-numbers"],
        networks=("cnn", "st-cnn-single", "st-cnn-multi"),
        words="On photographs of house numbers, with transformers in depth. <b>Ours</b>, after 2.6 "
        "% of the paper's data, and the paper's.",
        page="house_numbers",
        field="number_view",
        column="64",
    ),
    TableCard(
        table=TABLES["birds"],
        networks=("64/cnn", "64/2st-cnn", "128/2st-cnn", "128/4st-cnn"),
        words="On photographs of 200 species of birds, with transformers in parallel. <b>Ours</b>, "
        "on images of 64 and 128 pixels, and the paper's, of 224 and 448.",
        page="birds",
        field="bird_view",
        column="",
    ),
    TableCard(
        table=TABLES["addition"],
        networks=("fcn", "cnn", "st-fcn-aff", "2st-fcn-aff", "2st-fcn-proj"),
        words="On the sum of two digits, each with its own distortion. <b>Ours</b> and the "
        "paper's.",
        page="addition",
        field="sum_view",
    ),
)


@dataclass(frozen=True, kw_only=True)
class Card:
    """One figure or table. href: a page and its fields; pictures: HTML; rows: (name, ours, paper),
    in percent."""

    name: str
    words: str
    href: str
    pictures: Sequence[str] = ()
    rows: Sequence[tuple[str, str, str]] = field(default=())


def picture(
    image: np.ndarray, outlines: Iterable[tuple[np.ndarray, str]] = (), words: str = ""
) -> str:
    """An image with outlines on it, in HTML.

    image: uint8 (H, W); outlines: corners (N, 2), normalised (x, y), each with a colour.
    """
    inner = PIXELS - 2 * EDGE
    grey = cv2.resize(image, (inner, inner), interpolation=cv2.INTER_NEAREST)
    drawn = cv2.copyMakeBorder(
        cv2.cvtColor(grey, cv2.COLOR_GRAY2BGR), EDGE, EDGE, EDGE, EDGE,
        cv2.BORDER_CONSTANT, value=_bgr(GROUND),
    )  # fmt: skip
    for points, colour in outlines:
        pixels = EDGE + inner * (points + 1) / 2 - 0.5  # OpenCV counts from a pixel's middle
        fixed = (pixels * 2**FRACTION_BITS).round().astype(np.int32)
        cv2.polylines(drawn, [fixed], True, _bgr(colour), LINE, cv2.LINE_AA, FRACTION_BITS)
    content = base64.b64encode(cv2.imencode(".png", drawn)[1]).decode()
    return f"<img alt='{html.escape(words)}' src='data:image/png;base64,{content}'>"


def _bgr(colour: str) -> tuple[int, ...]:
    """ "#1d2126" as OpenCV takes it: blue, green, red."""
    return tuple(reversed(bytes.fromhex(colour.removeprefix("#"))))


def corners(transform: Transform, theta: Sequence[float]) -> np.ndarray:
    """Where the corners of the output lie in the input: (4, 2)."""
    at = torch.tensor([[-1.0, 1, 1, -1], [-1, -1, 1, 1]])
    a = torch.as_tensor(theta)[None].float()
    slope, offset, _ = transform.matrix_form()
    matrix = slope @ a[0].to(slope) + offset
    return (matrix @ transform.target_at(at.to(matrix)).to(matrix)).T.numpy()


def as_html(cards: Iterable[Card]) -> str:
    """The cards, as many in a row as there is room for."""
    shown = []
    for card in cards:
        drawn = f"<div class='pictures'>{''.join(card.pictures)}</div>" if card.pictures else ""
        rows = "".join(
            f"<tr><td>{html.escape(name)}</td><td><b>{ours}</b></td><td>{paper}</td></tr>"
            for name, ours, paper in card.rows
        )
        table = f"<table>{rows}</table>" if rows else ""
        shown.append(
            f"<a href='{html.escape(lecture.carry(card.href))}' target='_self'>"
            f"<b class='name'>{card.name}</b>{drawn}{table}<p>{card.words}</p></a>"
        )
    return f"{STYLE}<div class='cards'>{''.join(shown)}</div>"


def cards() -> tuple[list[Card], list[str]]:
    """All of them, from what is published here; and what is wrong with what cannot be read."""
    shown, problems = [], []
    for name, href, make in (
        ("Fig. 1", "distorted", _fig1),
        ("Fig. 3", "transformer", _fig3),
        ("Fig. 4", "colocalisation", _fig4),
        ("Fig. 5", "volumes", _fig5),
    ):
        try:
            shown.append(make())
        except (RuntimeError, ValueError, OSError) as error:
            problems.append(f"{name}: {reason(error)}")
            shown.append(
                Card(name=name, words="Its picture or numbers cannot be read here.", href=href)
            )
    return [*shown, *map(_table, TABLE_CARDS), _table5(), *_questions()], problems


def _fig1() -> Card:
    loaded, recording = networks.pretrained(FIG1_NETWORK), recordings.recorded(FIG1_NETWORK)
    image, label = recording.probes[FIG1_PROBE], recording.labels[FIG1_PROBE]
    trace = networks.run_network(loaded, torch.from_numpy(image)[None].float() / 255)
    (warp,) = trace.warps
    answer = int(trace.logits.argmax())
    shape = corners(Affine(), warp.theta[0].tolist())
    output = (warp.output[0, 0] * 255).round().to(torch.uint8).numpy()
    return Card(
        name="Fig. 1: read where the digit is",
        words=f"A distorted {label}, and what the transformer reads of it. The network reads "
        f"{answer}. Five kinds of distortion.",
        href="distorted",
        pictures=(
            picture(image[0], [(shape, GRIDS[0])], "image U with the sampling grid"),
            picture(output, (), "V"),
        ),
    )


def _fig3() -> Card:
    card = test_card()
    thetas = [PRESETS[name].theta for name in ("Fig. 3(a)", "Fig. 3(b)")]
    shapes = [corners(Affine(), theta) for theta in thetas]
    image = torch.from_numpy(card)[None, None].float()
    grid = Affine().grid(torch.tensor([thetas[1]]).float(), card.shape)
    output = sample(image, grid)[0, 0].round().to(torch.uint8).numpy()
    return Card(
        name="Fig. 3: the grid on the image",
        words="The identity grid, an affine grid, and what it reads. Drag grids of six families, "
        "read with four kernels.",
        href="transformer?preset=Fig.+3(b)",
        pictures=(
            *(picture(card, [(shape, GRIDS[0])], "the grid on the image") for shape in shapes),
            picture(output, (), "the output"),
        ),
    )


def _fig4() -> Card:
    search = boxes.recorded_boxes(FIG4_SET)
    frames = [search.snapshots[int(share * (len(search.snapshots) - 1))] for share in (0, 0.7, 1)]
    name, digit = FIG4_SET.split("/")[1:]
    return Card(
        name="Fig. 4: found without a label",
        words=f"An {digit} among clutter: the box at the start, in the middle and at the end of an "
        "optimisation without class or box labels.",
        href=f"colocalisation?boxes_digit={digit}&boxes_clutter={name.upper()}",
        pictures=tuple(
            picture(
                search.probes[0, 0],
                [(corners(Attention(), frame.theta[0, 0]), BOX)],
                f"the box at step {frame.step}",
            )
            for frame in frames
        ),
    )


def _fig5() -> Card:
    loaded, shown = networks.pretrained(FIG5_NETWORK), volumes.placed_probe(FIG5_PROBE)
    images = volumes.extruded(shown.image, shown.turn, shown.shift)
    trace = networks.run_network(loaded, images)
    flat = [images.sum(2)[0, 0], trace.warps[0].output.sum(2)[0, 0]]
    seen = [(255 * f / f.max()).round().to(torch.uint8).numpy() for f in flat]
    return Card(
        name="Fig. 5: three dimensions",
        words="A digit in a volume, projected without correction, and as the 3D transformer reads "
        "it. Turn it yourself.",
        href="volumes",
        pictures=(
            picture(seen[0], (), "the projection of U"),
            picture(seen[1], (), "the projection of V"),
        ),
    )


def _table(card: TableCard) -> Card:
    table = card.table
    cells = results.cells(table.name)
    rows = []
    for network in card.networks:
        cell = cells["/".join(filter(None, (table.name, card.column, network)))]
        title = networks.network_title(network)
        rows.append((title, cell.ours, f"{cell.experiment.reported:.1f}"))
    return Card(
        name=f"Table {table.number}: error in percent",
        words=card.words,
        href=f"{card.page}?{card.field}=Results",
        rows=rows,
    )


def _table5() -> Card:
    metrics = results.colocalised()
    rows = []
    for column in ("t", "tc"):
        mean = results.column_mean(metrics, column)
        rows.append((column.upper(), mean.words, f"{mean.paper:.1f}"))
    return Card(
        name="Table 5: localised, in percent",
        words="Mean of ten classes, on black (T) and among clutter (TC). <b>Ours</b> and the "
        "paper's.",
        href="colocalisation?boxes_view=Results",
        rows=rows,
    )


def _questions() -> list[Card]:
    return [
        Card(
            name="Why are labels enough?",
            words="How the transformer learns to turn the digit: the loss as a landscape over θ, "
            "and the way down.",
            href="labels",
        ),
        Card(
            name="How far does the invariance go?",
            words="Error against rotation, scale, shift and clutter, far beyond the training "
            "range.",
            href="invariance",
        ),
        Card(
            name="Train one yourself",
            words="Watch a transformer learn where to read, in a few minutes on one core.",
            href="distorted?view=Train",
        ),
        Card(
            name="A guided tour",
            words="Nine stops, a minute each: other grids and kernels, several transformers, no "
            "labels, three dimensions.",
            href="tour",
        ),
        Card(
            name="A transformer in your own network",
            words="One command shows it here, live: drag its grids and see its answer change.",
            href="network",
        ),
    ]
