"""Widgets that several pages share: networks, views, seeds."""

from __future__ import annotations

import streamlit as st

from app.data import networks
from app.panels import own_checkpoint
from app.tables import network_field
from app.training import job

NO_NETWORK = "none"
DIGITS = 1_000


def options(prefix: str) -> dict[str, str]:
    """The trained networks of ``distorted/rts/``, by key: published ones, then those from here."""
    found = {key: networks.network_title(key) for key in networks.published(prefix)}
    return found | {run.key: run.title for run in job.trained(prefix)}


def choose_networks(prefix: str, first: tuple[str, str]) -> tuple[str, ...]:
    """At most two networks of a prefix, by their keys; first: by default."""
    first_place, second_place = st.container(), st.container()
    found = options(prefix) | own_checkpoint.choose_checkpoint(prefix)  # it stands after them
    if not found:
        return ()
    with first_place:
        a = choose_network("Network", network_field("a", prefix), found, first[0])
    rest = {key: title for key, title in found.items() if key != a}
    rest[NO_NETWORK] = "nothing"
    with second_place:
        b = choose_network("compared with", network_field("b", prefix), rest, first[1])
    return tuple(key for key in (a, b) if key != NO_NETWORK)


def choose_page_view(key: str, views: list[str], names: str) -> str:
    """The first row of a page without columns to choose: its views, and its names and symbols."""
    with st.container(horizontal=True, vertical_alignment="center", gap="medium"):
        view = st.segmented_control(
            "View", views, default=views[0], required=True, key=key, bind="query-params",
            label_visibility="collapsed",
        )  # fmt: skip
        with st.popover("Names and symbols", help="What U, V, θ and the networks' names mean"):
            st.markdown(names)
    return view


def choose_network(label: str, key: str, titles: dict[str, str], first: str) -> str:
    """One of several networks or trainings, by its key in titles; first: by default."""
    keys = list(titles)
    default = keys.index(first) if first in titles else 0
    chosen = st.selectbox(
        label,
        keys,
        index=default,
        format_func=lambda k: titles.get(k, k),
        key=key,
        bind="query-params",
        help="A network that has been trained here, or a recorded training",
    )
    return chosen if chosen in titles else keys[default]


def choose_seed(key: str, first: int, does: str, anew: str) -> int:
    """A seed, and a button that goes on to the next one. does: what it draws; anew: the button."""
    from stn_core.evaluation import EXAMPLE_SEEDS

    def go_on() -> None:
        st.session_state[key] = (int(st.session_state[key]) + 1) % EXAMPLE_SEEDS

    seed = st.number_input(
        "Seed", 0, EXAMPLE_SEEDS - 1, first, key=key, bind="query-params",
        help=f"{does}; the same on every machine.",
    )  # fmt: skip
    st.button(anew, on_click=go_on, help="The same, by the next seed")
    return int(seed)
