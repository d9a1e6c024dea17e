"""Predict first: questions about what a page will show, whose answers are computed, not written.

Each answer is worked out by the library when it is asked for, from the networks, recordings and
tables that are published here.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

import torch
import torch.nn.functional as F

from app.data import browser_networks, loading, pictures
from stn_core import results
from stn_core.experiments import find
from stn_core.sampling import sample
from stn_core.spatial_transformer import SpatialTransformer
from stn_core.transforms import Affine

RTS = "distorted/rts"
DIGIT, SEED = 207, 1


@dataclass(frozen=True, kw_only=True)
class Question:
    """words: the question; answers: to choose from; find: the place of the right one, computed;
    why: what is to be learnt from it, as Markdown."""

    words: str
    answers: tuple[str, ...]
    find: Callable[[], int]
    why: str


def nearest(value: float, values: tuple[float, ...]) -> int:
    """The place of the value that is nearest, as a ratio."""
    return min(range(len(values)), key=lambda i: abs(math.log(value / values[i])))


# -- the front page's network, on its first digit


def _probe() -> torch.Tensor:
    """The front page's digit as it is at first: (1, 1, H, W)."""
    images, _ = browser_networks.probes()
    return torch.from_numpy(images[[browser_networks.FIRST_DIGIT]])[:, None].float() / 255


def _theta(image: torch.Tensor) -> torch.Tensor:
    return loading.trace(loading.pretrained(browser_networks.NAME), image).warps[0].theta[0]


def _turned_by_180() -> int:
    trace = loading.trace(loading.pretrained(browser_networks.NAME), _probe().flip((2, 3)))
    return int(int(trace.logits.argmax()) != browser_networks.FIRST_DIGIT)


def _at_the_identity() -> int:
    image = _probe()
    identity = Affine().identity().tolist()
    warp = loading.trace(loading.pretrained(browser_networks.NAME), image, identity).warps[0]
    return 0 if torch.allclose(warp.output, image, atol=1e-5) else 1


def _moved_to_the_right() -> int:
    image = _probe()
    moved = F.pad(image, (3, 0))[..., : image.shape[-1]]
    change = (_theta(moved) - _theta(image)).abs()
    return {2: 0, 5: 1}.get(int(change.argmax()), 2)


# -- the grid alone, on the test card


def _card(theta: list[float]) -> tuple[torch.Tensor, torch.Tensor]:
    """The test card, and what the affine θ reads of it: (H, W) each."""
    card = torch.from_numpy(pictures.test_card())[None, None].float()
    grid = Affine().grid(torch.tensor([theta]).float(), card.shape[2:])
    return card[0, 0], sample(card, grid)[0, 0]


def _letter(image: torch.Tensor) -> torch.Tensor:
    """Where the white F is."""
    return image > 200


def _shift_grows() -> int:
    before, after = _card([1, 0, 0.3, 0, 1, 0])
    columns = torch.arange(before.shape[1]).float()
    middles = [(_letter(i).sum(0) * columns).sum() / _letter(i).sum() for i in (before, after)]
    return 0 if middles[1] < middles[0] else 1


def _scale_shrinks() -> int:
    before, after = _card([0.7, 0, 0, 0, 0.7, 0])
    return 0 if _letter(after).sum() > _letter(before).sum() else 1


def _determinant_is_negative() -> int:
    before, after = _card([-1, 0, 0, 0, 1, 0])
    return 0 if torch.allclose(after, before.flip(1), atol=1e-3) else 1


# -- tables and recordings


def _errors(table: str, *names: str) -> list[float]:
    cells = results.cells(table)
    return [cells[name].error for name in names]


def _who_reads_it() -> int:
    experiment = f"{RTS}/st-cnn-aff"
    shown = loading.example(experiment, DIGIT, SEED)
    label = int(shown.labels[0])
    right = [
        int(loading.trace(loading.pretrained(f"{RTS}/{n}"), shown.images).logits.argmax()) == label
        for n in ("st-cnn-aff", "cnn")
    ]
    return {(True, True): 0, (True, False): 1, (False, True): 2, (False, False): 3}[tuple(right)]


def _cnn_and_st_cnn() -> int:
    cnn, st_cnn = _errors("distorted", f"{RTS}/cnn", f"{RTS}/st-cnn-aff")
    return nearest(cnn / st_cnn, (1.0, 1.8, 5.0))


