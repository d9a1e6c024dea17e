"""Text from outside is shown as it is: on no page is it a link, a picture, a formula or a tag."""

from __future__ import annotations

import html

import pytest
import torch
from streamlit.testing.v1 import AppTest

from app.data.plain import JOINER, in_quotes, plain
from stn_core.checkpoints import save_tensors
from tests.app.visiting import MAIN, go_to

PLANTED = [
    "![x](http://evil/x.png)",
    "[a](javascript:alert(1))",
    "$x$",
    ":red[x]",
    ":material/home:",
    ":smile:",
    "<img src=x onerror=alert(1)>",
    "`code`",
    "**bold** _slanted_ ~~gone~~",
    "&lt;b&gt;",
    "http://evil.org www.evil.org me@evil.org",
    "| a | b |",
]
ALL = " ".join(PLANTED)


def shown(app: AppTest) -> str:
    """All that a page hands to Markdown."""
    kinds = (app.markdown, app.caption, app.error, app.warning, app.info, app.success, app.toast)
    return "\n".join(element.value for kind in kinds for element in kind)


def assert_plain(words: str) -> None:
    """That what is planted stands in the words, and none of it as Markdown would read it."""
    assert "evil" in words
    for mark in ("](", "$x", ":red[", ":material/", ":smile:", "<img", "`code`", "http://evil",
                 "www.evil", "me@evil", "javascript:alert", "**bold", "&lt;b"):  # fmt: skip
        assert mark not in words, mark


@pytest.mark.parametrize("text", PLANTED)
def test_planted_text_is_read_as_it_was_written(text):
    made = plain(text)
    assert html.unescape(made).replace(JOINER, "") == text
    assert not set(made.replace("&#", "")) & set("`*[]<>$~|\\{}!")


def test_words_without_marks_stay_as_they_are():
    words = "0.image is (2, 8), expected (2, 6): a_rts of 7 in file-1.png; 3 %"
    assert plain(words) == words


def test_lines_become_one():
    assert plain("a\n\n    b\t# c") == "a b &#35; c"


@pytest.mark.parametrize("fields", [("hide", "varied", "stop"), ("controls", "trained_with")])
def test_link_is_quoted_and_not_rendered(fields):
    app = AppTest.from_file(MAIN, default_timeout=300)
    app.query_params.update(dict.fromkeys(fields, "![x](http://evil/x.png)"))
    go_to(app, "invariance").run()
    assert not app.exception
    words = shown(app)
    assert words.count(f"http:{JOINER}//evil") >= 2 and "http://evil" not in words
    assert "![x" not in words


def test_names_in_an_upload_are_quoted_and_not_rendered(tmp_path):
    path = tmp_path / "w.safetensors"
    entry = {"name": ALL, "family": ALL, "size": [2, 2], "kernel": "bilinear", "padding": "zeros"}
    tensors = {"0.image": torch.zeros(1, 1, 2, 2, dtype=torch.uint8), "0.theta": torch.zeros(1, 6)}
    save_tensors(path, tensors, {"watched": [entry]})
    app = go_to(AppTest.from_file(MAIN, default_timeout=300), "network").run()
    upload = (f"{ALL}.safetensors", path.read_bytes(), "application/octet-stream")
    app.file_uploader(key="own-warps").set_value(upload).run()
    assert not app.exception and len(app.error) == 1
    assert_plain(app.error[0].value)
    app.session_state["own-warps"] = None
    go_to(app, "glossary").run()
    go_to(app, "network").run()  # where the file is kept, and named
    assert not app.exception
    assert_plain(shown(app))


def test_tensors_of_a_checkpoint_are_quoted_and_not_rendered(tmp_path):
    save_tensors(tmp_path / "w.safetensors", {ALL: torch.zeros(1)}, {})
    app = go_to(AppTest.from_file(MAIN, default_timeout=300), "distorted").run()
    upload = ("w.safetensors", (tmp_path / "w.safetensors").read_bytes(), "x/y")
    app.file_uploader(key="own-weights-distorted/rts/").set_value(upload).run()
    assert not app.exception
    assert_plain(app.error[0].value)


def test_no_quotation_mark_ends_an_attribute():
    shown = in_quotes(plain("""Brewer's "Blackbird" <b>"""))
    assert not {"'", '"', "<"} & set(shown)
    assert html.unescape(shown) == """Brewer's "Blackbird" <b>"""
