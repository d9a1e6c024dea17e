"""The paper's symbols, and what each of them means."""

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
