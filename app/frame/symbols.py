"""The paper's symbols and the words around them, and what each of them means."""

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
        words="The **localisation network**, which predicts θ from U. Any network works if its "
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


@dataclass(frozen=True, kw_only=True)
class Term:
    """A word or abbreviation. words: Markdown; where: in the paper, empty for one of this app's."""

    name: str
    words: str
    where: str = ""


TERMS = {  # by the titles of their groups, and their anchors
    "Networks": {
        "FCN": Term(
            name="FCN", where="App. A.4",
            words="A **fully connected network**: every unit sees all pixels. It knows nothing of "
            "how images are laid out.",
        ),
        "CNN": Term(
            name="CNN", where="App. A.4",
            words="A **convolutional network** with max-pooling. The same filters look at every "
            "place, so it tolerates small shifts.",
        ),
        "ST": Term(
            name="ST-", where="Sect. 3, Fig. 2",
            words="A **spatial transformer** in front of the network: ST-FCN, ST-CNN. **2×ST-** "
            "has two in parallel, as in MNIST addition.",
        ),
        "attention": Term(
            name="Attention", where="Eq. 2",
            words="A transformer that only crops: one scale s and a shift, 3 numbers.",
        ),
        "Aff": Term(
            name="Aff", where="Eq. 1",
            words="An **affine** transformer: rotation, scale, shear and shift, 6 numbers. "
            "Parallel lines stay parallel.",
        ),
        "Proj": Term(
            name="Proj", where="Sect. 3.2",
            words="A **projective** transformer: a plane seen at an angle, 8 numbers. Straight "
            "lines stay straight.",
        ),
        "TPS": Term(
            name="TPS", where="Sect. 4.1",
            words="A **thin plate spline** transformer: 16 control points, 32 numbers. The grid "
            "bends as little as it can between them.",
        ),
    },
    "Distortions": {
        "R": Term(name="R", where="App. A.4", words="**Rotated** by up to ±90°."),
        "RTS": Term(
            name="RTS", where="App. A.4",
            words="**Rotated** by up to ±45°, **scaled** by 0.7 to 1.2, at a random place "
            "(**translated**) in 42 × 42 pixels.",
        ),
        "P": Term(
            name="P", where="App. A.4",
            words="**Projective**: each corner of the image is moved in a random direction (the "
            "direction is our reading), and it is scaled by 0.75 to 1.",
        ),
        "E": Term(
            name="E", where="App. A.4",
            words="**Elastic**: scaled by 0.75 to 1, and bent by a thin plate spline.",
        ),
        "T-distortion": Term(
            name="T", where="App. A.2",
            words="**Translated**: a digit at a random place in 84 × 84 pixels.",
        ),
        "TC": Term(
            name="TC", where="App. A.2, A.4",
            words="**Translated, with clutter**: a digit among patches of other digits; six "
            "patches in 60 × 60 pixels, or 16 in 84 × 84.",
        ),
    },
    "House numbers": {
        "feature-map": Term(
            name="feature map", where="Sect. 4.2",
            words="What one filter of a convolution gives: an image of where it answers. A "
            "transformer in depth reads all maps of a layer, and moves them together.",
        ),
        "multiplied-out": Term(
            name="multiplied out", where="Table 2",
            words="The matrices of transformers in depth, multiplied: where on the input image the "
            "last of them reads.",
        ),
        "head": Term(
            name="head", where="Sect. 4.2",
            words="One of five classifiers side by side, one per place in the number. Each gives a "
            "digit, or “no digit here”.",
        ),
        "sequence-error": Term(
            name="sequence error", where="Table 2",
            words="The share of numbers of which at least one digit is wrong.",
        ),
    },
    "Birds": {
        "window": Term(
            name="window", where="Sect. 4.3, App. A.6",
            words="Where a transformer looks whose scale is fixed: a square of half the image's "
            "width and height. θ is its shift alone.",
        ),
        "backbone": Term(
            name="backbone", where="App. A.6",
            words="A network that was trained on other images first, here on ImageNet, and whose "
            "layers are used again. Those that are **frozen** are not trained any more.",
        ),
        "descriptor": Term(
            name="descriptor", where="Sect. 4.3, App. A.6",
            words="The numbers with which a path describes what its window reads. The descriptors "
            "of all windows, one after the other, are classified.",
        ),
    },
    "This app's words": {
        "gallery": Term(
            name="gallery",
            words="The first 100 digits of each class of MNIST's training set. No network here was "
            "trained on them. All pictures show gallery digits.",
        ),
        "probe": Term(
            name="probe",
            words="A gallery digit that is looked at again and again while a network trains. A "
            "replay shows ten probes.",
        ),
    },
}  # fmt: skip
