"""The paper's symbols, what each of them means, and what every page of the app is in the paper."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True)
class Symbol:
    """One symbol or word. tex: as it is set; sign: the same in HTML, short; where: in the
    paper."""

    sign: str
    tex: str
    words: str
    where: str


SYMBOLS = {  # by their anchors on the page "Glossary"
    "U": Symbol(
        sign="U", tex="U", where="Sect. 3",
        words="The **input** of the transformer: an image, or a layer's maps, of C channels, H × W "
        "pixels. On the left everywhere in this app.",
    ),
    "V": Symbol(
        sign="V", tex="V", where="Sect. 3, Eq. 3",
        words="The **output**: U, read at the points of the grid; H′ × W′ pixels, the same "
        "channels. On the right everywhere. The rest of the network sees V alone.",
    ),
    "theta": Symbol(
        sign="θ", tex=r"\theta", where="Sect. 3.1",
        words="The **parameters of the transformation**, which the localisation network predicts "
        "for each input anew: 6 numbers for an affine one, 3 for attention, 8 for a projective "
        "one, 32 for a thin plate spline of 16 points, 12 in three dimensions.",
    ),
    "floc": Symbol(
        sign="f<sub>loc</sub>", tex=r"f_{\mathrm{loc}}", where="Sect. 3.1, App. A.4",
        words="The **localisation network**, which gives θ for U: any network that ends in as many "
        "numbers as θ has. It starts at the identity: at first V is U.",
    ),
    "G": Symbol(
        sign="G", tex="G", where="Sect. 3.2",
        words="The **regular grid** of the output's pixels, from −1 to 1 across V in either "
        "direction.",
    ),
    "T": Symbol(
        sign="T<sub>θ</sub>(G)", tex=r"\mathcal{T}_\theta(G)", where="Sect. 3.2, Eq. 1, Fig. 3",
        words="The **sampling grid**: where in U each pixel of V is read. It maps from the output "
        "to the input, so that a small grid is a large digit. The yellow corner is V's first one.",
    ),
    "A": Symbol(
        sign="A<sub>θ</sub>", tex=r"\mathrm{A}_\theta", where="Eq. 1, 2, 10",
        words="The **matrix** of an affine map: 2 × 3, in three dimensions 3 × 4. Attention has a "
        "scale and a shift alone (Eq. 2).",
    ),
    "M": Symbol(
        sign="M<sub>θ</sub>B", tex=r"\mathrm{M}_\theta B", where="Sect. 3.2",
        words="The general form of a grid: a target representation **B** and a matrix "
        "that is linear in θ. Affine, projective, spline are each a choice of B; B can be learnt.",
    ),
    "xs": Symbol(
        sign="(x<sup>s</sup>, y<sup>s</sup>)", tex="(x_i^s,\\ y_i^s)", where="Eq. 1, 3",
        words="The **source**: the point of U that output pixel i is read at.",
    ),
    "xt": Symbol(
        sign="(x<sup>t</sup>, y<sup>t</sup>)", tex="(x_i^t,\\ y_i^t)", where="Eq. 1",
        words="The **target**: output pixel i's own place on the regular grid.",
    ),
    "k": Symbol(
        sign="k(·; Φ)", tex=r"k(\cdot\,;\Phi)", where="Eq. 3, 4, 5",
        words="The **kernel** with which the sampler reads U between its pixels: the nearest pixel "
        "(integer, Eq. 4), the four around a point (bilinear, Eq. 5), or any other; Φ are its own "
        "parameters.",
    ),
    "dV": Symbol(
        sign="∂V/∂x<sup>s</sup>", tex=r"\partial V/\partial U,\ \partial V/\partial x^s",
        where="Eq. 6, 7",
        words="The sampler's **gradients**: by U to train what comes before, by the grid's points "
        "to train the localisation network. With them a class label is enough to learn where to "
        "read.",
    ),
    "e": Symbol(
        sign="e(·)", tex=r"e(\cdot),\ I^{\mathcal{T}},\ \alpha", where="Eq. 8, App. A.2",
        words="Of co-localisation: the **encoder**, the crop in an image's box, and the **margin** "
        "by which two crops should be more alike than a crop and a random patch.",
    ),
}  # fmt: skip


@dataclass(frozen=True, kw_only=True)
class Place:
    """What a page is in the paper. symbols: on it, by their anchors; ours: what is not the
    paper's."""

    where: str
    symbols: tuple[str, ...]
    ours: str


PLACES = {  # by the page's file in views/
    "front": Place(
        where="Sect. 3, Fig. 2; the network of Sect. 4.1",
        symbols=("U", "floc", "theta", "G", "T", "xs", "V"),
        ours="The network's recipe and budget, as *Distorted MNIST* tells them under *Results*; "
        "the paper's had SGD and 150,000 steps of 256. Its width is solved for 400,000 parameters.",
    ),
    "transformer": Place(
        where="Sect. 3.2, 3.3, Fig. 3, Eq. 1–7",
        symbols=("U", "theta", "A", "M", "G", "T", "xs", "xt", "k", "dV", "V"),
        ours="Pixels' outer edges are ±1, and outside of U it is 0; the paper says neither. "
        "Bicubic and tent kernels, piecewise affine and the fixed quadratic B are instances of "
        "what it allows. The descent on θ and the challenge are ours.",
    ),
    "distorted": Place(
        where="Sect. 4.1, App. A.4, Table 1",
        symbols=("U", "floc", "theta", "A", "T", "V"),
        ours="Recipes and budgets, as *Results* tells them of every network; widths solved for "
        "400,000 parameters; 28 × 28 canvases for R, P and E, of which the paper gives no size. "
        "The sweep of the angle, the replay, the wanted θ and the studies of what goes wrong.",
    ),
    "addition": Place(
        where="App. A.1, Table 4, Fig. 4's idea",
        symbols=("U", "theta", "T", "V"),
        ours="The measure of who looks after which digit, and when they part; muting one "
        "transformer; budgets as the table says.",
    ),
    "colocalisation": Place(
        where="App. A.2, Table 5, Fig. 4, Eq. 8",
        symbols=("U", "theta", "T", "e"),
        ours="The departures from the text that are listed under *Results*; without the first of "
        "them the boxes flee from the digits.",
    ),
    "volumes": Place(
        where="App. A.3, Fig. 5, Eq. 9, 10",
        symbols=("U", "theta", "A", "T", "V"),
        ours="All figures: the paper gives none. The sizes, the localisation network, the rigid "
        "variant and the 3D-CNN beside them.",
    ),
    "invariance": Place(
        where="Sect. 4.1's question; no figure of the paper",
        symbols=("theta", "V"),
        ours="All of it: the curves, the ranges far beyond the training, the predicted poses.",
    ),
    "labels": Place(
        where="Sect. 3.1, 3.3, Eq. 6, 7",
        symbols=("U", "theta", "floc", "xs", "dV", "V"),
        ours="The landscape over two components of θ, and the descent on θ alone: in a training "
        "the localisation network's weights move, not θ.",
    ),
    "network": Place(
        where="Sect. 3.4",
        symbols=("U", "theta", "T", "k", "V"),
        ours="The file format, and the lines of Python.",
    ),
}
