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
            "The numbers of one transformation, predicted for each image anew",
            "The angle by which the digit is turned",
        ),
        right=1,
        why="The weights are learnt and then stay; θ is their answer to one image.",
        stop=1,
    ),
    ClosingQuestion(
        words="What does $T_\\theta(G)$ say?",
        answers=(
            "Where each pixel of U goes in V",
            "Which pixels of U matter for the class",
            "For each pixel of V, where in U it is read",
        ),
        right=2,
        why="From the output to the input: therefore a small grid is a large picture.",
        stop=3,
    ),
    ClosingQuestion(
        words="What does the sampler do?",
        answers=(
            "It reads U at the points of the grid, by a kernel that has a derivative",
            "It draws a random part of the image",
            "It searches for the θ with the highest probability",
        ),
        right=0,
        why="Eq. 3: a sum over U's pixels, weighted by the kernel; Eq. 5 is its bilinear form.",
        stop=6,
    ),
    ClosingQuestion(
        words="Why are no labels of the pose needed?",
        answers=(
            "The pose is measured before the training",
            "The loss of the class has a gradient with respect to θ, through the sampler and the "
            "grid",
            "The localisation network is trained on upright digits first",
        ),
        right=1,
        why="A θ that makes the digit easier to read lowers the loss of the class; the gradient "
        "says which way that is.",
        stop=8,
    ),
)
