"""The story's words, step by step: what the figure shows is in the stage's ``layouts/story``."""

from __future__ import annotations

from dataclasses import replace

from app.stage.story import Asked, Words


def _more(words: str, address: str) -> str:
    return f'<a href="{address}" target="_self">{words} →</a>'


TRAINING = "Watch it train"
STEPS = (
    Words(
        title="Turn and move a digit, and the classifier fails",
        words="This classifier, a small convolutional network, was trained on digits that had been "
        "made upright and large. <b>Drag the digit</b> aside, or turn and shrink it by a corner: "
        "soon it reads something else.",
        question=Asked(
            words="The 8 is turned, shrunk and moved aside. What does this classifier read?",
            answers=("Still an 8", "Another digit"),
            reasons=(
                "It has seen upright, large digits alone. Elsewhere, a digit is a different set of "
                "pixels, and nothing in the classifier undoes the change.",
                "It has seen upright, large digits alone, and nothing in it undoes the change.",
            ),
        ),
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
        "where the frame goes. The <b>grid generator</b> turns them into a grid: for every pixel "
        "of the output, where in the image to read. "
        "<b>Drag the digit</b>.",
        more=_more("Other grids", "transformer"),
        question=Asked(
            words="The digit moves from left to right. What will the network’s frame do?",
            answers=("Follow it", "Stay", "Grow over the image"),
            reasons=(
                "Nobody told it to: framing the digit lowers the loss.",
                "θ is predicted for each image anew, and another place gives another θ.",
                "A frame around everything leaves the digit small, and small digits are misread.",
            ),
        ),
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
        "which pixels of V should get <b class='up'>brighter</b> or <b class='down'>darker</b>. A "
        "grid point changes its pixel by moving along U’s slope (arrows); summed, this is "
        "−∂loss/∂θ. <b>Descend</b>: θ moves until the same classifier reads the digit, upright or "
        "not. This gradient trains the localisation network.",
        more=_more("Why labels are enough", "labels"),
    ),
    Words(
        title=TRAINING,
        words="A recorded training: the grids of eight digits, from the first step to the last. "
        "Each begins as the whole image. They learn to frame the digit because that lowers the "
        "loss. Nobody gave them a true pose: to judge θ, compare it with the known distortion.",
        more=_more("Every training, and your own", "distorted?view=Replay"),
    ),
    Words(
        title="How far it goes, and where it fails",
        words="Everything is now adjustable; the curve is computed live. The network was trained "
        "on digits turned by at most 45°, scaled and moved; beyond that, it can fail. <b>Find a "
        "pose that fools it.</b>",
        more=_more("Measured on all digits", "invariance"),
        question=Asked(
            words="The 4 is turned by 90° more. Does the network still read a 4?",
            answers=("Yes: the frame turns along", "No"),
            reasons=(
                "It was trained on turns of at most 45°. Beyond, the frame does not follow.",
                "It has learnt to undo what occurs in training, at most 45°, and nothing else.",
            ),
        ),
    ),
)


def steps(gain: str) -> tuple[Words, ...]:
    """The steps, with what the transformer gains said where its training is watched."""
    return tuple(
        replace(step, words=f"{step.words} {gain}") if step.title == TRAINING else step
        for step in STEPS
    )
