"""A wrong STN_DATA: words on every page that uses MNIST, and in the command line; no traceback."""

from __future__ import annotations

import re

import pytest
from streamlit.testing.v1 import AppTest

from app.data import gallery, test_errors
from stn_core import digits
from tests.app.visiting import MAIN, go_to

PAGES = [
    ("distorted", {}),
    ("distorted", {"view": "Train"}),
    ("addition", {}),
    ("addition", {"sum_view": "Train"}),
    ("volumes", {}),
    ("volumes", {"volume_view": "Train"}),
    ("colocalisation", {"boxes_view": "Run it live"}),
]
EXPECTED = {
    "missing": "the folder does not exist",
    "empty": "missing: train-images-idx3-ubyte.gz",
    "torn": "train-images-idx3-ubyte.gz is not MNIST's",
}


@pytest.fixture(params=EXPECTED)
def wrong(request, tmp_path, monkeypatch, little_mnist) -> str:
    """What is wrong with the folder that STN_DATA names."""
    folder = tmp_path / "digits"
    if request.param != "missing":
        folder.mkdir()
    if request.param == "torn":
        for name, content in little_mnist.items():
            (folder / name).write_bytes(content[: len(content) // 2])
    monkeypatch.setenv("STN_DATA", str(folder))
    return EXPECTED[request.param]


def test_problem_names_the_folder_and_what_was_expected_in_it(wrong, tmp_path):
    problem = gallery.digits_problem()
    assert problem.startswith(f"STN_DATA={tmp_path / 'digits'}") and wrong in problem
    assert not test_errors.is_possible()


def test_whole_folder_has_no_problem(mnist_folder):
    assert gallery.digits_problem() == "" and "59,000" in gallery.digits_notice()
    (mnist_folder / next(iter(digits.SHA256))).write_bytes(b"torn")
    assert "is not MNIST's" in gallery.digits_problem()


def test_pages_say_what_is_wrong_and_go_on(wrong, tmp_path):
    folder = str(tmp_path / "digits")
    for page, fields in PAGES:
        app = AppTest.from_file(MAIN, default_timeout=120)
        for name, value in fields.items():
            app.query_params[name] = value
        app = go_to(app, page).run()
        assert not app.exception, page
        errors = " ".join(error.value for error in app.error)
        if fields:
            assert f"STN_DATA={folder}" in errors and wrong in errors, page
            assert str(tmp_path) not in errors.replace(folder, ""), page
            (start,) = (b for b in app.button if b.label.startswith("Start"))
            assert start.disabled, page
        else:
            assert any("Training is not possible here" in c.value for c in app.caption), page


def test_command_line_says_it_in_a_line(wrong, tmp_path, command, capsys):
    assert command(["train", "distorted/r/fcn", f"--run-dir={tmp_path / 'run'}"]) == 1
    (line,) = capsys.readouterr().err.strip().splitlines()
    assert line.startswith("stn_core: ") and wrong in line
    assert re.search(re.escape(str(tmp_path / "digits")), line)
    assert not (tmp_path / "run").exists()
