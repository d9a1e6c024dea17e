"""A page of the app in AppTest, by the name that it has in the address."""

from __future__ import annotations

import json
from pathlib import Path

from streamlit.testing.v1 import AppTest
from streamlit.util import calc_hash

MAIN = Path(__file__).parents[2] / "app" / "main.py"


def go_to(app: AppTest, page: str) -> AppTest:
    """Have the next run open a page, by its folder in views/.

    AppTest's own ``switch_page`` takes a file's name for the address as long as nothing has run,
    and here all pages' files have the same name.
    """
    assert (MAIN.parent / "views" / page / "page.py").is_file(), page
    app._page_hash = calc_hash("" if page == "front" else page)
    return app


def opened(page: str, **fields: str) -> AppTest:
    """A page as a link with these fields opens it."""
    app = AppTest.from_file(MAIN, default_timeout=120)
    app.query_params.update(fields)
    return go_to(app, page).run()


def texts(app: AppTest) -> str:
    """What stands on the page as text, and what the networks answer."""
    elements = (*app.header, *app.markdown, *app.caption, *app.info)
    return " ".join([*(element.value for element in elements), *answers(app)])


def answers(app: AppTest) -> list[str]:
    """What each network answers, as the browser has it from Python, in words."""
    return [_words(row, data) for data in _verdicts(app) for row in data["rows"]]


def _words(row: dict, data: dict) -> str:
    answer = row["odds"].index(max(row["odds"]))
    mark = "✓" if answer == data["truth"] else "✗"
    done = data["byHand"] if row["byHand"] else row["note"]
    below = data["black"] if row["brightest"] < data["darkest"] else row["record"]
    return f"{row['title']} reads {answer} {mark}, {data['truth']} is true {done} {below}"


def _verdicts(app: AppTest) -> list[dict]:
    return [data for data in _sent(app) if data.get("layout") == "verdicts"]


def payloads(app: AppTest) -> list[dict]:
    """What Python sends to the components on the page, but for the questions above a stage, what
    networks answer below it, and the networks."""
    return [data for data in _sent(app) if data.get("layout") not in ("predict", "verdicts")]


def _sent(app: AppTest) -> list[dict]:
    protos = (component.proto for component in app.get("bidi_component"))
    return [json.loads(proto.json or proto.mixed.json) for proto in protos if not proto.bytes]


def payload(app: AppTest, index: int = 0) -> dict:
    """What Python sends to a component on the page, as ``payloads`` counts them."""
    return payloads(app)[index]
