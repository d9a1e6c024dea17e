"""Widgets that several pages share: networks, views, seeds."""

from __future__ import annotations

from collections.abc import Mapping

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from app.data import networks
from app.data.run_keys import Published, RunKey, StartedHere
from app.panels import own_checkpoint
from app.tables import network_field
from app.training import job

DIGITS = 1_000


def options(prefix: str) -> dict[RunKey, str]:
    """The trained networks of ``distorted/rts/`` and their titles: published ones, then those from
    here."""
    shipped = {Published(name): networks.network_title(name) for name in networks.published(prefix)}
    return shipped | {run.run_key: run.title for run in job.trained(prefix)}


def choose_networks(prefix: str, first: tuple[str, str]) -> tuple[RunKey, ...]:
    """At most two networks of a prefix; first: the published ones that are shown by default."""
    a_container, b_container = st.container(), st.container()
    titles = options(prefix) | own_checkpoint.choose_checkpoint(prefix)  # drawn after them
    if not titles:
        return ()
    with a_container:
        a = choose_network("Network", network_field("a", prefix), titles, Published(first[0]))
    rest = {key: title for key, title in titles.items() if key != a}
    with b_container:
        b = choose_network(
            "Compare with", network_field("b", prefix), {**rest, None: "none"},
            Published(first[1]), none="none",
        )  # fmt: skip
    return tuple(key for key in (a, b) if key)


def choose_page_view(key: str, views: list[str], names: str) -> tuple[str, DeltaGenerator]:
    """The first row of a page without columns to choose: its views, and its names and symbols; and
    the row."""
    row = st.container(horizontal=True, vertical_alignment="center", gap="medium")
    with row:
        view = st.segmented_control(
            "View", views, default=views[0], required=True, key=key, bind="query-params",
            persist_state="session", label_visibility="collapsed",
        )  # fmt: skip
        with st.popover("Names and symbols", help="Explains U, V, θ and the networks' names"):
            st.markdown(names)
    return view, row


def choose_network(
    label: str,
    field: str,
    titles: Mapping[RunKey | None, str],
    first: RunKey | None,
    *,
    none: str = "",
) -> RunKey | None:
    """One of several networks or trainings; first: by default; none: the text of the key None."""
    _rename(field, titles)
    keys = {key.text if key else none: key for key in titles}
    texts = list(keys)
    default = list(titles).index(first) if first in titles else 0
    chosen = st.selectbox(
        label,
        texts,
        index=default,
        format_func=lambda text: titles[keys[text]] if text in keys else text,
        key=field,
        bind="query-params",
        help="A network trained here, or a recorded training",
    )
    return keys.get(chosen, keys[texts[default]])


def _rename(field: str, titles: Mapping[RunKey | None, str]) -> None:
    """Bring an address of before, which has a run's title without how it was trained, to the title
    that the run has now."""
    asked = st.query_params.get(field, "")
    if ", started " not in asked or asked in titles.values():
        return
    old = {key.text: title for key, title in titles.items() if isinstance(key, StartedHere)}
    key = job.key_of_title(asked, old)
    if key is not None:
        st.query_params[field] = old[key]
        st.rerun()  # widgets are given what the address had when the script began


def choose_seed(key: str, first: int, does: str, anew: str) -> int:
    """A seed, and a button for the next one. does: what a seed draws; anew: the button's label."""
    from stn_core.evaluation import EXAMPLE_SEEDS

    seed = st.number_input(
        "Seed", 0, EXAMPLE_SEEDS - 1, first, key=key, bind="query-params",
        help=f"{does}. The same seed gives the same result on every machine.",
    )  # fmt: skip
    st.button(anew, on_click=next_seed, args=(key,), width="stretch", help="Takes the next seed")
    return int(seed)


def next_seed(key: str) -> None:
    """Go on to the next seed; called before the widgets are drawn again."""
    from stn_core.evaluation import EXAMPLE_SEEDS

    st.session_state[key] = (int(st.session_state[key]) + 1) % EXAMPLE_SEEDS
