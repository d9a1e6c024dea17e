"""The app, a headless Chromium, and a page of it, for the tests in a real browser."""

from __future__ import annotations

import functools
import os

import pytest
from playwright.sync_api import Page, expect

from tests.browser import serving
from tests.browser.driving import PATIENCE_MILLISECONDS, component, handle

expect.set_options(timeout=PATIENCE_MILLISECONDS)


@pytest.fixture(scope="session")
def runs(tmp_path_factory):
    """The folder of the app's runs."""
    return tmp_path_factory.mktemp("runs")


@pytest.fixture(scope="session")
def server(runs):
    """The app as the README starts it, on a free port; gives its address."""
    with serving.serve(runs) as address:
        yield address


@pytest.fixture(scope="module")
def chromium():
    """A headless Chromium, not for longer: Playwright's event loop runs as long as it is open."""
    path = serving.chromium_path()
    if path is None and not os.environ.get("CI"):
        pytest.skip("no chromium on this machine (Debian: apt-get install chromium)")
    with serving.chromium(path) as started:
        yield started


@pytest.fixture
def visit(chromium, server):
    """Open the app; at the end, nothing may have failed, nor been asked of another host."""
    complaints: list[str] = []
    contexts = []
    # Streamlit asks for these below a page's own address first, and then below the root.
    missing = [
        f"{server}/{page}/_stcore/{name}"
        for page in ("transformer", "distorted", "addition", "colocalisation", "volumes")
        + ("house_numbers", "birds", "learn")
        + ("labels", "invariance", "tour", "network", "glossary", "beat", "faithful")
        for name in ("health", "host-config")
    ]

    def report(message) -> None:
        if message.type == "error" and message.location["url"] not in missing:
            complaints.append(f"{message.text} ({message.location['url']})")

    def check(request) -> None:
        if not request.url.startswith((server, server.replace("http", "ws"), "data:", "blob:")):
            complaints.append(f"asked of another host: {request.url}")

    def open_page(
        query: str = "", *, at: str = "", width: int = 1440, theme: str = "light", **options
    ) -> Page:
        context = chromium.new_context(
            viewport={"width": width, "height": 900}, color_scheme=theme, **options
        )
        contexts.append(context)
        context.set_default_timeout(PATIENCE_MILLISECONDS)  # of a tab that a link opens, too
        page = context.new_page()
        page.on("console", report)
        page.on("pageerror", lambda error: complaints.append(str(error)))
        page.on("request", check)
        page.goto(f"{server}/{at}?{query}")
        return page

    yield open_page
    for context in contexts:
        context.close()
    assert complaints == []


@pytest.fixture(scope="module")
def modules(chromium, server):
    """A page that has the component's modules, for what needs no more of it: given -> result."""
    context = chromium.new_context(reduced_motion="reduce")
    context.set_default_timeout(PATIENCE_MILLISECONDS)
    page = context.new_page()
    page.goto(f"{server}/transformer")
    handle(page, "the whole grid").wait_for()
    yield functools.partial(component, page)
    context.close()
