"""What a link asks for, held against what the page has taken.

Streamlit drops a field of the address that its widget cannot take, and one that is the default.
"""

from __future__ import annotations

import math
import re

import streamlit as st
from streamlit.runtime.scriptrunner import get_script_run_ctx

from app.data.plain import plain

MAX_VALUE_CHARS = 30  # of a field that are shown


def asked(view_field: str | None = None) -> dict[str, str]:
    """The fields of the link with which a visit has begun, or to which the browser has gone by its
    history; empty later on. Of an empty field
    nothing is left: it would clear a widget that always has a value; nor, of a link, of an infinite
    number or NaN. ``view=`` stands for the page's own field, view_field; a page without views says
    that it has none."""
    is_new = "link:seen" not in st.session_state or is_restored()
    fields = st.query_params.to_dict()
    useless = [n for n, value in fields.items() if not value or (is_new and not _is_finite(value))]
    for name in useless:
        if fields[name]:
            st.session_state.setdefault("link:useless", {})[name] = fields[name]
        del st.query_params[name]
    if useless or _is_renamed(view_field):
        st.rerun()  # widgets are given what the address had when the script began
    if not is_new:
        return {}
    st.session_state["link:seen"] = True
    return st.query_params.to_dict()


def is_restored() -> bool:
    """Whether the browser has gone to this address by itself, by Back, Forward or a pin: what the
    address does not say is as at first, whatever the visit has had."""
    context = get_script_run_ctx()
    return context is not None and context.is_history_navigation


def _is_finite(value: str) -> bool:
    """Whether it is no number that no widget can hold; a text is none."""
    try:
        return math.isfinite(float(value))
    except ValueError:
        return True


def _is_renamed(view_field: str | None) -> bool:
    """Whether ``view=`` stands under the page's own name now."""
    if "view" not in st.query_params or view_field == "view":
        return False
    fields = st.query_params.to_dict()
    view = fields.pop("view")
    if view_field is not None:
        fields.setdefault(view_field, view)
    else:
        refuse("view", view, "the page's only view")
    st.query_params.from_dict(fields)  # at once: each change is another step for Back
    return view_field is not None


def tell(fields: dict[str, str]) -> None:
    """After the page has run: say which fields of the link it could not take."""
    for name, value in st.session_state.pop("link:useless", {}).items():
        refuse(name, value, "the page without it")
    for name, value in fields.items():
        if name in st.query_params or name not in st.session_state:
            continue
        taken = st.session_state[name]
        if not is_the_same(value, taken):
            refuse(name, value, str(taken))


def refuse(name: str, value: str, taken: str) -> None:
    """Say that a field of the link cannot be had, and what is shown in its stead."""
    shown = value if len(value) <= MAX_VALUE_CHARS else f"{value[:MAX_VALUE_CHARS]}…"
    st.toast(
        f"The link asks for {plain(name)} = {plain(shown)}, which this page does not have. It "
        f"shows {plain(taken)}.",
        duration="long",
    )


def is_the_same(asked: str, taken: object) -> bool:
    """Whether a text in the address means what a widget has: a number, a switch, or an option by
    its key or its title."""
    if isinstance(taken, bool):
        return (asked.lower() in ("true", "1")) == taken
    if isinstance(taken, int | float):
        try:
            return float(asked) == taken
        except ValueError:
            return False
    first, second = (re.sub(r"[\W_×]", "", str(text)).lower() for text in (asked, taken))
    return bool(first and second) and (first.startswith(second) or second.startswith(first))
