"""The guided tour: stops that say what to do, wait until it is done, and say what was seen."""

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
    has done it, of the session's state."""

    title: str
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


def _misread(state: State) -> bool:
    report = reported(state, "figure2")
    return bool(report.get("byHand")) and report.get("said") != report.get("label")


def _position(state: State, key: str) -> float | None:
    position = reported(state, key).get("position")
    return position if isinstance(position, int | float) else None


STOPS = (
    Stop(
        title="A network that decides where to read",
        page="front",
        do="Take the **3** by one of the four white dots around it, and turn it by more than 60°. "
        "Watch the blue grid on U, the six numbers θ, and V.",
        done=lambda s: angle(reported(s, "figure2").get("pose")) > 60,
        seen="For every pose of the digit, the **localisation network** gave other numbers θ; the "
        "**grid generator** made of them the grid $T_\\theta(G)$; the **sampler** read U at its "
        "points. That is V, and the classifier sees nothing else. The weights of all this have "
        "been fixed since the training, which had digits turned by at most 45°: turn it on, and "
        "at some angle it errs.",
    ),
    Stop(
        title="θ in your hand",
        page="front",
        do="Below the figure, let the hand move **the grid**, and drag it until the network reads "
        "the digit wrongly.",
        done=_misread,
        seen="The digit has not moved, and the classifier is the same. Only θ has changed, and "
        "with it V. So the answer depends on **where the network reads**; to read well, it must "
        "predict a good θ. (An empty V gets an answer as well: a digit with little ink.)",
    ),
    Stop(
        title="$T_\\theta$ goes from V to U",
        page="transformer",
        fields={"family": "Affine", "preset": "Fig. 3(a)"},
        do="Make the grid small: scale it down by a corner, to less than a third of U's area.",
        done=lambda s: area(_theta(s, "lab")) < 1 / 3,
        seen="The smaller the grid, the larger the picture in V. **$T_\\theta(G)$ says for each "
        "pixel of V where in U it is read**, and not where a pixel of U goes. So every pixel of V "
        "gets a value; outside of U that is black. $|\\det A_\\theta|$ is the grid's area beside "
        "U's: below 1 it is a crop, which the paper calls attention.",
    ),
    Stop(
        title="Turned the other way",
        page="transformer",
        fields={"family": "Affine", "preset": "Fig. 3(a)"},
        do="Turn the grid past 90°, by a corner. Which way does the F in V go?",
        done=lambda s: angle(_theta(s, "lab")) > 90,
        seen="V turned against the grid. To bring a digit upright that is turned to the left, the "
        "grid turns to the left as well, and lies on the digit as a frame would.",
    ),
    Stop(
        title="More than affine",
        page="transformer",
        fields={"family": "Thin plate spline"},
        do="Drag one of the sixteen control points.",
        done=lambda s: is_theta(_theta(s, "lab"), 32),
        seen="32 numbers, two a point, and the grid bends. Any family will do, as long as the "
        "grid's points depend on θ in a way that has a derivative: that is all the paper asks for "
        "(Sect. 3.2).",
    ),
    Stop(
        title="The sampler, and its gradient",
        page="transformer",
        fields={"preset": "Pull"},
        do="The arrows say how each grid point should move for V to come nearer to the target "
        "(Eq. 7). Press **Descend**, below V.",
        done=lambda s: _theta(s, "lab") is not None,
        seen="θ went downhill by itself, with nothing but the difference between V and the target. "
        "The **kernel** (no convolution: how a point between the pixels is read) is bilinear, and "
        "has a slope there, so the error reaches the grid and through it θ. The kernel *integer* "
        "reads the nearest pixel: its slope is zero, and nothing would descend.",
    ),
    Stop(
        title="Only the class is told",
        page="distorted",
        fields={"view": "Replay", "distortion": "RTS"},
        do="A recorded training, told nothing but the class of each digit. Press **▶**, or drag "
        "the playhead, and watch the grids from step 0 on.",
        done=lambda s: _position(s, "replay") is not None,
        seen="At step 0 every grid is the identity. Then they shrink onto the digits. Nobody told "
        "the network where a digit is: a θ with which the classifier errs less has a lower loss, "
        "and the gradient of the loss comes to the localisation network through the sampler.",
    ),
    Stop(
        title="Who turns the digit?",
        page="labels",
        do="θ stands at the identity, and this two is read as a seven. Press **Descend**, below "
        "the pictures: the loss of its label, and nothing else, moves θ.",
        done=lambda s: reported(s, "labels").get("steps", 0) > 1,
        seen="The label said *two*; that the digit should be turned, nobody said. The loss has a "
        "slope with respect to V, V with respect to the grid's points (Eq. 7), the points with "
        "respect to θ: so θ learns from the class. Press *Far away*: where no ink is read, nothing "
        "pulls.",
    ),
    Stop(
        title="Two transformers share the work",
        page="addition",
        do="The network is told the sum of two digits. Take the **grid of one transformer** and "
        "drag it away from its digit, until the sum is wrong, or no more than a guess.",
        done=lambda s: s.get("sum:misread") is True,
        seen="One of the two digits got lost, and with it the sum. Each transformer has come to "
        "look after one digit, though the loss knows the sum alone (App. A.1).",
    ),
    Stop(
        title="Without any label",
        page="colocalisation",
        do="A hundred images with the same kind of object. Press **▶**.",
        done=lambda s: (_position(s, "wall") or 0) > 0,
        seen="The boxes found the object that all images share: two boxes' contents should be more "
        "alike than a box and a random patch (Eq. 8). Here not even the class was told.",
    ),
    Stop(
        title="Into the third dimension",
        page="volumes",
        do="The digit stands in a volume. Let the hand take **the digit**, and turn it.",
        done=lambda s: reported(s, "volume").get("pose") is not None,
        seen="The same module with 12 numbers in θ (Eq. 10): the box $T_\\theta(G)$ reads a "
        "volume, and its projection is what the classifier sees. The box goes where the digit is "
        "and turns with it, about half the way: from a steep side, it shows the digit less "
        "foreshortened than it lies.",
    ),
)
