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
        "over the digit and turn it by its corners, until the digit is upright in the output and "
        "is read correctly.",
        more=_more("Beat the network: ten digits, one minute", "beat"),
    ),
    Words(
        title="A small network does it for you",
        words="The <b>localisation network</b> looks at the image and predicts six numbers, θ: "
        "where the frame goes. The <b>grid generator</b> turns θ into a sampling grid. <b>Drag "
        "the digit</b>: every pose gets its own θ.",
        more=_more("Other grids", "transformer"),
    ),
    Words(
        title="The sampler reads between the pixels",
        words="Each pixel of the output V is read at one point of the grid, which lies between "
        "four pixels of the image U. The <b>sampler</b> adds the four, weighted by how near they "
        "are. <b>Point at any pixel of V.</b>",
        more=_more("Other kernels", "transformer?preset=Pull"),
    ),
    Words(
        title="How does it learn? The loss flows backwards",
        words="Nobody gives it a pose; the only label is the class. The loss says which pixels of "
        "V should be <b class='up'>brighter</b> or <b class='down'>darker</b>, that pulls on the "
        "grid’s points (arrows), and together they move θ. <b>Take one step.</b>",
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
        words="The whole figure is yours. The curve is measured now, in your browser. It learnt "
        "from digits turned by at most 45°; outside that range it often fails. <b>Find a pose that "
        "fools it.</b>",
        more=_more("Measured on all digits", "invariance"),
    ),
)