def _fcn_and_st_fcn() -> int:
    fcn, st_fcn = _errors("distorted", f"{RTS}/fcn", f"{RTS}/st-fcn-aff")
    return nearest(fcn / st_fcn, (1.0, 2.5, 8.0))


def _one_or_two_transformers() -> int:
    one, two = _errors("addition", "addition/rts/st-fcn-aff", "addition/rts/2st-fcn-aff")
    return nearest(one / two, (1.0, 1.7, 3.5))


def _left_digit() -> int:
    loaded = loading.pretrained("addition/rts/2st-fcn-aff")
    left, untouched = loading.pose_left(loaded, loaded.key)
    owners = [{c for c in range(2) if row[c] < untouched[c] * 0.7} for row in left]
    return 2 if sorted(map(sorted, owners)) == [[0], [1]] else 0


def _splines_add() -> int:
    names = [f"addition/rts/2st-fcn-{kind}" for kind in ("aff", "proj", "tps")]
    errors = _errors("addition", *names)
    return errors.index(min(errors))


def _share(column: str, digit: int) -> float:
    metrics = results.colocalised()[f"colocalisation/{column}/{digit}"]
    shares = [found["localised_percent"] for found in metrics["sets"]]
    return sum(shares) / len(shares)


CLASSES = (0, 1, 5, 8)


def _hardest_class() -> int:
    shares = [_share("tc", digit) for digit in CLASSES]
    return shares.index(min(shares))


def _boxes_begin() -> int:
    theta = loading.boxes("colocalisation/tc/8").snapshots[0].theta[:, 0]
    same = abs(theta - theta[0]).max() < 1e-3
    return 0 if same and abs(theta[0, 1:]).max() < 1e-3 else 1


def _eights_found() -> int:
    return nearest(_share("tc", 8), (50.0, 75.0, 95.0))


def _depth_counts() -> int:
    flat, turned = _errors("volumes", "volumes/extruded/cnn", "volumes/extruded/st-cnn-rigid")
    return nearest(flat / turned, (1.0, 2.0, 6.0))


def _rigid_numbers() -> int:
    loaded = loading.pretrained("volumes/extruded/st-cnn-rigid")
    return (6, 9, 12).index(loaded.network.transformer.localisation.regression.out_features)


def _from_the_side() -> int:
    """A digit whose face is turned by 90 degrees about the vertical axis, projected."""
    placed = loading.placed_probe(8)
    side = torch.tensor([[0.0, 0, 1], [0, 1, 0], [-1, 0, 0]]).numpy()
    seen = loading.extruded(placed.image, side, 0 * placed.shift).sum(2)[0, 0]
    rows, columns = (torch.nonzero(seen.sum(n)).numel() for n in (1, 0))
    return 0 if columns < 0.7 * rows else 1


FOUR = ("fcn", "cnn", "st-fcn-aff", "st-cnn-aff")


def _recorded(name: str, axis: str, value: float) -> float:
    recording, _ = loading.invariance(RTS)
    place = recording.axis(axis).values.index(value)
    return recording.networks[name].curves[axis].errors(recording.digits)[place]


def _at_90_degrees() -> int:
    errors = [_recorded(name, "rotation", 90) for name in FOUR]
    return errors.index(min(errors))


def _tiny_digits() -> int:
    return nearest(_recorded("st-cnn-aff", "scale", 0.4), (3.0, 15.0, 60.0))


def _tiny_for_the_fcn() -> int:
    return nearest(_recorded("fcn", "scale", 0.4), (3.0, 15.0, 75.0))


# -- why labels are enough


def _slope(theta: list[float], kernel: str = "bilinear") -> float:
    """The largest entry of ∂loss/∂θ, of the front page's digit and network, at this θ."""
    network = loading.pretrained(browser_networks.NAME).network
    held = torch.tensor([theta], requires_grad=True)
    grid = Affine().grid(held, _probe().shape[2:])
    output = F.avg_pool2d(sample(_probe(), grid, kernel), network.pool)
    loss = F.cross_entropy(network.classifier(output), torch.tensor([browser_networks.FIRST_DIGIT]))
    gradient = torch.autograd.grad(loss, held, allow_unused=True)[0]
    return 0.0 if gradient is None else gradient.abs().max().item()


