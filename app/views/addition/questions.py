"""Questions on MNIST addition."""

from __future__ import annotations

from app.data import networks, sums
from app.frame.question import Question, nearest, published_errors


def _one_or_two_transformers() -> int:
    one, two = published_errors("addition", "addition/rts/st-fcn-aff", "addition/rts/2st-fcn-aff")
    return nearest(one / two, (1.0, 1.7, 3.5))


def _left_digit() -> int:
    loaded = networks.pretrained("addition/rts/2st-fcn-aff")
    left, untouched = sums.pose_left(loaded, loaded.key)
    owners = [{c for c in range(2) if row[c] < untouched[c] * 0.7} for row in left]
    return 2 if sorted(map(sorted, owners)) == [[0], [1]] else 0


def _splines_add() -> int:
    names = [f"addition/rts/2st-fcn-{kind}" for kind in ("aff", "proj", "tps")]
    errors = published_errors("addition", *names)
    return errors.index(min(errors))


QUESTIONS = (
    Question(
        words="With one transformer for two digits, how does the error compare with two "
        "transformers?",
        answers=("The same", "1.5 to 2 times", "3 times and more"),
        find=_one_or_two_transformers,
        why="One grid cannot follow two digits at once.",
    ),
    Question(
        words="Which of the two transformers follows the digit on the left?",
        answers=(
            "Always the first",
            "The one that is more confident",
            "The one that follows its channel, wherever the digit is",
        ),
        find=_left_digit,
        why="Each transformer has learnt to follow one channel; which one is chance.",
    ),
    Question(
        words="Which family has the smallest error with two transformers?",
        answers=("Affine", "Projective", "Thin plate spline"),
        find=_splines_add,
        why="The budgets differ. *Results* shows which differences are significant.",
    ),
)
