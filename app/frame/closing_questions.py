"""What somebody can say after the tour: questions that it ends with."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True)
class ClosingQuestion:
    """right: the index of the right answer; stop: where it can be seen, from
    1 on."""

    words: str
    answers: tuple[str, ...]
    right: int
    why: str
    stop: int


CLOSING_QUESTIONS = (
    ClosingQuestion(
        words="What is θ?",
        answers=(
            "The weights of the localisation network",
            "The parameters of a transformation, predicted for each image",
            "The angle by which the digit is turned",
        ),
        right=1,
        why="The weights are learnt once and then fixed; θ is what they predict for one image.",
        stop=1,
    ),
    ClosingQuestion(
        words="What does $T_\\theta(G)$ say?",
        answers=(
            "Where each pixel of the image U goes in the output V",
            "Which pixels of U matter for the class",
            "For each pixel of V, where to read in U",
        ),
        right=2,
        why="The grid goes from the output to the input, so a small grid gives a large picture.",
        stop=3,
    ),
    ClosingQuestion(
        words="What does the sampler do?",
        answers=(
            "It reads U at the grid's points, with a differentiable kernel",
            "It draws a random part of the image",
            "It searches for the θ with the highest probability",
        ),
        right=0,
        why="Eq. 3 is a sum over U's pixels, weighted by the kernel; Eq. 5 is the bilinear case.",
        stop=6,
    ),
    ClosingQuestion(
        words="Why are no labels of the pose needed?",
        answers=(
            "The pose is measured before training",
            "The loss has a gradient with respect to θ, through the sampler and the grid",
            "The localisation network is trained on upright digits first",
        ),
        right=1,
        why="A θ that makes the digit easier to read lowers the loss, and the gradient points "
        "that way.",
        stop=8,
    ),
)