OFF = [0.9, 0.1, 0.05, -0.1, 0.9, 0.02]


def _far_away() -> int:
    return 0 if _slope([0.3, 0, 2.2, 0, 0.3, 2.2]) == 0 else 1


def _with_the_integer_kernel() -> int:
    return 0 if _slope(OFF, "integer") == 0 < _slope(OFF) else 1


def _untrained_predicts() -> int:
    """θ of a fresh network, for ten digits."""
    network = find(browser_networks.NAME).build(seed=0)
    images = torch.from_numpy(browser_networks.probes()[0])[:, None].float() / 255
    with torch.no_grad():
        theta = network.trace(images).warps[0].theta
    return 0 if torch.allclose(theta, Affine().identity().expand_as(theta), atol=1e-6) else 1


# -- a transformer in any network


def _transformer(size: tuple[int, int] | None) -> SpatialTransformer:
    localisation = torch.nn.Sequential(torch.nn.Flatten(), torch.nn.Linear(3 * 8 * 8, 6))
    torch.nn.init.zeros_(localisation[1].weight)
    localisation[1].bias.data.copy_(Affine().identity())
    return SpatialTransformer(localisation, Affine(), size)


@torch.no_grad()
def _fresh() -> int:
    image = torch.rand(1, 3, 8, 8, generator=torch.Generator().manual_seed(0))
    return 0 if torch.allclose(_transformer(None)(image), image, atol=1e-5) else 1


@torch.no_grad()
def _other_size() -> int:
    return 0 if _transformer((4, 6))(torch.zeros(1, 3, 8, 8)).shape == (1, 3, 4, 6) else 1


def _pixel_gradient() -> int:
    image = torch.zeros(1, 3, 8, 8)
    image[:, :, 3, 3] = 1
    image.requires_grad_()
    _transformer(None)(image).sum().backward()
    return 0 if image.grad.abs().sum() > 0 else 1


