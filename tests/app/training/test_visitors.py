"""Who is here."""

from __future__ import annotations

import time
from types import SimpleNamespace

import pytest
from streamlit.web.server.starlette.starlette_app_utils import generate_xsrf_token_string

from app.training import visitors


@pytest.fixture
def visit(monkeypatch):
    """Run as a page of this session, from a browser with this token."""
    monkeypatch.setattr(visitors, "_sessions", {})
    monkeypatch.setattr(visitors, "_held", {})
    monkeypatch.setattr(visitors, "_seen", {})

    def visit(session: str, cookie: str = "") -> None:
        context = SimpleNamespace(session_id=session)
        cookies = SimpleNamespace(context=SimpleNamespace(cookies={visitors.TOKEN: cookie}))
        monkeypatch.setattr(visitors, "get_script_run_ctx", lambda: context)
        monkeypatch.setattr(visitors, "st", cookies)

    return visit


def test_browser_is_known_again_though_its_token_is_masked_anew(visit):
    token = b"sixteen bytes ok"
    visit("one", generate_xsrf_token_string(token))
    first = visitors.me()
    visit("two", generate_xsrf_token_string(token))
    assert visitors.me() == first
    visit("three", generate_xsrf_token_string(b"sixteen others .."))
    assert visitors.me() != first


@pytest.mark.parametrize("cookie", ["", "2|zz|11|5", "2||11|5", "1|2|3", "nonsense"])
def test_without_a_readable_token_a_visitor_is_the_session(visit, cookie):
    visit("one", cookie)
    first = visitors.me()
    assert first == visitors.me()
    visit("two", cookie)
    assert visitors.me() != first


def test_visitor_is_here_as_long_as_a_page_is_open(visit, monkeypatch):
    visit("one", "")
    visitors.arrive()
    visitors.hold("a-run")
    me = visitors.me()
    assert visitors.here() == {me}
    assert visitors.held() == {"a-run"}
    open_pages = {"one"}
    server = SimpleNamespace(is_active_session=lambda session: session in open_pages)
    monkeypatch.setattr(
        visitors, "Runtime", SimpleNamespace(exists=lambda: True, instance=lambda: server)
    )
    assert visitors.here() == {me}
    open_pages.clear()
    assert visitors.here() == set()
    assert visitors.held() == set()
    open_pages.add("one")  # the connection was broken, and its script does not run again
    assert visitors.here() == {me}
    assert visitors.held() == {"a-run"}
    open_pages.clear()
    assert visitors.here() == set()
    monkeypatch.setattr(visitors, "monotonic", lambda: time.monotonic() + 1_000)
    visitors.here(), visitors.held()
    assert not (visitors._sessions or visitors._held or visitors._seen)  # it is gone
