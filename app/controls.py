"""Widgets -> values. Every widget key and every field of the URL is here."""

from __future__ import annotations

from dataclasses import dataclass

import streamlit as st

import jobs
import loading

DISTORTIONS = {  # App. A.4
    "RTS": "rotated by up to 45°, scaled by 0.7 to 1.2, at a random place of 42×42 pixels",
    "TC": "at a random place of 60×60 pixels, among six 6×6 patches of other digits",
    "R": "rotated by up to 90°",
    "P": "scaled by 0.75 to 1, each corner moved by 5 pixels (std)",
    "E": "scaled by 0.75 to 1, bent by a thin plate spline of 16 points, 1.5 pixels (std)",
}
FIRST_CHOICES = ("st-cnn-aff", "cnn")
NO_NETWORK = "none"
DIGITS = 1_000
DIGITS_PER_CLASS = 100


@dataclass(frozen=True, kw_only=True)
class Choice:
    """What the visitor looks at. networks: keys of ``options(distortion)``, at most two."""

    distortion: str
    networks: tuple[str, ...]
    digit: int  # in the gallery, class by class
    seed: int


def options(distortion: str) -> dict[str, str]:
    """The trained networks for a distortion, by key: published ones, then those trained here."""
    found = {key: loading.network_title(key) for key in loading.published(distortion.lower())}
    for run in jobs.trained(f"distorted/{distortion.lower()}/"):
        found[run.key] = run.title
    return found


def choose_view() -> tuple[str, str]:
    """Explore or train, and one of App. A.4's distortions: the first row of the page."""
    with st.container(horizontal=True, vertical_alignment="center", gap="medium"):
        view = st.segmented_control(
            "View",
            ["Explore", "Train"],
            default="Explore",
            required=True,
            key="view",
            bind="query-params",
            label_visibility="collapsed",
        )
        distortion = st.segmented_control(
            "Distortion",
            list(DISTORTIONS),
            default="RTS",
            required=True,
            key="distortion",
            bind="query-params",
            label_visibility="collapsed",
        )
        st.caption(f"**{distortion}**: {DISTORTIONS[distortion]} (App. A.4)", width="content")
    return view, distortion


def choose(distortion: str) -> Choice:
    """Two networks, a digit and a seed: the second row."""
    found = options(distortion)
    networks, digits = st.columns([1.25, 1], gap="large")
    a = b = NO_NETWORK
    with networks, st.container(horizontal=True, vertical_alignment="bottom", gap="small"):
        if found:
            keys = list(found)
            a = _network("Network", keys, found, "a", 0)
            b = _network("compared with", [*keys, NO_NETWORK], found, "b", 1)
    with digits, st.container(horizontal=True, vertical_alignment="bottom", gap="small"):
        digit = st.number_input(
            "Digit, 0 to 999",
            0,
            DIGITS - 1,
            207,
            key="digit",
            bind="query-params",
            help="Of the gallery: 100 of each class, class by class. Never trained on.",
        )
        seed = st.number_input(
            "Seed", 0, loading.EXAMPLE_SEEDS - 1, 1, key="seed", bind="query-params",
            help="Of the distortion.",
        )  # fmt: skip
        st.button("Distort anew", on_click=_next_seed, help="The same digit, the next seed")
    return Choice(
        distortion=distortion,
        networks=tuple(dict.fromkeys(key for key in (a, b) if key != NO_NETWORK)),
        digit=int(digit),
        seed=int(seed),
    )


def _network(label: str, keys: list[str], titles: dict[str, str], key: str, place: int) -> str:
    wanted = FIRST_CHOICES[place]
    return st.selectbox(
        label,
        keys,
        index=keys.index(wanted) if wanted in keys else min(place, len(keys) - 1),
        format_func=lambda k: titles.get(k, "nothing"),
        key=key,
        bind="query-params",
    )


def _next_seed() -> None:
    st.session_state["seed"] = (int(st.session_state["seed"]) + 1) % loading.EXAMPLE_SEEDS


def choose_digit(digit: str) -> None:
    """Take a digit of the strip; called before the widgets are drawn again."""
    st.session_state["digit"] = int(digit)