QUESTIONS: dict[str, tuple[Question, ...]] = {  # by the pages' files in views/
    "front": (
        Question(
            words="The 3 is turned by 180°. Does the network still read it as a 3?",
            answers=("Yes", "No"),
            find=_turned_by_180,
            why="It has never seen a digit turned by more than 45°: the transformer has learnt to "
            "undo what occurs in its training, and nothing else.",
        ),
        Question(
            words="θ is set to the identity. What is V?",
            answers=("U itself", "The digit, upright and large"),
            find=_at_the_identity,
            why="Every pixel of V then reads its own place in U. So every transformer starts: as "
            "if it were not there.",
        ),
        Question(
            words="The digit moves to the right. Which of the numbers of θ changes most?",
            answers=("θ₁₃, the shift in x", "θ₂₃, the shift in y", "Another one"),
            find=_moved_to_the_right,
            why="The grid goes after the digit. Nobody said that it should: it pays.",
        ),
    ),
    "transformer": (
        Question(
            words="θ₁₃, the shift in x, grows. Which way does the picture in V go?",
            answers=("To the left", "To the right"),
            find=_shift_grows,
            why="The grid moves to the right over U; what it reads appears farther to the left.",
        ),
        Question(
            words="The grid shrinks to 0.7 of its size. Is the F in V larger or smaller?",
            answers=("Larger", "Smaller"),
            find=_scale_shrinks,
            why="$T_\\theta$ goes from V to U: a small grid is a crop, and a crop is a magnifier.",
        ),
        Question(
            words="θ₁₁ becomes −1. What does V show?",
            answers=("The F, mirrored", "The F, upside down"),
            find=_determinant_is_negative,
            why="x alone changes its sign: the determinant is negative, and the grid turned over.",
        ),
    ),
    "distorted": (
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
    ),
    "addition": (
        Question(
            words="Two digits, but one transformer: how many times the error of two?",
            answers=("The same", "1.5 to 2 times", "3 times and more"),
            find=_one_or_two_transformers,
            why="One grid cannot lie on two digits at once.",
        ),
        Question(
            words="Which of the two transformers takes the digit on the left?",
            answers=(
                "Always the first",
                "Whichever predicts it with more confidence",
                "The one that looks after the channel it is in, wherever it lies",
            ),
            find=_left_digit,
            why="Each transformer has taken a channel for its own; which one is a matter of luck.",
        ),
        Question(
            words="Which family adds best with two transformers?",
            answers=("Affine", "Projective", "Thin plate spline"),
            find=_splines_add,
            why="As far as the budgets compare; see under *Results* which differences are more "
            "than chance.",
        ),
    ),
    "colocalisation": (
        Question(
            words="Which of these classes is the hardest to find among clutter?",
            answers=tuple(str(digit) for digit in CLASSES),
            find=_hardest_class,
            why="A stroke is everywhere in the clutter: what all images share must differ from "
            "what any patch has.",
        ),
        Question(
            words="Where are the boxes at step 0?",
            answers=("All in the middle", "Each somewhere else"),
            find=_boxes_begin,
            why="The localisation network starts with one answer for all images.",
        ),
        Question(
            words="How many of a hundred eights among clutter are found?",
            answers=("About 50", "About 75", "About 95"),
            find=_eights_found,
            why="The mean of the sets under *Results*.",
        ),
    ),
    "volumes": (
        Question(
            words="A volume is summed along its depth and classified, with a transformer before "
            "that or without. How many times the error is it without?",
            answers=("The same", "About 2 times", "About 6 times"),
            find=_depth_counts,
            why="The plain projection shows the digit as it lies, tilted and off the middle.",
        ),
        Question(
            words="How many numbers does the rigid transformer's localisation network give?",
            answers=("6", "9", "12"),
            find=_rigid_numbers,
            why="Three for a rotation, three for a shift: the 12 of Eq. 10 are made of them.",
        ),
        Question(
            words="The digit is seen from its side. What is its projection?",
            answers=("A narrow bar", "Its mirror image"),
            find=_from_the_side,
            why="A projection along the face's own plane has lost the digit: turning it pays.",
        ),
    ),
    "invariance": (
        Question(
            words="Digits are turned by 90°, twice what was trained. Who errs least?",
            answers=("FCN", "CNN", "ST-FCN Aff", "ST-CNN Aff"),
            find=_at_90_degrees,
            why="All of them err often: invariance is learnt from what is seen.",
        ),
        Question(
            words="Digits of 0.4 of their size, far below the training. The ST-CNN's error?",
            answers=("About 3 %", "About 15 %", "About 60 %"),
            find=_tiny_digits,
            why="The transformer enlarges what it finds: scale carries much farther than rotation.",
        ),
        Question(
            words="And the FCN's?",
            answers=("About 3 %", "About 15 %", "About 75 %"),
            find=_tiny_for_the_fcn,
            why="It has nothing to enlarge with.",
        ),
    ),
    "labels": (
        Question(
            words="The grid reads nothing but black. How large is ∂loss/∂θ?",
            answers=("Zero", "Small, but enough to come back"),
            find=_far_away,
            why="V does not change when the grid moves a little: from there no label helps.",
        ),
        Question(
            words="The sampler takes the nearest pixel (Eq. 4). How large is ∂loss/∂θ?",
            answers=("Zero", "As with the bilinear kernel, but rougher"),
            find=_with_the_integer_kernel,
            why="Between two jumps V is constant. The bilinear kernel has a slope there.",
        ),
        Question(
            words="Before the training: which θ does the localisation network predict?",
            answers=("The identity, for every image", "Another one for every image"),
            find=_untrained_predicts,
            why="Its last layer has zero weights and the identity for a bias: all of U is seen, "
            "and there is something to learn from.",
        ),
    ),
    "network": (
        Question(
            words="A transformer is put into a network, its regression layer at the identity. What "
            "does it do to the network before any training?",
            answers=("Nothing: V is U", "It adds a little noise"),
            find=_fresh,
            why="So it can be put into a trained network as well.",
        ),
        Question(
            words="Can V have another size than U?",
            answers=("Yes, any", "No"),
            find=_other_size,
            why="The grid has as many points as V has pixels (`size=`); so a transformer can also "
            "shrink what comes after it.",
        ),
        Question(
            words="Do layers before the transformer still get a gradient?",
            answers=("Yes", "No"),
            find=_pixel_gradient,
            why="Eq. 6: by U's pixels, as Eq. 7 is by the grid's points.",
        ),
    ),
}
