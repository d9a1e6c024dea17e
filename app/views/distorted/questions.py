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
        words=f"Digit {DIGIT}, distorted by RTS with seed {SEED}: which networks read it "
        "correctly?",
        answers=("Both", "Only ST-CNN Aff", "Only the CNN", "Neither"),
        find=_who_reads_it,
        why="Choose this digit and this seed above to see why.",
    ),
    Question(
        words="On RTS, how large is the CNN's error compared with the ST-CNN's?",
        answers=("The same", "About 2 times", "About 5 times"),
        find=_cnn_and_st_cnn,
        why="Max-pooling gives a CNN some invariance of its own; the transformer adds more. "
        "*Results* has the table.",
    ),
    Question(
        words="On RTS, how large is the FCN's error compared with the ST-FCN's?",
        answers=("The same", "2 to 3 times", "About 8 times"),
        find=_fcn_and_st_fcn,
        why="A fully connected network has no built-in notion of position, so it gains most.",
    ),
)
