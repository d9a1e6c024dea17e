"""Questions on distorted MNIST."""

from __future__ import annotations

from app.data import examples, networks
from app.frame.question import Question, nearest, published_errors

RTS = "distorted/rts"
DIGIT, SEED = 207, 1


def _who_reads_it() -> int:
    experiment = f"{RTS}/st-cnn-aff"
    shown = examples.example(experiment, DIGIT, SEED)
    label = int(shown.labels[0])
    right = [
        int(networks.run_network(networks.pretrained(f"{RTS}/{n}"), shown.images).logits.argmax())
        == label
        for n in ("st-cnn-aff", "cnn")
    ]
    return {(True, True): 0, (True, False): 1, (False, True): 2, (False, False): 3}[tuple(right)]


def _cnn_and_st_cnn() -> int:
    cnn, st_cnn = published_errors("distorted", f"{RTS}/cnn", f"{RTS}/st-cnn-aff")
    return nearest(cnn / st_cnn, (1.0, 1.8, 5.0))


def _fcn_and_st_fcn() -> int:
    fcn, st_fcn = published_errors("distorted", f"{RTS}/fcn", f"{RTS}/st-fcn-aff")
    return nearest(fcn / st_fcn, (1.0, 2.5, 8.0))


QUESTIONS = (
    Question(
        words=f"Digit {DIGIT} of RTS, distorted with seed {SEED}: who reads it?",
        answers=("Both", "ST-CNN Aff alone", "The CNN alone", "Neither"),
        find=_who_reads_it,
        why="Choose the digit and the seed, and see why.",
    ),
    Question(
        words="On RTS, how many times the ST-CNN's error is the CNN's?",
        answers=("They are the same", "About 2 times", "About 5 times"),
        find=_cnn_and_st_cnn,
        why="A CNN has some invariance of its own, by its max-pooling; the transformer adds to "
        "it. The table is under *Results*.",
    ),
    Question(
        words="And the FCN's error, how many times the ST-FCN's?",
        answers=("They are the same", "2 to 3 times", "About 8 times"),
        find=_fcn_and_st_fcn,
        why="A fully connected network has no notion of place at all: it gains the most.",
    ),
)
