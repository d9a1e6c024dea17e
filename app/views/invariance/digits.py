"""Ten digits at the value that is looked at, and what every network makes of them."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import streamlit as st

from app.data import gallery, invariance
from app.data.faults import reason
from app.data.networks import LoadedNetwork, network_title, pretrained, run_network
from app.panels.transformers import pixels
from app.stage.large import Item
from app.stage.strip import strip
from app.stage.transformers import Transformers
from app.views.invariance.words import KIND_GRIDS, Choice, split


def show_digits(choice: Choice, digits: Sequence[int]) -> None:
    """The digits, the grids on them, and the networks' answers: a strip for each family."""
    column, axis = choice.recording.column, choice.axis.name
    images = invariance.posed(column, axis, choice.value, tuple(digits))
    labels = gallery.gallery().labels[list(digits)].tolist()
    networks = _loaded(column, choice.networks)
    traces = {name: run_network(loaded, images) for name, loaded in networks.items()}
    answers = {name: trace.logits.argmax(1).tolist() for name, trace in traces.items()}
    families: dict[str, list[str]] = {}
    for name in filter(networks.__contains__, choice.transformed):
        families.setdefault(split(name)[1], []).append(name)
    plain = [name for name in networks if not split(name)[1]]
    for index, (family, transformed) in enumerate((families or {"": []}).items()):
        named = [*(plain if index == 0 else []), *transformed]
        items = []
        for place, digit in enumerate(digits):
            label = labels[place]
            lines = [_answer(name, answers[name][place], label) for name in named]
            thetas = [traces[name].warps[0].theta[place].numpy() for name in transformed]
            items.append(
                Item(
                    id=str(digit),
                    image=pixels(images)[place],
                    theta=np.stack(thetas) if thetas else None,
                    label="\n".join([str(label), *lines]),
                    alt="; ".join([f"A {label} {choice.place.lower()}", *lines]),
                )
            )
        st.markdown(_legend(transformed), unsafe_allow_html=True)
        strip(
            items,
            key=f"posed-{family}",
            token=f"{column}/{axis}/{choice.value}/{digits}/{choice.networks}",
            transformers=_transformers(transformed, networks),
        )


def _loaded(column: str, names: Sequence[str]) -> dict[str, LoadedNetwork]:
    """The networks that can be loaded, by name; the page says what is wrong with the others."""
    found = {}
    for name in names:
        try:
            found[name] = pretrained(f"{column}/{name}")
        except (ValueError, OSError) as error:
            st.error(f"{network_title(name)} cannot be loaded: {reason(error)}")
    return found


def _answer(name: str, answer: int, label: int) -> str:
    return f"{network_title(name)} {answer} {'✓' if answer == label else '✗'}"


def _transformers(names: Sequence[str], networks: dict[str, LoadedNetwork]) -> Transformers | None:
    """Those of networks of one family, each in its kind's colour."""
    if not names:
        return None
    return Transformers(
        transform=networks[names[0]].experiment.network.transform,
        colours=tuple(KIND_GRIDS[split(name)[0]] for name in names),
        names=tuple(network_title(name) for name in names),
    )


def _legend(transformed: Sequence[str]) -> str:
    """What is to be seen in a strip, with the colours of its grids."""
    if not transformed:
        return "<span style='font-size:.9em'>Image U, and how each network reads it</span>"
    named = ", ".join(
        f"<span style='white-space:nowrap'><span style='display:inline-block;width:1.1em;"
        f"height:.7em;border-radius:2px;background:{KIND_GRIDS[split(name)[0]]}'></span> "
        f"{network_title(name)}</span>"
        for name in transformed
    )
    each = "each network's V" if len(transformed) > 1 else "its V"
    return (
        f"<span style='font-size:.9em'>Image U with the sampling grid, {each}, and how the "
        f"networks read it: {named}</span>"
    )
