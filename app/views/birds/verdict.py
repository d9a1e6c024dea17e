"""Which species networks name, and the likeliest five."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import streamlit as st

from app.data.birds import Bird
from app.data.plain import in_quotes, plain
from app.panels.bars import percent
from app.views.birds.shown import Reading

LIKELIEST = 5
UNKNOWN = "None of the 200 species that the networks know: they name the likeliest of those."


def verdict(rows: Sequence[Reading], bird: Bird, shades: Sequence[str]) -> None:
    """Each network's species, and the probabilities of the likeliest five and of the true one."""
    with st.container(key="verdict"):  # stage mode shows it as well
        said = "".join(_said(row, bird, shade) for row, shade in zip(rows, shades, strict=False))
        st.markdown(said + _bars(rows, bird, shades), unsafe_allow_html=True)
    st.caption(". ".join(f"{plain(row.loaded.title)}: {plain(row.loaded.record)}" for row in rows))


def likeliest(rows: Sequence[Reading], truth: int | None) -> list[int]:
    """The five species that the first network finds likeliest, in this order; and the true one."""
    found = np.argsort(-rows[0].odds)[:LIKELIEST].tolist()
    return found if truth is None or truth in found else [*found, truth]


def _said(row: Reading, bird: Bird, shade: str) -> str:
    from stn_core.birds.species import SPECIES

    at = int(row.odds.argmax())
    mark = ""
    if bird.label is not None:
        is_right = at == bird.label
        mark = " <b>✓</b>" if is_right else f" <b>✗ — it is {_a(SPECIES[bird.label])}</b>"
    notes = [" · windows set by hand"] * row.by_hand + [" · a window muted"] * row.muted
    return (
        f"<div aria-live='polite' class='answer' style='border-left:5px solid {shade};padding-left:"
        f".75rem;margin-bottom:.4rem'><b>{plain(row.loaded.title)}</b>: "
        f"<b style='font-size:1.15em'>{SPECIES[at]}</b> "
        f"<span style='white-space:nowrap'>({percent(float(row.odds[at]))})</span>"
        f"{mark}{''.join(notes)}</div>"
    )


def _a(species: str) -> str:
    starts_with_a_vowel = species[0] in "AEIOU" and not species.startswith("European")
    return f"{'an' if starts_with_a_vowel else 'a'} {species}"


def _bars(rows: Sequence[Reading], bird: Bird, shades: Sequence[str]) -> str:
    """A species' name, and below it a bar for each network."""
    from stn_core.birds.species import SPECIES

    drawn = likeliest(rows, bird.label)
    lines = []
    for label in drawn:
        name = f"<b>{SPECIES[label]}</b> ◂" if label == bird.label else SPECIES[label]
        own = "".join(_bar(float(row.odds[label]), s) for row, s in zip(rows, shades, strict=False))
        lines.append(f"<div style='margin-bottom:.25rem;line-height:1.15'>{name}{own}</div>")
    summary = "; ".join(
        f"{plain(row.loaded.title)}: "
        + ", ".join(f"{plain(SPECIES[label])} {percent(float(row.odds[label]))}" for label in drawn)
        for row in rows
    )
    marked = " ◂ marks the true one." if bird.label is not None else ""
    if bird.label is None and bird.species:
        marked = f" It is {_a(plain(bird.species))}: n{UNKNOWN[1:]}"
    return (
        f"<div role='img' aria-label='Likeliest species. {in_quotes(summary)}' "
        f"style='font-size:.85rem'>"
        f"{''.join(lines)}</div><p style='font-size:.85rem;line-height:1.3;margin:.3rem 0 .4rem'>"
        f"Probability of the five species that {plain(rows[0].loaded.title)} finds likeliest."
        f"{marked}</p>"
    )


def _bar(share: float, shade: str) -> str:
    return (
        "<div style='display:flex;align-items:center;gap:.4rem'><div style='height:.5rem;"
        f"width:calc({max(0.003, share):.3f}*(100% - 4.5rem));background:{shade};"
        "border-radius:2px;transition:width .1s'></div>"
        f"<span style='font-size:.75rem;line-height:.8rem'>{percent(share)}</span></div>"
    )
