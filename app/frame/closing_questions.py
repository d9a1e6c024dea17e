"""What somebody can say after the story and the tour: the questions at the tour's end."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True)
class ClosingQuestion:
    """right: the index of the right answer; reasons: of each answer, why it is right or wrong;
    where: what shows it, and its address."""

    words: str
    answers: tuple[str, ...]
    right: int
    reasons: tuple[str, ...]
    where: str
    address: str


CLOSING_QUESTIONS = (
    ClosingQuestion(
        words="What is θ?",
        answers=(
            "The weights of the localisation network",
            "The parameters of a transformation, predicted for each image",
            "The angle by which the digit is turned",
        ),
        right=1,
        reasons=(
            "The weights are learnt once and then stay the same for all images. θ is what they "
            "predict for one image.",
            "The weights are learnt once; θ is what they predict for one image.",
            "θ is six numbers here: they turn, scale, shear and shift the grid. The angle is only "
            "one part of that.",
        ),
        where="step 3 of the story",
        address="?step=3",
    ),
    ClosingQuestion(
        words="What does $T_\\theta(G)$ say?",
        answers=(
            "Where each pixel of the image U goes in the output V",
            "Which pixels of U matter for the class",
            "For each pixel of V, where to read in U",
        ),
        right=2,
        reasons=(
            "It is the other way round. If U's pixels were sent to V, some of V's pixels would "
            "get none; so the grid says for each pixel of V where to read.",
            "The grid knows nothing of the class. It is made from θ alone, and says where to read.",
            "The grid goes from the output to the input, so a small grid gives a large picture.",
        ),
        where="stop 1",
        address="transformer?family=Affine&preset=Fig.+3(a)&stop=1",
    ),
    ClosingQuestion(
        words="What does the sampler do?",
        answers=(
            "It reads U at the grid's points, with a differentiable kernel",
            "It draws a random part of the image",
            "It searches for the θ with the highest probability",
        ),
        right=0,
        reasons=(
            "Eq. 3 is a sum over U's pixels, weighted by the kernel; Eq. 5 is the bilinear case.",
            "Nothing is random in it: the grid says exactly where to read. (Sampling means reading "
            "between the pixels.)",
            "Nothing is searched. The localisation network predicts θ in one pass, and the sampler "
            "reads where θ says.",
        ),
        where="step 4 of the story",
        address="?step=4",
    ),
    ClosingQuestion(
        words="Why are no labels of the pose needed?",
        answers=(
            "The pose is measured before training",
            "The loss has a gradient with respect to θ, through the sampler and the grid",
            "The localisation network is trained on upright digits first",
        ),
        right=1,
        reasons=(
            "Nobody measures it. Training sees images and their classes, and nothing else.",
            "A θ that makes the digit easier to read lowers the loss, and the gradient points "
            "that way.",
            "All parts are trained together, from the first step on, on distorted digits.",
        ),
        where="step 5 of the story",
        address="?step=5",
    ),
)
