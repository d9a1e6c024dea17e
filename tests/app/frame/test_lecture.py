"""Lecture mode and the frame around every page."""

from __future__ import annotations

import ast
import re
from html import unescape
from urllib.parse import parse_qs, urlsplit

import pytest
from streamlit.testing.v1 import AppTest

from app import views
from app.frame import lecture
from app.frame.symbols import SYMBOLS, TERMS
from app.views.glossary.pictures import PICTURES
from tests.app.visiting import MAIN, opened

WIDGETS = {
    "selectbox", "segmented_control", "number_input", "toggle", "pills", "slider", "button",
    "file_uploader", "multiselect", "radio", "checkbox", "download_button", "select_slider",
    "camera_input", "popover",
}  # fmt: skip
QUESTIONS = {"predict.py", "tour.py"}  # their radios are what is asked
PAGES = views.pages()


def visit(page: str, **fields: str) -> AppTest:
    return opened(page, **fields)


def html(app: AppTest) -> str:
    return unescape(" ".join(element.proto.body for element in app.get("html")))


@pytest.mark.parametrize("page", PAGES)
def test_every_page_of_the_paper_says_where_it_is_in_it(page):
    app = visit(page)
    assert not app.exception
    if page not in ("tour", "glossary", "faithful"):
        assert PAGES[page].paper.where in html(app)
        for name in PAGES[page].paper.symbols:
            assert f"glossary#{name}" in html(app)


def test_glossary_has_an_anchor_for_every_symbol():
    app = visit("glossary")
    assert not app.exception
    assert [s.anchor for s in app.header][: len(SYMBOLS)] == list(SYMBOLS)
    assert [t.anchor for t in app.subheader] == [a for terms in TERMS.values() for a in terms]
    assert {"FCN", "CNN", "ST", "Aff", "TPS", "RTS", "TC", "R", "P", "E"} < set(PICTURES)
    assert html(app).count("<img class='term'") == len(PICTURES)


def test_link_hides_and_enlarges_and_it_stays_in_the_address():
    app = visit("transformer", hide="playhead,kernel", large="true")
    assert "--stn-playhead: none" in html(app)
    assert ".st-key-kernel { display: none" in html(app)
    assert "html { font-size: 125%; }" in html(app)
    assert app.query_params["hide"] == "playhead,kernel"
    assert app.query_params["large"] == "true"
    app.multiselect(key="hide").set_value(["numbers"]).run()
    app.segmented_control(key="large").set_value("").run()
    assert "--stn-numbers: none" in html(app) and "playhead: none" not in html(app)
    assert app.query_params["hide"] == "numbers" and "large" not in app.query_params


@pytest.mark.parametrize(
    ("asked", "percent"), [("1", 125), ("125", 125), ("150", 150), ("200", 200), ("9999", None)]
)
def test_type_has_the_size_that_the_link_asks_for(asked, percent):
    app = visit("glossary", large=asked)
    assert ("html { font-size: " in html(app)) is (percent is not None)
    assert percent is None or f"html {{ font-size: {percent}%; }}" in html(app)


def test_nothing_of_it_without_a_wish():
    app = visit("transformer")
    rules = [line for line in html(app).splitlines() if "display: none" in line]
    own = ("stSpinner", "st-key-networks")  # the questions', and what is sent to be run
    assert all(any(name in rule for name in own) for rule in rules)
    assert "hide" not in app.query_params


def test_name_that_can_be_none_is_told_of_and_reaches_no_style_sheet():
    app = visit("glossary", hide="seed,</style><b>,a{b}")
    assert not app.exception
    assert "has no such control" in app.toast[0].value
    assert "<b>" not in html(app).split("</style>")[0]
    assert ".st-key-seed" in html(app)


def test_names_are_split_cleaned_and_taken_once():
    fit, wrong = lecture.asked([" seed, digit", "seed", "hide", "x y"])
    assert (fit, wrong) == (["seed", "digit"], ["hide", "x y"])


@pytest.mark.parametrize(
    ("page", "fields"),
    [("front", {}), ("distorted", {"view": "Results"}), ("colocalisation", {"view": "Results"})]
    + [("tour", {}), ("transformer", {"stop": "2"})],
)
def test_every_link_inside_the_app_carries_the_look_before_the_browser_adds_it(page, fields):
    app = visit(page, hide="seed", large="true", **fields)
    if app.query_params.get("view"):
        app.run()  # with the page's own name for its view
    words = html(app) + " ".join(element.value for element in app.markdown)
    links = [unescape(link) for link in re.findall(r"<a href='(.*?)'", words)]
    inside = [link for link in links if not link.startswith(("http", "#"))]
    assert len(inside) >= 3
    for link in inside:
        fields = parse_qs(urlsplit(link).query)
        assert fields["hide"] == ["seed"] and fields["large"] == ["true"]


def test_address_that_says_how_a_page_looks_stays_as_it_was_opened():
    app = visit("glossary", large="1", hide="seed,seed")
    assert dict(app.query_params) == {"large": "1", "hide": "seed,seed"}
    app.segmented_control(key="large").set_value("").run()
    assert dict(app.query_params) == {"hide": "seed"}


def test_controls_says_which_parts_are_left():
    app = visit("transformer", controls="playhead,captions", hide="seed")
    assert "--stn-playhead: none" not in html(app) and "--stn-captions: none" not in html(app)
    assert "--stn-numbers: none" in html(app) and ".st-key-footer" in html(app)
    assert app.query_params["hide"] == "seed" and app.query_params["controls"]
    app.segmented_control(key="large").set_value("true").run()
    assert "controls" not in app.query_params
    assert set(app.query_params["hide"].split(",")) == (
        {"seed"} | set(lecture.PARTS) - {"playhead", "captions"}
    )
    wrong = visit("transformer", controls="playhed")
    assert "playhed. This page has no such control" in wrong.toast[0].value


def test_all_that_can_be_chosen_hides_neither_the_figure_nor_the_way_back():
    app = visit("distorted")
    options = app.multiselect(key="hide").options
    assert {"playhead", "footer", "digit", "seed"} <= set(options)
    assert not {"rest", "stage-0", "angles", "keys", "lecture", "large", "hide"} & set(options)
    assert all(":" not in name for name in options)
    app.multiselect(key="hide").set_value(options).run()
    assert ".st-key-stage-0" not in html(app) and ".st-key-footer {" not in html(app)
    assert app.multiselect(key="hide").value == options


@pytest.mark.parametrize("path", sorted(MAIN.parent.rglob("*.py")), ids=lambda path: path.stem)
def test_every_control_with_a_label_explains_itself(path):
    for node in ast.walk(ast.parse(path.read_text())):
        if not (isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute)):
            continue
        given = {keyword.arg for keyword in node.keywords}
        collapsed = "label_visibility" in given
        question = node.func.attr == "radio" and path.name in QUESTIONS
        if node.func.attr in WIDGETS and not (collapsed or question):
            assert "help" in given, f"line {node.lineno}: {ast.unparse(node)[:80]}"
