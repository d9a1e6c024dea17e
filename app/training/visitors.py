"""Who is here: a browser is known by the token that Streamlit gives it, for as long as it has a
page open.
"""

from __future__ import annotations

import hashlib

import streamlit as st
from streamlit.runtime import Runtime
from streamlit.runtime.scriptrunner import get_script_run_ctx

TOKEN = "_streamlit_xsrf"
_sessions: dict[str, str] = {}  # of a page that is open -> the visitor
_held: dict[str, set[str]] = {}  # of a page that is open -> the folders that it has shown


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
    _forget()
    return set(_sessions.values())


def held() -> set[str]:
    """The folders that are shown on a page that is open."""
    _forget()
    return set().union(*_held.values())


def _forget() -> None:
    """Forget the sessions that have ended; without a server, as in a test, none does."""
    if not Runtime.exists():
        return
    is_active = Runtime.instance().is_active_session
    for known in (_sessions, _held):
        for session in [s for s in known if not is_active(s)]:
            known.pop(session, None)
