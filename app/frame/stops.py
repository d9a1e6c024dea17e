"""The guided tour: stops that say what to do, wait until it is done, and explain what was seen.

It begins where the front page's story ends: families, kernels, several transformers, in parallel
and in depth, windows, no labels, and three dimensions."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from app.stage.large import is_theta

State = Mapping[str, Any]  # as st.session_state


@dataclass(frozen=True, kw_only=True)
class Stop:
    """page: its folder in views/; fields: of the page's address; done: whether the visitor
    has done it, of the session's state; learnt: what it shows, in a sentence for the end."""

    title: str
    learnt: str
    page: str
    do: str
    seen: str
    done: Callable[[State], bool]
    fields: dict[str, str] = field(default_factory=dict)


def reported(state: State, key: str) -> dict[str, Any]:
    """What a stage has reported last; empty if it has not."""
    report = (state.get(key) or {}).get("report")
    return report if isinstance(report, dict) else {}


def angle(matrix: Any) -> float:
    """How far six numbers of an affine map turn, in degrees, either way; 0 of anything else."""
    if not is_theta(matrix, 6):
        return 0.0
    return abs(math.degrees(math.atan2(matrix[3], matrix[0])))


def area(matrix: Any) -> float:
    """|det| of six numbers of an affine map; 1 of anything else."""
    if not is_theta(matrix, 6):
        return 1.0
    return abs(matrix[0] * matrix[4] - matrix[1] * matrix[3])


def _theta(state: State, key: str) -> Any:
    """θ of the first transformer of a stage, as it was set by hand."""
    thetas = reported(state, key).get("thetas")
    return thetas[0] if isinstance(thetas, list) and thetas else None


def _is_window_held(state: State, key: str) -> bool:
    """Whether a hand has moved a window of a stage."""
    held = reported(state, key).get("held")
    return isinstance(held, list) and any(is_theta(middle, 2) for middle in held)


def _position(state: State, key: str) -> float | None:
    position = reported(state, key).get("position")
    return position if isinstance(position, int | float) else None


# Where an old link to a stop, ``?lesson=N``, leads: to the step of the front page's story that
# tells it now, or to the stop by its number now.
LESSONS = {
    1: ("step", 1), 2: ("step", 2), 3: ("stop", 1), 4: ("stop", 2), 5: ("stop", 3), 6: ("stop", 4),
    7: ("step", 6), 8: ("step", 5), 9: ("stop", 5), 10: ("stop", 8), 11: ("stop", 9),
}  # fmt: skip

STOPS = (
    Stop(
        title="The grid goes from output to image",
        learnt="The grid says for each pixel of the output where to read in the image.",
        page="transformer",
        fields={"family": "Affine", "preset": "Fig. 3(a)"},
        do="Make the grid small: drag a corner inwards, until it covers less than a third of U.",
        done=lambda s: area(_theta(s, "lab")) < 1 / 3,
        seen="The smaller the grid, the larger the digit in V. **The grid says for each pixel of V "
        "where to read in U**, not where a pixel of U goes. So every pixel of V gets a value; "
        "outside of U it is black. $|\\det A_\\theta|$ is the grid's area relative to the image's: "
        "below 1 the transformer crops, which the paper calls attention.",
    ),
    Stop(
        title="The output turns the opposite way",
        learnt="The grid frames the digit; in the output the digit is upright.",
        page="transformer",
        fields={"family": "Affine", "preset": "Fig. 3(a)"},
        do="Turn the grid past 90° by a corner. Which way does the F in V turn?",
        done=lambda s: angle(_theta(s, "lab")) > 90,
        seen="V turned the opposite way. If a digit is turned to the left, the grid turns to the "
        "left as well and frames the digit; in V the digit is upright.",
    ),
    Stop(
        title="More than affine",
        learnt="Any family of grids that is differentiable in θ works, also one that bends.",
        page="transformer",
        fields={"family": "Thin plate spline"},
        do="Drag one of the sixteen control points.",
        done=lambda s: is_theta(_theta(s, "lab"), 32),
        seen="θ has 32 numbers now, two for each point, and the grid bends. Any family works, as "
        "long as the grid is differentiable with respect to θ. The paper asks for nothing else "
        "(Sect. 3.2).",
    ),
    Stop(
        title="The sampler, and its gradient",
        learnt="The kernel decides whether a gradient reaches θ.",
        page="transformer",
        fields={"preset": "Pull"},
        do="The arrows show how each grid point should move so that V gets closer to the target "
        "(Eq. 7). Press **Descend**, below V.",
        done=lambda s: _theta(s, "lab") is not None,
        seen="θ followed the gradient of one number: the difference between V and the target. The "
        "sampling **kernel** says how to read between the pixels. The bilinear kernel has a slope "
        "there, so the error reaches the grid, and through it θ. The *integer* kernel reads the "
        "nearest pixel: its slope is zero, and θ would not move.",
    ),
    Stop(
        title="Two transformers share the work",
        learnt="Transformers in parallel divide the work by themselves.",
        page="addition",
        do="This network adds two digits. Drag the **grid of one transformer** away from its "
        "digit, until the sum is wrong, or only a guess.",
        done=lambda s: s.get("sum:misread") is True,
        seen="Without one digit the sum is lost. Each transformer has learnt to follow one digit, "
        "although the only label was the sum (App. A.1).",
    ),
    Stop(
        title="Transformers in depth",
        learnt="In depth, transformers read each other's work: their matrices multiply.",
        page="house_numbers",
        do="Four transformers read a house number, one after the other. Drag **frame 1** on the "
        "photograph. What do the other frames do?",
        done=lambda s: _theta(s, "number-stage") is not None,
        seen="They moved along. Each transformer reads what the layers before it made of the last "
        "one's output, so on the photograph its frame is the product of all matrices so far "
        "(Table 2). The deeper ones then predicted anew, from the maps that they read now.",
    ),
    Stop(
        title="Windows on a photograph",
        learnt="Transformers in parallel look at different parts of one photograph.",
        page="birds",
        do="Two transformers look at a bird through windows of fixed size. **Drag one window** to "
        "another part of the bird. What does its crop show, and which species is named now?",
        done=lambda s: _is_window_held(s, "bird-stage"),
        seen="The crop followed at once, and the species was named anew. In training nobody said "
        "where to look: from the species alone, each transformer learnt a place of its own "
        "(Table 3).",
    ),
    Stop(
        title="Without any label",
        learnt="Even without labels, a loss on what is read finds the object.",
        page="colocalisation",
        do="A hundred images share one kind of object. Watch the boxes: press **▶** to play it "
        "again, or drag the playhead.",
        done=lambda s: (_position(s, "wall") or 0) > 0,
        seen="The boxes found the object that all images share. The loss asks only that two boxes' "
        "contents are more alike than a box and a random patch (Eq. 8). There was no class label.",
    ),
    Stop(
        title="Into the third dimension",
        learnt="The same module works in volumes.",
        page="volumes",
        do="The digit stands in a volume. Choose **Drag: digit**, and turn it.",
        done=lambda s: reported(s, "volume").get("pose") is not None,
        seen="The same module, with 12 numbers in θ (Eq. 10): the grid is a box that reads the "
        "volume, and the classifier sees its projection. The box moves to the digit and turns with "
        "it about half the way, so the digit looks less foreshortened.",
    ),
)
