"""A stage that can be taken away as a page: its *Export* asks for the file, and is given it."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import streamlit as st

from app.stage import component
from app.stage.export import Stage, page, size
from app.stage.networks import SentNetwork

MOST_STATE_CHARS = 100_000
THEMES = ("light", "dark")


@dataclass(frozen=True, kw_only=True)
class PageFile:
    """What the file of a stage has besides the stage.

    name: of the file, without its ending; title, note, source: as ``Stage`` has them; beside: gives
    the data of what else is to be seen, when the file is made; networks: that run in it.
    """

    name: str
    title: str
    note: str
    source: str = ""
    beside: Callable[[], Sequence[Mapping[str, Any]]] = tuple
    networks: Sequence[SentNetwork] = ()


def mount_with_file(*, key: str, data: dict, file: PageFile | None, **callbacks: Callable):
    """``component.mount``, with a button for this file; without one where that is None."""
    if file is None:
        return component.mount(key=key, data=data, **callbacks)
    asked = f"{key}:page"

    def heard() -> None:
        value = st.session_state[key].page
        if isinstance(value, dict):
            st.session_state[asked] = None if "taken" in value else value

    name = f"{file.name}.html"
    sent = data | {"page": {"name": name, "bytes": size([data], file.networks)}}
    # A run may be cut short by the next one: it is sent until the browser says that it has come.
    if wanted := st.session_state.get(asked):
        sent["file"] = {
            "number": wanted.get("number"),
            "name": name,
            "content": _made(file, data, wanted),
        }
    return component.mount(key=key, data=sent, on_page_change=heard, **callbacks)


def _made(file: PageFile, data: Mapping[str, Any], wanted: Mapping[str, Any]) -> str:
    """wanted: what the browser has sent: the states of its layouts, and the theme, if the visitor
    has chosen one."""
    states, theme = wanted.get("states"), wanted.get("theme")
    fit = isinstance(states, dict) and len(json.dumps(states)) <= MOST_STATE_CHARS
    stage = Stage(
        title=file.title,
        note=file.note,
        source=file.source,
        parts=(data, *file.beside()),
        states=states if fit and isinstance(states, dict) else {},
        networks=file.networks,
        theme="dark" if st.context.theme.type == "dark" else "light",
    )
    return page(file.title, [stage], theme=theme if theme in THEMES else None)
