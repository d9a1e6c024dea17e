"""What networks say of an example, with the probability of every class."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import streamlit as st

from app.data import browser_networks, networks
from app.stage.answers import BY_HAND, Answer, answers, answers_data
from app.stage.networks import send


@dataclass(frozen=True, kw_only=True)
class Verdict:
    """What a network says: its probabilities (classes,), whether a hand has set θ, what else has
    been done to it (as "transformer 1 muted"), and the brightest value that its classifier was
    given."""

    loaded: networks.LoadedNetwork
    probabilities: np.ndarray
    by_hand: bool
    note: str
    brightest: float

    @property
    def done(self) -> str:
        """What has been done to the network."""
        return BY_HAND if self.by_hand else self.note


def verdicts_data(
    rows: Sequence[Verdict],
    truth: int,
    shades: Sequence[str],
    *,
    group: str,
    article: bool = True,
    each: str = "each class",
    headline: str = "",
) -> dict:
    """What each network says, and how sure it is of every class, for the browser.

    shades: a colour for each network; group: names the input; article: before a class, as in "it
    is a 7"; each: what the bars are of; headline: the truth in large type, above them.
    """
    return answers_data(
        [_answer(row, shade) for row, shade in zip(rows, shades, strict=False)],
        truth,
        group=group,
        article=article,
        each=each,
        headline=headline,
    )


def verdicts(data: dict) -> None:
    """Draw it. data: ``verdicts_data``."""
    with st.container(key="verdict"):  # stage mode shows it as well
        answers(data, key="answers")


def _answer(row: Verdict, shade: str) -> Answer:
    return Answer(
        title=row.loaded.title,
        record=row.loaded.record,
        colour=shade,
        probabilities=row.probabilities,
        brightest=row.brightest,
        by_hand=row.by_hand,
        note=row.note,
        network=network_id(row.loaded),
        staged=row.loaded.network.transformer is not None,
    )


def network_id(loaded: networks.LoadedNetwork) -> str | None:
    """Of a network that the browser runs; None for one that stays with Python."""
    sent = browser_networks.sent_network(loaded.key)
    return sent and sent.id


def send_networks(shown: Sequence[networks.LoadedNetwork]) -> None:
    """Have the browser keep those of a page that it can run, so that they answer while a hand
    moves. Called when the first picture has been sent."""
    sent = (browser_networks.sent_network(loaded.key) for loaded in shown)
    with st.container(key="networks"):
        send([network for network in sent if network])
