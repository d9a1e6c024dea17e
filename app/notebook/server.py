"""The app in the process of a script, with a network of the script in it."""

from __future__ import annotations

import threading
import time
import urllib.request
import webbrowser
from contextlib import suppress
from urllib.parse import urljoin

import streamlit as st
from streamlit import runtime

from app.data import inspected
from stn_core.errors import InputError
from stn_core.inspecting import Inspected
from stn_core.inspecting.server import MAIN, check_installed, free_port, page_of, settings

START_SECONDS = 60.0


def serve(
    network: Inspected, address: str = "127.0.0.1", port: int | None = None, browser: bool = True
) -> None:
    """Show a network until Ctrl-C. browser: whether to open one. Raises InputError for a port that
    is not free, and where the app has run before."""
    check_installed()
    if runtime.exists():
        raise InputError(
            "the app has already been started in this process, which can start it only once; "
            "restart Python to show a network again"
        )
    port = free_port(address, port)
    inspected.hand_over(network)
    page = page_of(address, port)
    threading.Thread(target=_say, args=(page, browser), daemon=True).start()
    # Ctrl-C ends the server, which then raises it again for whoever has started it.
    with suppress(KeyboardInterrupt):
        st.App(MAIN).run(config=settings(address, port))


def _say(page: str, browser: bool) -> None:
    """Where the page is, as soon as it is there."""
    until = time.monotonic() + START_SECONDS
    while time.monotonic() < until:
        try:
            urllib.request.urlopen(urljoin(page, "/_stcore/health"), timeout=1).close()
        except OSError:
            time.sleep(0.2)
            continue
        print(f"Open {page} (Ctrl-C ends it)", flush=True)
        if browser:
            webbrowser.open(page)
        return
