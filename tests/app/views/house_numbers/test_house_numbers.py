"""House numbers: without networks the page says what to do."""

from __future__ import annotations

from streamlit.testing.v1 import AppTest

from tests.app.visiting import MAIN, go_to


def visit(**fields: str) -> AppTest:
    app = AppTest.from_file(MAIN, default_timeout=120)
    app.query_params.update(fields)
    return go_to(app, "house_numbers").run()


def test_page_without_networks_says_what_to_do():
    app = visit()
    assert not app.exception and not app.error
    assert "Switch from *Explore* to *Train*" in app.info[0].value
