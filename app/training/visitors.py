"""Who is here: a browser is known by the token that Streamlit gives it, for as long as it has a
page open.
"""

from __future__ import annotations

import hashlib
from time import monotonic

import streamlit as st
from streamlit.runtime import Runtime
from streamlit.runtime.scriptrunner import get_script_run_ctx

TOKEN = "_streamlit_xsrf"
_sessions: dict[str, str] = {}  # of a page that is open -> the visitor
_held: dict[str, set[str]] = {}  # of a page that is open -> the folders that it has shown
_seen: dict[str, float] = {}  # of a page -> when it was last known to be open
# A page whose connection breaks for a moment comes back with its session, and need not run again.
FORGET_SECONDS = 600.0


def me() -> str:
    """The visitor for whom this script runs: the same after a reload, and in another tab."""
    context = get_script_run_ctx()
    token = _token(st.context.cookies.get(TOKEN, "")) or (context and context.session_id) or ""
    return hashlib.sha256(token.encode()).hexdigest()[:16]


def _token(cookie: str) -> str:
    """What stays of the token, which is written under another mask with every answer."""
    try:
        _, mask, masked, _ = cookie.strip("\"'").split("|")
        key = bytes.fromhex(mask)
        return bytes(b ^ key[n % len(key)] for n, b in enumerate(bytes.fromhex(masked))).hex()
    except (ValueError, ZeroDivisionError):
        return ""


def arrive() -> None:
    """Note that this visitor has a page open."""
    context = get_script_run_ctx()
    if context is not None:
        _sessions[context.session_id] = me()


def hold(folder: str) -> None:
    """Note that this page shows a run's folder, which is not to be pruned under its eyes."""
    context = get_script_run_ctx()
    if context is not None:
        _held.setdefault(context.session_id, set()).add(folder)


def here() -> set[str]:
    """The visitors who have a page open."""
    return {_sessions[session] for session in _active(_sessions)}


def held() -> set[str]:
    """The folders that are shown on a page that is open."""
    return set().union(*(_held[session] for session in _active(_held)))


def _active(known: dict) -> list[str]:
    """The sessions whose page is open; one that has been away for long is forgotten. Without a
    server, as in a test, all are."""
    if not Runtime.exists():
        return list(known)
    is_active, now = Runtime.instance().is_active_session, monotonic()
    active = []
    for session in list(known):
        if is_active(session):
            _seen[session] = now
            active.append(session)
        elif now - _seen.setdefault(session, now) > FORGET_SECONDS:
            known.pop(session, None)
    for session in _seen.keys() - _sessions.keys() - _held.keys():
        _seen.pop(session, None)
    return active
