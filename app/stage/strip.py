"""A strip of small images, of which one can be chosen."""

from __future__ import annotations

from collections.abc import Callable

import streamlit as st

from app.stage.component import mount
from app.stage.large import Item, stage_data
from app.stage.transformers import Transformers


def strip(
    items: list[Item],
    *,
    key: str,
    token: str,
    transformers: Transformers | None = None,
    output_size: tuple[int, int] | None = None,
    selected: str | None = None,
    on_selected: Callable[[str], None] | None = None,
) -> None:
    """A row of small pairs. With ``on_selected`` each is a button, and it is called with its id;
    one with a ``href`` is a link. output_size: V's, by default that of U."""
    data = stage_data(items, "strip", token, transformers, output_size, None, None, None)
    data |= {
        "features": {},
        "selectable": on_selected is not None,
        "selected": selected,
    }
    ids = {item.id for item in items}

    def report() -> None:
        chosen = st.session_state[key].selected
        if on_selected and chosen in ids:
            on_selected(chosen)
            st.rerun()  # what the choice is for stands outside of this fragment

    mount(key=key, data=data, on_selected_change=report)
