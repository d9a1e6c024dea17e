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
        words="The **image** that the transformer reads, or a layer's feature maps: C channels, H "
        "× W pixels. Always on the left in this app.",
    ),
    "V": Symbol(
        sign="V", tex="V", where="Sect. 3, Eq. 3",
        words="The **output**: U read at the points of the sampling grid; H′ × W′ pixels, the same "
        "channels. Always on the right. The rest of the network sees only V.",
    ),
    "theta": Symbol(
        sign="θ", tex=r"\theta", where="Sect. 3.1",
        words="The **parameters of the transformation**, predicted by the localisation network for "
        "each image: 6 numbers for an affine map, 3 for attention, 8 for a projective map, 32 for "
        "a thin plate spline with 16 control points, 12 in three dimensions.",
    ),
    "floc": Symbol(
        sign="f<sub>loc</sub>", tex=r"f_{\mathrm{loc}}", where="Sect. 3.1, App. A.4",
        words="The **localisation network**, which predicts θ from U. Any network will do whose "
        "last layer has one output for each number of θ. It starts at the identity, so at first V "
        "equals U.",
    ),
    "G": Symbol(
        sign="G", tex="G", where="Sect. 3.2",
        words="The **regular grid** of the output's pixels, from −1 to 1 along each axis of V.",
    ),
    "T": Symbol(
        sign="T<sub>θ</sub>(G)", tex=r"\mathcal{T}_\theta(G)", where="Sect. 3.2, Eq. 1, Fig. 3",
        words="The **sampling grid**: where in U each pixel of V is read. It maps from the output "
        "to the image, so a small grid gives a large digit. Its yellow corner is the top left "
        "corner of V.",
    ),
    "A": Symbol(
        sign="A<sub>θ</sub>", tex=r"\mathrm{A}_\theta", where="Eq. 1, 2, 10",
        words="The **matrix** of an affine map: 2 × 3, or 3 × 4 in three dimensions. Attention has "
        "only a scale and a shift (Eq. 2).",
    ),
    "M": Symbol(
        sign="M<sub>θ</sub>B", tex=r"\mathrm{M}_\theta B", where="Sect. 3.2",
        words="The general form of a sampling grid: a target representation **B** and a matrix "
        "that is linear in θ. Affine, projective and spline grids are each a choice of B; B can "
        "also be learnt.",
    ),
    "xs": Symbol(
        sign="(x<sup>s</sup>, y<sup>s</sup>)", tex="(x_i^s,\\ y_i^s)", where="Eq. 1, 3",
        words="The **source** point: where in U output pixel i is read.",
    ),
    "xt": Symbol(
        sign="(x<sup>t</sup>, y<sup>t</sup>)", tex="(x_i^t,\\ y_i^t)", where="Eq. 1",
        words="The **target** point: the place of output pixel i on the regular grid.",
    ),
    "k": Symbol(
        sign="k(·; Φ)", tex=r"k(\cdot\,;\Phi)", where="Eq. 3, 4, 5",
        words="The **kernel**: how the sampler reads U between its pixels. It takes the nearest "
        "pixel (integer, Eq. 4), the four around a point (bilinear, Eq. 5), or others; Φ are its "
        "parameters.",
    ),
    "dV": Symbol(
        sign="∂V/∂x<sup>s</sup>", tex=r"\partial V/\partial U,\ \partial V/\partial x^s",
        where="Eq. 6, 7",
        words="The sampler's **gradients**: with respect to U, to train the layers before; with "
        "respect to the grid's points, to train the localisation network. With them, class labels "
        "are enough to learn where to read.",
    ),
    "e": Symbol(
        sign="e(·)", tex=r"e(\cdot),\ I^{\mathcal{T}},\ \alpha", where="Eq. 8, App. A.2",
        words="For co-localisation: the **encoder**, the crop inside an image's box, and the "
        "**margin** by which two crops should be more alike than a crop and a random patch.",
    ),
}  # fmt: skip
