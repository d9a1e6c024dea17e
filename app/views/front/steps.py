"""The story's words, step by step: what the figure shows is in the stage's ``layouts/story``."""

from __future__ import annotations

from app.stage.story import Words


def _more(words: str, address: str) -> str:
    return f'<a href="{address}" target="_self">{words} →</a>'


STEPS = (
    Words(
        title="Turn and move a digit, and the classifier fails",
        words="This classifier, a small convolutional network, reads digits that are upright and "
        "large. <b>Drag the digit</b>, or turn and shrink it by a corner: soon it reads something "
        "else.",
    ),
    Words(
        title="You are the transformer",
        words="The same classifier sees only what is inside the blue frame. <b>Drag the frame</b> "
        "over the digit and turn it by its corners, until the classifier reads what it is.",
        more=_more("Beat the network: ten digits, one minute", "beat"),
    ),
    Words(
        title="A small network does it for you",
        words="The <b>localisation network</b> looks at the image and predicts six numbers, θ: "
        "where the frame goes. The <b>grid generator</b> makes a grid of them: for every pixel of "
        "the output, where in the image to read. <b>Drag the digit</b>.",
        more=_more("Other grids", "transformer"),
    ),
    Words(
        title="The sampler reads between the pixels",
        words="For each pixel of the output V, the grid names one point in the image U, usually "
        "between four pixels. The <b>sampler</b> adds the four, weighted by how near they are. "
        "<b>Point at any pixel of V.</b>",
        more=_more("Other kernels", "transformer?preset=Pull"),
    ),
    Words(
        title="How does it learn? The loss flows backwards",
        words="The grid starts in a wrong place; the only label is the class. Backpropagation says "
        "which pixels of V should get <b class='up'>brighter</b> or <b class='down'>darker</b>. "
        "For that, each grid point must move (arrows); added up, this is the gradient of θ. "
        "<b>Descend</b>: θ moves until the digit is read. In training, the same gradient moves "
        "the localisation network’s weights, over many digits.",
        more=_more("Why labels are enough", "labels"),
    ),
    Words(
        title="Training, watched",
        words="A recorded training: the grids of eight digits, from the first step to the last. "
        "Each begins as the whole image. They learn to frame the digit because that lowers the "
        "loss.",
        more=_more("Every training, and your own", "distorted?view=Replay"),
    ),
    Words(
        title="How far it goes, and where it fails",
        words="The whole figure is yours. The curve is measured now, in your browser. The "
        "network was trained on digits turned by at most 45°; beyond that, it can fail. <b>Find a "
        "pose that fools it.</b>",
        more=_more("Measured on all digits", "invariance"),
    ),
)
