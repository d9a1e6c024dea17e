"""What the page shows of a network that runs: looked up from what was chosen, and from the hand."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

import streamlit as st

from app.data import inspected
from app.panels.answers import shown_size
from app.stage.large import MAX_NUMBER, Report, is_theta, reported

if TYPE_CHECKING:
    from stn_core.inspecting import Inspected, Pass, Seen
    from stn_core.inspecting.poses import Pose
    from stn_core.watching.fitting import Fitted

HANDS = "own-hands"  # in the session: what it is of, and θ by the names of the transformers

Hands = dict[str, list[float]]


@dataclass(frozen=True, kw_only=True)
class Choice:
    """What was chosen. key: tells the network from every other; transformer: its name; channel: of
    U, None for all or their mean; crop: of several that it makes of an image."""

    network: Inspected
    key: str
    transformer: str
    image: int
    channel: int | None
    crop: int
    pose: Pose

    @property
    def input(self) -> str:
        """Tells the network and its input from every other."""
        return f"{self.key}/{self.image}/{','.join(f'{part:g}' for part in self.pose)}"

    @property
    def token(self) -> str:
        """Names what the stage shows."""
        return f"{self.input}/{self.transformer}/{self.crop}"

    @property
    def stage_key(self) -> str:
        """Of a transformer's own stage: what a hand has done there is kept in the browser."""
        return f"own-live-{self.network.names.index(self.transformer)}"

    @property
    def truth(self) -> int | None:
        """The true class, if it is known."""
        return self.network.label(self.image)


@dataclass(frozen=True, kw_only=True)
class Shown:
    """own: at the network's own grids; now: with those of the hand; seen: the chosen transformer
    before the hand took it; fitted: its family and θ (1, P) for the stage; moved: the names of the
    transformers whose grid is the hand's."""

    choice: Choice
    own: Pass
    now: Pass
    seen: Seen
    fitted: Fitted
    moved: tuple[str, ...]


def show(choice: Choice) -> Shown:
    """Run the network with what the hand has done. Raises InputError, and ValueError for a grid
    that cannot be drawn."""
    import torch

    network = choice.network
    own = inspected.own_pass(network, choice.key, choice.image, choice.pose)
    image = inspected.posed_image(network, choice.image, choice.pose)
    hands = hands_of(choice)
    now, grids, seen, fitted, moved = own, {}, None, None, []
    for name in network.names:  # one by one: where an earlier one is moved, a later reads else
        if name not in hands and name != choice.transformer:
            continue
        before = now.seen.get(name)
        if before is None:
            raise ValueError(f"the network did not use the transformer {name!r} for this image")
        crop = choice.crop if name == choice.transformer else 0
        its = before.fitted(crop, shown_size(before))
        if name == choice.transformer:
            seen, fitted = before, its
        theta = hands.get(name)
        if theta is not None and len(theta) == its.theta.shape[1]:
            grids[name] = before.moved(its, torch.tensor([theta]), crop)
            moved.append(name)
            now = network.run(image, grids)
    assert seen is not None and fitted is not None
    return Shown(choice=choice, own=own, now=now, seen=seen, fitted=fitted, moved=tuple(moved))


def hands_of(choice: Choice) -> Hands:
    """θ that the hand has set on this input, by the transformers' names, the newest included."""
    kept = st.session_state.get(HANDS)
    hands: Hands = dict(kept[1]) if kept and kept[0] == choice.input else {}
    report = _report(choice)
    if report.serial:  # the stage has said what is there now
        hands.pop(choice.transformer, None)
        if report.thetas:
            hands[choice.transformer] = report.thetas[0]
    st.session_state[HANDS] = (choice.input, hands)
    return hands


def release_others(choice: Choice) -> None:
    """Give back the grids of all transformers but the chosen one."""
    where, hands = st.session_state.get(HANDS, (choice.input, {}))
    kept: Mapping[str, list[float]] = hands
    st.session_state[HANDS] = (
        where, {n: theta for n, theta in kept.items() if n == choice.transformer}
    )  # fmt: skip


def _report(choice: Choice) -> Report:
    """What the visitor has done on the stage; of how many numbers its θ is, the fit says later."""
    state = (st.session_state.get(choice.stage_key) or {}).get("report")
    thetas = state.get("thetas") if isinstance(state, dict) else None
    count = len(thetas[0]) if _is_one_theta(thetas) else 0
    return reported(choice.stage_key, choice.token, count)


def _is_one_theta(thetas: object) -> bool:
    return (
        isinstance(thetas, list)
        and len(thetas) == 1
        and isinstance(thetas[0], list)
        and len(thetas[0]) <= MAX_NUMBER
        and is_theta(thetas[0], len(thetas[0]))
    )
